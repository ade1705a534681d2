//! Keeps figures still that only tremble.
//!
//! A bar draws a line anew whenever it changes, and people look at what moves.
//! A figure that swings around the edge between two digits would change with
//! every sample, so the shown one follows the measured one only when they are
//! further apart than a band, which is less than what is shown is rounded to.

use std::mem;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, KernelThreads, MAX_PROCESS_STATES, ProcessState, rows, valid};

const BUSY_BAND_PPM: u64 = 7_500;
const TEMPERATURE_BAND_MC: u64 = 750;
const FREQUENCY_BAND_KHZ: u64 = 75_000;
const FAN_BAND_RPM: u64 = 75;
/// As a fraction of the whole memory: 1/512 of 32 GiB is 64 MiB.
const MEMORY_BAND_FRACTION: u64 = 512;
/// As a fraction of what is shown: 16 W within one.
const POWER_BAND_FRACTION: u64 = 16;
/// The cost of a sample varies by half, and its order of magnitude is what matters.
const COST_BAND_FRACTION: u64 = 2;

/// The figures as they were last shown.
pub struct Hysteresis {
    shown: Box<Snapshot>,
    /// The one that was shown before that, and the place of the next one.
    before: Box<Snapshot>,
    /// The blocked processes of the sample before, whether they were shown or not.
    blocked: Option<[ProcessState; MAX_PROCESS_STATES]>,
}

impl Hysteresis {
    /// Nothing shown yet.
    pub fn new() -> Self {
        let [shown, before] = [(); 2].map(|()| Box::new(Snapshot::EMPTY));
        Self { shown, before, blocked: None }
    }

    /// The sample that was shown last; empty before the first.
    pub fn shown(&self) -> &Snapshot {
        &self.shown
    }

    /// Time between the sample shown last and a later one.
    pub fn age_ns(&self, later: &Snapshot) -> u64 {
        later.monotonic_ns.saturating_sub(self.shown.monotonic_ns)
    }

    /// The sample to show instead of `sample`.
    pub fn settle(&mut self, sample: &Snapshot) -> &Snapshot {
        mem::swap(&mut self.shown, &mut self.before);
        // The one copy of a sample that a module makes.
        self.shown.as_words_mut().copy_from_slice(sample.as_words());
        self.settle_blocked(sample);
        let Self { shown, before, .. } = self;
        settle_processor(shown, before);
        settle_powers(shown, before);
        for (shown, before) in shown.gpus.iter_mut().zip(&before.gpus) {
            settle_gpu(shown, before);
        }
        // What was unknown before has no figure to hold on to.
        if before.has(valid::FANS) {
            for (shown, before) in shown.fans_rpm.iter_mut().zip(before.fans_rpm) {
                hold(shown, before, before.abs_diff(*shown).into(), FAN_BAND_RPM);
            }
        }
        if before.has(valid::MEMORY) {
            let band = shown.memory_total_bytes / MEMORY_BAND_FRACTION;
            let drift = before.memory_used_bytes.abs_diff(shown.memory_used_bytes);
            hold(&mut shown.memory_used_bytes, before.memory_used_bytes, drift, band);
        }
        if before.has(valid::SAMPLE_COST) {
            let drift = before.sample_ns.abs_diff(shown.sample_ns);
            let band = before.sample_ns / COST_BAND_FRACTION;
            hold(&mut shown.sample_ns, before.sample_ns, drift, band);
        }
        shown
    }

    /// Whoever waits for a disk is blocked for a moment: named are those that were
    /// in the sample before, too. Without one before, all are.
    fn settle_blocked(&mut self, sample: &Snapshot) {
        let before = &self.before;
        let is_same_sample =
            (before.instance, before.sequence) == (sample.instance, sample.sequence);
        if is_same_sample {
            self.shown.blocked = before.blocked;
            return;
        }
        let known = sample.has(valid::PROCESS_STATES);
        let last = mem::replace(&mut self.blocked, known.then_some(sample.blocked));
        let stayed = |row: &&ProcessState| {
            last.is_none_or(|last| last.iter().any(|before| before.pid == row.pid))
        };
        self.shown.blocked = [ProcessState::default(); MAX_PROCESS_STATES];
        let rows = rows(&sample.blocked, KernelThreads::Shown, MAX_PROCESS_STATES).filter(stayed);
        for (shown, row) in self.shown.blocked.iter_mut().zip(rows) {
            *shown = *row;
        }
    }
}

