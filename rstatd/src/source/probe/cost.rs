//! What the probe adds to a context switch, by the kernel's own count.

use super::programs::{IDLE, SWITCH};
use crate::loader::{self, Loaded, RunTime};

/// A program that does nothing. The time that the kernel counts for it is the cost of counting.
const NOTHING: &str = "nothing";

/// Runs `code`, and returns the nanoseconds that the probe added to each switch meanwhile: the
/// programs of switching and of idling, without what counting them costs. `None` where the
/// kernel does not count.
pub fn switch_ns(loaded: &Loaded, code: impl FnOnce()) -> Option<u32> {
    // The kernel counts, and the empty program is attached, until both are dropped.
    let counted = loaded.attach(NOTHING).and_then(|link| Ok((link, loaded.count_run_times()?)));
    let before = counted.as_ref().ok().and_then(|_| run_times(loaded).ok());
    code();
    let (before, now) = (before?, run_times(loaded).ok()?);
    let since = |program: usize| RunTime {
        ns: now[program].ns.saturating_sub(before[program].ns),
        runs: now[program].runs.saturating_sub(before[program].runs),
    };
    added_ns(since(0), since(1), since(2))
}

fn run_times(loaded: &Loaded) -> Result<[RunTime; 3], loader::Error> {
    Ok([loaded.run_time(SWITCH)?, loaded.run_time(IDLE)?, loaded.run_time(NOTHING)?])
}

fn added_ns(switch: RunTime, idle: RunTime, nothing: RunTime) -> Option<u32> {
    let counting_ns = nothing.ns.checked_div(nothing.runs)?;
    let net_ns = |time: RunTime| time.ns.saturating_sub(time.runs.saturating_mul(counting_ns));
    let added_ns = (net_ns(switch) + net_ns(idle)).checked_div(switch.runs)?;
    u32::try_from(added_ns).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_that_of_both_programs_without_the_counting() {
        let time = |ns, runs| RunTime { ns, runs };
        // 150 ns of a switch and 2 x 25 ns of idling for every other one, 50 ns counted.
        let added = added_ns(time(20_000, 100), time(7_500, 100), time(5_000, 100));
        assert_eq!(added, Some(175));
        // The empty program can be the slower one when little else runs.
        assert_eq!(added_ns(time(40, 1), time(0, 0), time(60, 1)), Some(0));
        assert_eq!(added_ns(time(0, 0), time(0, 0), time(60, 1)), None);
        assert_eq!(added_ns(time(40, 1), time(0, 0), time(0, 0)), None);
    }
}
