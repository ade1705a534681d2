//! The time that the CPU was throttled in the last minute.
//!
//! A sample knows its own interval only. Throttling comes and goes, and a line in a tooltip
//! would blink with it.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

const STEPS: usize = 12;
const STEP_NS: u64 = 5_000_000_000;

/// Sums over steps of five seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Throttled {
    steps_ns: [u64; STEPS],
    /// The last step that has a sum.
    step: u64,
    /// The last counted sample.
    counted: (u64, u64),
}

impl Throttled {
    /// Counts a sample, once.
    pub fn count(&mut self, sample: &Snapshot) {
        let number = (sample.instance, sample.sequence);
        if number == self.counted || !sample.has(valid::CPU_THROTTLED) {
            return;
        }
        self.counted = number;
        let step = sample.monotonic_ns / STEP_NS;
        // The clock of another boot begins anew, and so does the sum.
        let passed = step.checked_sub(self.step).unwrap_or(u64::MAX).min(STEPS as u64);
        for back in 0..passed {
            self.steps_ns[((step.wrapping_sub(back)) % STEPS as u64) as usize] = 0;
        }
        self.step = step;
        let ns = u128::from(sample.elapsed_ns) * u128::from(sample.cpu_throttled_ppm) / 1_000_000;
        let sum = &mut self.steps_ns[(step % STEPS as u64) as usize];
        *sum = sum.saturating_add(u64::try_from(ns).unwrap_or(u64::MAX));
    }

    /// The throttled time of the minute before the last counted sample.
    pub fn ns(&self) -> u64 {
        let sum = self.steps_ns.iter().fold(0_u64, |sum, ns| sum.saturating_add(*ns));
        sum.min(STEP_NS * STEPS as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_remembered_and_no_more() {
        let mut throttled = Throttled::default();
        let mut count = |second: u64, ppm| {
            throttled.count(&Snapshot {
                valid: valid::CPU_THROTTLED,
                sequence: second,
                monotonic_ns: second * 1_000_000_000,
                elapsed_ns: 1_000_000_000,
                cpu_throttled_ppm: ppm,
                ..Snapshot::EMPTY
            });
            throttled.ns() / 1_000_000
        };
        assert_eq!(count(100, 250_000), 250);
        assert_eq!(count(100, 250_000), 250, "the same sample again");
        assert_eq!(count(101, 1_000_000), 1_250);
        assert_eq!(count(154, 0), 1_250);
        assert_eq!(count(160, 0), 0);
        assert_eq!(count(161, 500_000), 500);
        assert_eq!(count(1_000, 100_000), 100, "after a long pause");
        assert_eq!(count(3, 200_000), 200, "a clock that began anew");
    }

    #[test]
    fn a_minute_has_sixty_seconds() {
        let mut throttled = Throttled::default();
        let all = Snapshot::from_words([u64::MAX; rstat_shm::snapshot::SNAPSHOT_WORDS]);
        throttled.count(&all);
        assert_eq!(throttled.ns(), 60_000_000_000);
    }
}
