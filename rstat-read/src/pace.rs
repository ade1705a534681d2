//! The pace of programs and modules that show samples: they skip samples where the daemon
//! takes more than the user wants to see.

use std::path::Path;
use std::time::{Duration, Instant};

use rstat_shm::{Interrupt, Snapshot};

use crate::follow::Follower;
use crate::reader::Deadline;
use crate::report::Freshness;
use rstat_options::{Decimal, OptionError};

/// A sample may come early by this fraction of an interval.
const EARLY_FRACTION: u32 = 10;
/// The longest sleep, which any clock can add: 136 years.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// The least time between two outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interval {
    /// Seconds, as closely as samples come.
    Time(Duration),
    /// Multiples of the daemon's interval.
    Samples(u32),
}

impl Default for Interval {
    /// A second, for bars: with each output Waybar starts the delay of its tooltips anew.
    fn default() -> Self {
        Self::Time(Duration::from_secs(1))
    }
}

impl Interval {
    /// `2`, `0.5`: seconds; `3x`: every third sample.
    pub fn parse(text: &str) -> Result<Self, OptionError> {
        let parsed = match text.strip_suffix('x') {
            Some(times) => times.parse().ok().filter(|times| *times > 0).map(Self::Samples),
            None => Decimal::parse(text)
                .and_then(|seconds| seconds.of(1_000_000_000).try_into().ok())
                .map(|nanoseconds| Self::Time(Duration::from_nanos(nanoseconds))),
        };
        parsed.ok_or_else(|| {
            OptionError::new(format_args!(
                "it is a number of seconds such as 2 or 0.5, or of samples such as 3x, not '{text}'"
            ))
        })
    }

    /// The time to skip samples for after a sample of that age; nothing where the next
    /// sample does not come too soon.
    fn pause(self, sample: &Snapshot, age: Duration) -> Option<Duration> {
        let period = Duration::from_nanos(sample.period_ns);
        let interval = self.duration(period);
        let soonest = interval.saturating_sub(interval / EARLY_FRACTION);
        (period < soonest).then(|| soonest.saturating_sub(age).min(LONGEST))
    }

    /// The interval in time.
    fn duration(self, period: Duration) -> Duration {
        match self {
            Self::Time(interval) => interval,
            Self::Samples(times) => period.saturating_mul(times),
        }
    }
}

/// Follows a region and skips samples that come too soon after the last shown one.
///
/// A single sleep passes over all of them, instead of a wake-up for each.
pub struct Pacer {
    follower: Follower,
    interval: Interval,
    /// The end of the sleep after the last sample.
    asleep_until: Option<Instant>,
}

impl Pacer {
    /// Follows the region of that name, else `$RSTAT_SHM`, else `/dev/shm/rstat/v1`.
    pub fn new(path: Option<&Path>, interval: Interval) -> Self {
        Self { follower: Follower::new(path), interval, asleep_until: None }
    }

    /// What the region says now.
    pub fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Sleeps until there is a sample to show, or the state changes. The first call
    /// reports whatever there is. Returns nothing after `timeout`, or when the
    /// follower is interrupted.
    pub fn next(&mut self, timeout: Duration) -> Option<Freshness> {
        let deadline = Deadline::after(timeout);
        if let Some(until) = self.asleep_until {
            let end = deadline.0.map_or(until, |deadline| deadline.min(until));
            if !sleep(end, self.follower.interrupt()) || end < until {
                return None;
            }
            self.asleep_until = None;
            self.follower.skip();
        }
        let state = self.follower.wait_for(deadline.left())?;
        if state == Freshness::Fresh {
            self.asleep_until = self.follower.sample().and_then(|sample| {
                let pause = self.interval.pause(sample, self.follower.age())?;
                Instant::now().checked_add(pause)
            });
        }
        Some(state)
    }
}

/// Returns whether the end has come; the interrupt may come before.
fn sleep(end: Instant, interrupt: &Interrupt) -> bool {
    while !interrupt.is_raised() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        interrupt.wait(left);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_time_or_samples() {
        let period = Duration::from_secs(2);
        let duration = |text| Interval::parse(text).map(|interval| interval.duration(period));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("3x"), Ok(Duration::from_secs(6)));
        for wrong in ["", "-1", "nan", "0x", "x", "-1x", "1.5x", "1e99"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
