//! Figures that no source knows alone: ranked processes become rows, and figures that depend on two
//! sources follow from both.
//!
//! Pure functions: no clock, no file, no allocation.

pub mod processes;

use rstat_shm::snapshot::valid;

use crate::rate::{SECOND_NS, WHOLE_PPM, scale};
use crate::source::Draft;

/// Computes the figures that depend on two sources, after both. The inputs keep their values, so
/// that the next tick can use those of a source that is not due then.
pub fn derive(draft: &mut Draft) {
    let Draft { sample, known, cpu_khz } = draft;
    sample.valid = *known;
    // The memory that ZFS gives back under pressure is as available as the page cache.
    let reclaimable_bytes =
        if sample.has(valid::ZFS_ARC) { sample.zfs_arc_reclaimable_bytes } else { 0 };
    sample.memory_used_bytes = sample
        .memory_total_bytes
        .saturating_sub(sample.memory_available_bytes)
        .saturating_sub(reclaimable_bytes);
    // All three figures are known or none: the busiest CPU is unknown in a daemon's first sample,
    // and its frequency when its policy does not answer.
    let busiest_khz = cpu_khz.get(sample.cpu_busiest as usize).copied().unwrap_or(0);
    if sample.has(valid::CPU) && busiest_khz > 0 {
        sample.cpu_frequency_busiest_khz = busiest_khz;
    } else {
        sample.valid &= !valid::CPU_FREQUENCY;
    }
    if sample.has(valid::CONTEXT_SWITCHES) {
        let busy_ns =
            u64::from(sample.probe_switch_ns).saturating_mul(sample.context_switches_per_s);
        let share_ppm = scale(busy_ns, WHOLE_PPM, SECOND_NS);
        sample.probe_ppm = u32::try_from(share_ppm).unwrap_or(u32::MAX);
    } else {
        sample.valid &= !valid::PROBE_COST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(known: u64, fill_in: impl FnOnce(&mut Draft)) -> Draft {
        let mut draft = Draft { known, ..Draft::EMPTY };
        fill_in(&mut draft);
        derive(&mut draft);
        draft
    }

    #[test]
    fn nothing_read_is_nothing_known() {
        assert_eq!(derived(0, |_| {}).sample.valid, 0);
    }

    #[test]
    fn what_zfs_gives_back_is_not_used() {
        let used = |known, reclaimable_bytes| {
            let mut draft = derived(known, |Draft { sample, .. }| {
                sample.memory_total_bytes = 1000;
                sample.memory_available_bytes = 300;
                sample.zfs_arc_reclaimable_bytes = reclaimable_bytes;
            });
            let first = draft.sample.memory_used_bytes;
            derive(&mut draft);
            assert_eq!(draft.sample.memory_used_bytes, first, "nothing was taken off twice");
            first
        };
        let both = valid::MEMORY | valid::ZFS_ARC;
        assert_eq!(used(both, 0), 700);
        assert_eq!(used(both, 500), 200);
        // The inputs are not of one moment, so the difference is kept at 0 at least.
        assert_eq!(used(both, 900), 0);
        // The ARC is not known any more: its last size is not deducted.
        assert_eq!(used(valid::MEMORY, 500), 700);
    }

    #[test]
    fn the_busiest_cpu_has_its_own_frequency_or_none() {
        let busiest = |cpu, known| {
            let draft =
                derived(known | valid::CPU_FREQUENCY, |Draft { sample, cpu_khz, .. }| {
                    cpu_khz[..2].copy_from_slice(&[1_000_000, 3_000_000]);
                    sample.cpu_busiest = cpu;
                });
            let Draft { sample, .. } = draft;
            sample.has(valid::CPU_FREQUENCY).then_some(sample.cpu_frequency_busiest_khz)
        };
        assert_eq!(busiest(0, valid::CPU), Some(1_000_000));
        assert_eq!(busiest(1, valid::CPU), Some(3_000_000));
        assert_eq!(busiest(2, valid::CPU), None);
        assert_eq!(busiest(9999, valid::CPU), None);
        assert_eq!(busiest(0, 0), None);
    }

    #[test]
    fn frequencies_that_were_not_due_stand_when_the_cpus_are_known_again() {
        let mut draft = derived(valid::CPU_FREQUENCY, |draft| draft.cpu_khz[0] = 1_000_000);
        assert!(!draft.sample.has(valid::CPU_FREQUENCY), "the CPUs are not known");
        draft.settle(valid::CPU, &Ok(valid::CPU));
        derive(&mut draft);
        assert!(draft.sample.has(valid::CPU_FREQUENCY));
        assert_eq!(draft.sample.cpu_frequency_busiest_khz, 1_000_000);
    }

    #[test]
    fn the_probe_takes_what_its_switches_take() {
        let probe = |known| {
            derived(known | valid::PROBE_COST, |Draft { sample, .. }| {
                sample.context_switches_per_s = 100_000;
                sample.probe_switch_ns = 120;
            })
        };
        let Draft { sample, .. } = probe(valid::CONTEXT_SWITCHES);
        assert!(sample.has(valid::PROBE_COST));
        // 100,000 times 120 ns is 12 ms of each second.
        assert_eq!((sample.probe_switch_ns, sample.probe_ppm), (120, 12_000));
        assert!(!probe(0).sample.has(valid::PROBE_COST), "of no known number of switches");
    }
}
