//! Time between two outputs, as options say it.

use std::time::Duration;

use crate::text::option::Wrong;

/// Time between two outputs at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interval {
    /// That many seconds, as closely as samples come.
    Time(Duration),
    /// That many times the daemon's.
    Samples(u32),
}

impl Interval {
    /// `2`, `0.5`: seconds; `3x`: every third sample.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let parsed = match text.strip_suffix('x') {
            Some(times) => times.parse().ok().filter(|times| *times > 0).map(Self::Samples),
            None => text
                .parse()
                .ok()
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .map(Self::Time),
        };
        parsed.ok_or_else(|| {
            Wrong::new(format_args!(
                "it is a number of seconds such as 2 or 0.5, or of samples such as 3x, not '{text}'"
            ))
        })
    }

    /// The same in time.
    pub(crate) fn duration(self, period: Duration) -> Duration {
        match self {
            Self::Time(interval) => interval,
            Self::Samples(times) => period.saturating_mul(times),
        }
    }
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
