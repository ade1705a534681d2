//! Load averages and threads, from `/proc/loadavg`.
//!
//! The averages change every five seconds (`LOAD_FREQ` in the kernel's
//! `include/linux/sched/loadavg.h`), the counts of threads at any moment.

use rstat_shm::snapshot::valid;

use crate::source::entry::{Entry, no_devices};
use crate::source::files::value::{VALUE_BYTES, ValueError, parse_hundredths, parse_unsigned32};
use crate::source::text_source::TextSource;

/// Load averages and threads.
pub const ENTRY: Entry = Entry {
    name: "load",
    groups: valid::LOAD,
    period_ms: 0,
    discover: |root| {
        TextSource::discover(root, "/proc/loadavg", VALUE_BYTES, "", |text, sample| {
            let load = parse(text)?;
            [sample.load_1m_milli, sample.load_5m_milli, sample.load_15m_milli] =
                load.average_milli;
            sample.runnable = load.runnable;
            sample.threads = load.threads;
            Ok(valid::LOAD)
        })
    },
    devices: no_devices,
    files: &[("proc", &["loadavg"])],
    check: "{load_1m_milli}",
};

/// The numbers of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Load {
    /// Over 1, 5 and 15 minutes, thousandths.
    average_milli: [u32; 3],
    /// Threads that run or wait for a CPU.
    runnable: u32,
    /// All threads.
    threads: u32,
}

/// `0.20 0.18 0.12 1/80 11206`: the averages over 1, 5 and 15 minutes, runnable
/// and all threads, and the process id given last.
fn parse(bytes: &[u8]) -> Result<Load, ValueError> {
    let mut words = bytes.trim_ascii().split(|&byte| byte == b' ');
    let mut word = || words.next().ok_or(ValueError::Malformed);
    let average_milli = [parse_milli(word()?)?, parse_milli(word()?)?, parse_milli(word()?)?];
    let mut counts = word()?.splitn(2, |&byte| byte == b'/');
    let mut count = || parse_unsigned32(counts.next().ok_or(ValueError::Malformed)?);
    Ok(Load { average_milli, runnable: count()?, threads: count()? })
}

/// `12.34` as 12,340.
fn parse_milli(number: &[u8]) -> Result<u32, ValueError> {
    let milli = parse_hundredths(number)?.checked_mul(10);
    milli.and_then(|milli| u32::try_from(milli).ok()).ok_or(ValueError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_in_thousandths() {
        let check = |text: &str, average_milli, runnable, threads| {
            let load = Load { average_milli, runnable, threads };
            assert_eq!(parse(text.as_bytes()), Ok(load), "{text:?}");
        };
        check("0.20 0.18 0.02 1/80 11206\n", [200, 180, 20], 1, 80);
        check("1023.99 7.00 0.10 4096/100000 1", [1_023_990, 7_000, 100], 4096, 100_000);
    }

    #[test]
    fn what_is_not_loadavg_is_refused() {
        let check = |text: &str, expected: ValueError| {
            assert_eq!(parse(text.as_bytes()), Err(expected), "{text:?}");
        };
        check("", ValueError::Malformed);
        check("0.20 0.18 0.02", ValueError::Malformed);
        check("0.20 0.18 0.02 1 2", ValueError::Malformed);
        check("0.2 0.18 0.02 1/80 2", ValueError::Malformed);
        check("0.200 0.18 0.02 1/80 2", ValueError::Malformed);
        check("-0.20 0.18 0.02 1/80 2", ValueError::Negative);
        check(".20 0.18 0.02 1/80 2", ValueError::Empty);
        check("0.20 0.18 0.02 /80 2", ValueError::Empty);
        check("5000000.00 0.18 0.02 1/80 2", ValueError::TooLarge);
        check("0.20 0.18 0.02 1/5000000000 2", ValueError::TooLarge);
    }
}