fn settle_processor(shown: &mut Snapshot, before: &Snapshot) {
    if before.has(valid::CPU) {
        let drift = before.cpu_busy_ppm.abs_diff(shown.cpu_busy_ppm);
        hold(&mut shown.cpu_busy_ppm, before.cpu_busy_ppm, drift.into(), BUSY_BAND_PPM);
    }
    if before.has(valid::CPU_TEMPERATURE) {
        let drift = before.cpu_temperature_mc.abs_diff(shown.cpu_temperature_mc);
        let (shown, before) = (&mut shown.cpu_temperature_mc, before.cpu_temperature_mc);
        hold(shown, before, drift.into(), TEMPERATURE_BAND_MC);
    }
    if before.has(valid::CPU_FREQUENCY) {
        let drift = before.cpu_frequency_khz.abs_diff(shown.cpu_frequency_khz);
        let (shown, before) = (&mut shown.cpu_frequency_khz, before.cpu_frequency_khz);
        hold(shown, before, drift.into(), FREQUENCY_BAND_KHZ);
    }
}

fn settle_powers(shown: &mut Snapshot, before: &Snapshot) {
    if before.has(valid::CPU_POWER) {
        hold_power(&mut shown.cpu_power_uw, before.cpu_power_uw);
    }
    if before.has(valid::BATTERY_POWER) {
        hold_power(&mut shown.battery_power_uw, before.battery_power_uw);
    }
}

fn settle_gpu(shown: &mut Gpu, before: &Gpu) {
    if before.has(Gpu::BUSY) {
        let drift = before.busy_ppm.abs_diff(shown.busy_ppm);
        hold(&mut shown.busy_ppm, before.busy_ppm, drift.into(), BUSY_BAND_PPM);
    }
    if before.has(Gpu::TEMPERATURE) {
        let drift = before.temperature_mc.abs_diff(shown.temperature_mc);
        hold(&mut shown.temperature_mc, before.temperature_mc, drift.into(), TEMPERATURE_BAND_MC);
    }
    if before.has(Gpu::POWER) {
        hold_power(&mut shown.power_uw, before.power_uw);
    }
    if before.has(Gpu::MEMORY) {
        let band = shown.memory_total_bytes / MEMORY_BAND_FRACTION;
        let drift = before.memory_used_bytes.abs_diff(shown.memory_used_bytes);
        hold(&mut shown.memory_used_bytes, before.memory_used_bytes, drift, band);
    }
}

fn hold_power(shown: &mut u64, before: u64) {
    hold(shown, before, before.abs_diff(*shown), before / POWER_BAND_FRACTION);
}

/// Leaves a figure where it was unless it has moved by `band`. What is not known
/// now is held as well and not shown.
fn hold<T>(shown: &mut T, before: T, drift: u64, band: u64) {
    if drift < band {
        *shown = before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trembling_figure_stands_still_and_a_moving_one_moves() {
        let mut hysteresis = Hysteresis::new();
        let mut shown = |ppm, valid| {
            let sample = Snapshot { cpu_busy_ppm: ppm, valid, ..Snapshot::EMPTY };
            hysteresis.settle(&sample).cpu_busy_ppm
        };
        assert_eq!(shown(14_900, valid::CPU), 14_900);
        assert_eq!(shown(15_100, valid::CPU), 14_900);
        assert_eq!(shown(14_000, valid::CPU), 14_900);
        assert_eq!(shown(30_000, valid::CPU), 30_000);
        // Unknown in between: the old figure is forgotten.
        shown(0, 0);
        assert_eq!(shown(29_900, valid::CPU), 29_900);
    }

    #[test]
    fn who_is_blocked_for_a_moment_is_not_named() {
        let mut hysteresis = Hysteresis::new();
        let mut shown = |sequence, valid, pids: &[u32]| {
            let mut sample = Snapshot { sequence, valid, ..Snapshot::EMPTY };
            for (row, &pid) in sample.blocked.iter_mut().zip(pids) {
                *row = ProcessState { pid, threads: 1, ..ProcessState::default() };
            }
            let shown = hysteresis.settle(&sample).blocked;
            shown.iter().map(|row| row.pid).take_while(|&pid| pid > 0).collect::<Vec<_>>()
        };
        assert_eq!(shown(1, valid::PROCESS_STATES, &[7, 8]), [7, 8], "nothing is known of before");
        assert_eq!(shown(2, valid::PROCESS_STATES, &[9, 8]), [8]);
        assert_eq!(shown(2, valid::PROCESS_STATES, &[9, 8]), [8], "the same sample again");
        assert_eq!(shown(3, valid::PROCESS_STATES, &[9]), [9]);
        assert_eq!(shown(4, valid::PROCESS_STATES, &[]), [0; 0]);
        assert_eq!(shown(5, valid::PROCESS_STATES, &[9]), [0; 0]);
    }
}
