//! Whether the machine was suspended between two ticks.
//!
//! CLOCK_BOOTTIME counts the time of a suspend, CLOCK_MONOTONIC does not (clock_gettime(2)).
//! CLOCK_MONOTONIC is read before and after CLOCK_BOOTTIME, so their difference is known
//! within two bounds: no delay between two readings looks like a suspend.

/// The upper bound of the difference at the last tick.
#[derive(Debug, Default)]
pub struct Suspend {
    most_ns: Option<u64>,
}

impl Suspend {
    /// Whether there was a suspend since the call before. The clocks were read in the order
    /// of the arguments: CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC.
    pub fn has_ended(&mut self, before_ns: u64, boottime_ns: u64, after_ns: u64) -> bool {
        let least_ns = boottime_ns.saturating_sub(after_ns);
        let most_ns = boottime_ns.saturating_sub(before_ns);
        self.most_ns.replace(most_ns).is_some_and(|earlier_ns| least_ns > earlier_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_difference_that_has_grown_for_certain_is_a_suspend() {
        let mut suspend = Suspend::default();
        // The time until CLOCK_BOOTTIME is read, the time from then on until CLOCK_MONOTONIC
        // is read again, and all that was ever slept.
        let mut check = |now_ns: u64, delays: [u64; 2], slept_ns: u64, expected| {
            let middle_ns = now_ns + delays[0];
            let ended = suspend.has_ended(now_ns, middle_ns + slept_ns, middle_ns + delays[1]);
            assert_eq!(ended, expected, "{now_ns}");
        };
        check(1_000, [10, 10], 5_000, false);
        check(2_000, [10, 10], 5_000, false);
        // The daemon did not run for a while between two clocks.
        check(3_000, [900_000, 10], 5_000, false);
        check(1_000_000, [10, 900_000], 5_000, false);
        check(2_000_000, [10, 10], 5_000, false);
        check(3_000_000, [10, 10], 2_005_000, true);
        check(4_000_000, [10, 10], 2_005_000, false);
    }
}
