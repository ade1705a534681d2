//! Keeps figures still that only tremble.
//!
//! A bar draws a line anew whenever it changes, and people look at what moves.
//! A figure that swings around the edge between two digits would change with
//! every sample, so the shown one follows the measured one only when they are
//! further apart than a band, which is less than what is shown is rounded to.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

const CPU_BAND_PPM: u32 = 7_500;
const TEMPERATURE_BAND_MC: i32 = 750;
const FREQUENCY_BAND_KHZ: u32 = 75_000;
/// As a fraction of the whole memory: 1/512 of 32 GiB is 64 MiB.
const MEMORY_BAND_FRACTION: u64 = 512;
/// The cost of a sample varies by half, and its order of magnitude is what matters.
const COST_BAND_FRACTION: u64 = 2;

/// The figures as they were last shown.
pub struct Steady {
    shown: Snapshot,
}

impl Steady {
    /// Nothing shown yet.
    pub fn new() -> Self {
        Self { shown: Snapshot::EMPTY }
    }

    /// The sample to show instead of `sample`.
    pub fn settle(&mut self, sample: &Snapshot) -> &Snapshot {
        let before = self.shown;
        let after = &mut self.shown;
        *after = *sample;
        // What was unknown before has no figure to hold on to.
        let holds = |group| before.has(group) && sample.has(group);

        if holds(valid::CPU) && before.cpu_busy_ppm.abs_diff(sample.cpu_busy_ppm) < CPU_BAND_PPM {
            after.cpu_busy_ppm = before.cpu_busy_ppm;
        }
        let drift_mc = before.cpu_temperature_mc.abs_diff(sample.cpu_temperature_mc);
        if holds(valid::CPU_TEMPERATURE) && drift_mc < TEMPERATURE_BAND_MC.unsigned_abs() {
            after.cpu_temperature_mc = before.cpu_temperature_mc;
        }
        let drift_khz = before.cpu_frequency_khz.abs_diff(sample.cpu_frequency_khz);
        if holds(valid::CPU_FREQUENCY) && drift_khz < FREQUENCY_BAND_KHZ {
            after.cpu_frequency_khz = before.cpu_frequency_khz;
        }
        let drift_bytes = before.memory_used_bytes.abs_diff(sample.memory_used_bytes);
        if holds(valid::MEMORY) && drift_bytes < sample.memory_total_bytes / MEMORY_BAND_FRACTION {
            after.memory_used_bytes = before.memory_used_bytes;
        }
        let drift_ns = before.sample_ns.abs_diff(sample.sample_ns);
        if holds(valid::SAMPLE_COST) && drift_ns < before.sample_ns / COST_BAND_FRACTION {
            after.sample_ns = before.sample_ns;
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trembling_figure_stands_still_and_a_moving_one_moves() {
        let mut steady = Steady::new();
        let mut shown = |ppm, valid| {
            let sample = Snapshot { cpu_busy_ppm: ppm, valid, ..Snapshot::EMPTY };
            steady.settle(&sample).cpu_busy_ppm
        };
        assert_eq!(shown(14_900, valid::CPU), 14_900);
        assert_eq!(shown(15_100, valid::CPU), 14_900);
        assert_eq!(shown(14_000, valid::CPU), 14_900);
        assert_eq!(shown(30_000, valid::CPU), 30_000);
        // Unknown in between: the old figure is forgotten.
        shown(0, 0);
        assert_eq!(shown(29_900, valid::CPU), 29_900);
    }
}
