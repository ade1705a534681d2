//! A counter of the kernel between two readings.
//!
//! A counter may wrap at a height that its source knows, or start again with its device. Nothing is
//! divided here: `rate.rs` does that.

use std::mem;

/// The last reading of a counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    last: Option<u64>,
}

impl Counter {
    /// The count since the call before. The count is unknown when one of the two readings is
    /// unknown, and when the counter went back: then the counter has started again.
    pub fn advance(&mut self, now: Option<u64>) -> Option<u64> {
        let before = mem::replace(&mut self.last, now)?;
        now?.checked_sub(before)
    }

    /// The same for a counter that continues at 0 after `highest`.
    pub fn advance_wrapping(&mut self, now: Option<u64>, highest: u64) -> Option<u64> {
        let before = mem::replace(&mut self.last, now)?;
        let now = now?;
        match now.checked_sub(before) {
            Some(added) => Some(added),
            None => highest.checked_sub(before)?.checked_add(now)?.checked_add(1),
        }
    }
}

/// Adds the figures of one device to the sums of all. Unknown figures make the sums unknown.
pub fn sum<const N: usize>(all: Option<[u64; N]>, one: Option<[u64; N]>) -> Option<[u64; N]> {
    let (mut all, one) = all.zip(one)?;
    for (sum, one) in all.iter_mut().zip(one) {
        *sum = sum.saturating_add(one);
    }
    Some(all)
}

/// What was added to both of two counters, if that is known of both.
pub fn advance_both(counters: &mut [Counter; 2], now: Option<[u64; 2]>) -> Option<[u64; 2]> {
    let [first, second] = counters;
    let first = first.advance(now.map(|[first, _]| first));
    let second = second.advance(now.map(|[_, second]| second));
    Some([first?, second?])
}

/// The time of a source's last reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// 0 before the first tick. Discovery reads outside of ticks, so it passes the time 0.
    last_ns: u64,
}

impl Clock {
    /// The time since the call before, if there was one in a tick.
    pub fn advance(&mut self, now_ns: u64) -> Option<u64> {
        let before_ns = mem::replace(&mut self.last_ns, now_ns);
        now_ns.checked_sub(before_ns).filter(|&elapsed_ns| before_ns > 0 && elapsed_ns > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_goes_back_has_started_again_or_wrapped() {
        let check = |before: u64, now: u64, again: Option<u64>, wrapped: Option<u64>| {
            let mut counter = Counter::default();
            assert_eq!(counter.advance(Some(before)), None, "the first reading is no difference");
            assert_eq!({ counter }.advance(Some(now)), again, "{before} {now}");
            assert_eq!(counter.advance_wrapping(Some(now), 99), wrapped, "{before} {now}");
        };
        check(5, 7, Some(2), Some(2));
        check(5, 5, Some(0), Some(0));
        check(98, 1, None, Some(3));
        check(99, 0, None, Some(1));
        // A reading above the counter's height means nothing.
        check(120, 1, None, None);
        check(0, u64::MAX, Some(u64::MAX), Some(u64::MAX));
    }

    #[test]
    fn what_was_missed_is_unknown_rather_than_added_to_the_next_interval() {
        let mut counter = Counter::default();
        let readings = [Some(1), None, Some(5), Some(6)];
        assert_eq!(readings.map(|now| counter.advance(now)), [None, None, None, Some(1)]);
    }

    #[test]
    fn discovery_is_no_time() {
        let mut clock = Clock::default();
        let elapsed = [0, 100, 100, 250, 200].map(|now_ns| clock.advance(now_ns));
        assert_eq!(elapsed, [None, None, None, Some(150), None]);
    }
}
