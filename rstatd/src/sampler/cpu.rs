//! How busy the CPUs were, together and each.

use rstat_shm::snapshot::{MAX_CORES, Snapshot, valid};

use super::{SECOND_NS, WHOLE_PPM, per_second, scale, share_ppm};
use crate::reading::{Cpus, Reading};

/// Fills in the CPUs' part of a snapshot.
pub fn fill(before: &Reading, now: &Reading, elapsed_ns: u64, into: &mut Snapshot) {
    if let Some(busy_ppm) = busy_ppm(&before.cpus, &now.cpus, elapsed_ns) {
        into.valid |= valid::CPU;
        into.cpu_busy_ppm = busy_ppm;
    }
    // A CPU that was not there before has no interval to average over.
    into.cores_online = in_both(&before.cpus, &now.cpus);
    into.cores = [0; MAX_CORES];
    for cpu in cpus_in(into.cores_online) {
        into.cores[cpu] = share_ppm(used_ns(&before.cpus, &now.cpus, cpu), elapsed_ns);
    }
    into.cpu_busiest = busiest(into);
    if let (Some(now), Some(before)) = (now.cpus.context_switches, before.cpus.context_switches) {
        into.valid |= valid::CONTEXT_SWITCHES;
        into.context_switches_per_s = per_second(now.wrapping_sub(before), elapsed_ns);
    }
    if let Some(switch_ns) = now.probe_switch_ns.filter(|_| into.has(valid::CONTEXT_SWITCHES)) {
        into.valid |= valid::PROBE_COST;
        into.probe_switch_ns = switch_ns;
        let busy_ns = u64::from(switch_ns).saturating_mul(into.context_switches_per_s);
        into.probe_ppm = scale(busy_ns, WHOLE_PPM, SECOND_NS).min(u32::MAX.into()) as u32;
    }
}

/// The share of all CPUs. While one comes or goes it is that of the others: what
/// it did in its part of the interval belongs to no whole that is known. `None` if
/// there are no others.
fn busy_ppm(before: &Cpus, now: &Cpus, elapsed_ns: u64) -> Option<u32> {
    let same = (before.online_count, before.online) == (now.online_count, now.online);
    let (busy_ns, count) = if same {
        (now.all_busy_ns.saturating_sub(before.all_busy_ns), u64::from(now.online_count))
    } else {
        let both = in_both(before, now);
        let busy_ns = cpus_in(both).map(|cpu| used_ns(before, now, cpu)).sum();
        (busy_ns, cpus_in(both).count() as u64)
    };
    (count > 0).then(|| share_ppm(busy_ns, elapsed_ns.saturating_mul(count)))
}

type OnlineMap = [u64; MAX_CORES / 64];

fn in_both(before: &Cpus, now: &Cpus) -> OnlineMap {
    std::array::from_fn(|word| before.online[word] & now.online[word])
}

/// The numbers of the CPUs in a bitmap.
fn cpus_in(map: OnlineMap) -> impl Iterator<Item = usize> {
    map.into_iter().enumerate().flat_map(|(word, bits)| {
        let used = 64 - bits.leading_zeros() as usize;
        (0..used).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
    })
}

fn used_ns(before: &Cpus, now: &Cpus, cpu: usize) -> u64 {
    now.busy_ns[cpu].saturating_sub(before.busy_ns[cpu])
}

/// The online CPU with the highest share; of several, the first.
fn busiest(sample: &Snapshot) -> u32 {
    let shares = cpus_in(sample.cores_online).map(|cpu| (cpu, sample.cores[cpu]));
    let busiest = shares.reduce(|busiest, next| if next.1 > busiest.1 { next } else { busiest });
    busiest.map_or(0, |(cpu, _)| cpu as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CPUs by number: whether each is online, and its busy time in milliseconds.
    fn reading(cpus: &[(bool, u64)]) -> Reading {
        let mut reading = Reading::EMPTY;
        for (cpu, (online, busy_ms)) in cpus.iter().enumerate() {
            reading.cpus.online[0] |= u64::from(*online) << cpu;
            reading.cpus.online_count += u32::from(*online);
            reading.cpus.busy_ns[cpu] = busy_ms * 1_000_000;
            reading.cpus.all_busy_ns += busy_ms * 1_000_000;
        }
        reading
    }

    #[test]
    fn no_share_jumps_when_a_cpu_comes_or_goes() {
        let busy_ppm = |before: &[(bool, u64)], now: &[(bool, u64)]| {
            let mut sample = Snapshot::EMPTY;
            fill(&reading(before), &reading(now), SECOND_NS, &mut sample);
            sample.has(valid::CPU).then_some(sample.cpu_busy_ppm)
        };
        let check = |before: &[(bool, u64)], now: &[(bool, u64)], expected: u32| {
            assert_eq!(busy_ppm(before, now), Some(expected), "{before:?} {now:?}");
        };
        check(&[(true, 0), (true, 0)], &[(true, 600), (true, 200)], 400_000);
        // The second goes offline near the interval's end, having been as busy.
        check(&[(true, 0), (true, 0)], &[(true, 600), (false, 590)], 600_000);
        // And comes back with all that it did before.
        check(&[(true, 0), (false, 590)], &[(true, 300), (true, 790)], 300_000);
        // It does nothing while it is away.
        check(&[(true, 0), (false, 790)], &[(true, 500), (false, 790)], 500_000);
        // Never above the whole, whatever the clock did.
        check(&[(true, 0)], &[(true, 1_500)], 1_000_000);
        // Another one than before, and no other: unknown.
        assert_eq!(busy_ppm(&[(true, 0), (false, 0)], &[(false, 500), (true, 100)]), None);
    }

    #[test]
    fn the_probe_takes_what_its_switches_take() {
        let mut before = reading(&[(true, 0)]);
        let mut now = reading(&[(true, 0)]);
        before.cpus.context_switches = Some(1_000);
        now.cpus.context_switches = Some(101_000);
        now.probe_switch_ns = Some(120);
        let mut sample = Snapshot::EMPTY;
        fill(&before, &now, SECOND_NS, &mut sample);
        assert!(sample.has(valid::PROBE_COST));
        // 100,000 times 120 ns is 12 ms of each second.
        assert_eq!((sample.probe_switch_ns, sample.probe_ppm), (120, 12_000));
    }

    #[test]
    fn a_cpu_has_a_figure_only_if_it_was_online_at_both_ends() {
        let mut sample = Snapshot::EMPTY;
        let before = reading(&[(true, 100), (true, 100), (false, 0)]);
        let now = reading(&[(true, 350), (false, 600), (true, 900)]);
        fill(&before, &now, SECOND_NS, &mut sample);
        assert_eq!(sample.core_busy_ppm(0), Some(250_000));
        assert_eq!((sample.core_busy_ppm(1), sample.core_busy_ppm(2)), (None, None));
        assert_eq!(sample.cpu_busiest, 0);
    }
}
