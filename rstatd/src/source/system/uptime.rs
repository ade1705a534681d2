//! Time since the machine was started, from `/proc/uptime`.

use std::io;

use rstat_shm::snapshot::valid;

use crate::source::entry::{Draft, Entry, Source, no_devices, tried};
use crate::source::files::Root;
use crate::source::files::value::{VALUE_BYTES, ValueError, ValueFile, parse_unsigned};

/// Time since the machine was started.
pub const ENTRY: Entry = Entry {
    name: "uptime",
    groups: valid::UPTIME,
    // The kernel adds up the idle time of all CPUs for the file's second number.
    period_ms: 1000,
    discover,
    devices: no_devices,
    files: &[("proc", &["uptime"])],
    check: "{uptime_ns}",
};

const PATH: &str = "/proc/uptime";
const NS_PER_HUNDREDTH: u64 = 10_000_000;

struct Uptime {
    file: ValueFile,
}

/// Opens the file and sees whether it can be understood.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let file = root.open(PATH).map_err(|error| error.to_string())?;
    tried(Uptime { file })
}

impl Source for Uptime {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let mut buffer = [0; VALUE_BYTES];
        let uptime_ns = self.file.bytes(&mut buffer).and_then(parse);
        let Some(uptime_ns) = self.file.known(uptime_ns)? else { return Ok(0) };
        draft.sample.uptime_ns = uptime_ns;
        Ok(valid::UPTIME)
    }

    fn origin(&self) -> String {
        PATH.to_owned()
    }
}

/// `350735.47 234388.90`, seconds: since the start, and idle on all CPUs. The kernel
/// always prints two decimals.
fn parse(bytes: &[u8]) -> Result<u64, ValueError> {
    let number = bytes.split(|&byte| byte == b' ').next().unwrap_or_default();
    let [seconds @ .., b'.', tenths, hundredths] = number else {
        return Err(ValueError::Malformed);
    };
    let seconds = parse_unsigned(seconds)?.checked_mul(100).ok_or(ValueError::TooLarge)?;
    let hundredths = parse_unsigned(&[*tenths, *hundredths])?;
    seconds
        .checked_add(hundredths)
        .and_then(|sum| sum.checked_mul(NS_PER_HUNDREDTH))
        .ok_or(ValueError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_the_time_since_the_start() {
        let check = |text: &str, expected| assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        check("350735.47 234388.90\n", Ok(350_735_470_000_000));
        check("0.00 0.00\n", Ok(0));
        check("0.05", Ok(50_000_000));
        check("", Err(ValueError::Malformed));
        check("12 3.00", Err(ValueError::Malformed));
        check(".50 3.00", Err(ValueError::Empty));
        check("-1.50 3.00", Err(ValueError::Negative));
        check("1.5x 3.00", Err(ValueError::Malformed));
        check("99999999999999999.00 1.00", Err(ValueError::TooLarge));
    }
}
