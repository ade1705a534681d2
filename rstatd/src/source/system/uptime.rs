//! Time since the machine was started, from `/proc/uptime`.

use rstat_shm::snapshot::valid;

use crate::source::entry::{Entry, no_devices};
use crate::source::files::value::{VALUE_BYTES, ValueError, parse_hundredths};
use crate::source::text_source::TextSource;

/// Time since the machine was started.
pub const ENTRY: Entry = Entry {
    name: "uptime",
    groups: valid::UPTIME,
    // The kernel adds up the idle time of all CPUs for the file's second number.
    period_ms: 1000,
    discover: |root| {
        TextSource::discover(root, "/proc/uptime", VALUE_BYTES, "", |text, sample| {
            sample.uptime_ns = parse(text)?;
            Ok(valid::UPTIME)
        })
    },
    devices: no_devices,
    files: &[("proc", &["uptime"])],
    check: "{uptime_ns}",
};

const NS_PER_HUNDREDTH: u64 = 10_000_000;

/// `350735.47 234388.90`: seconds since the start, and idle seconds of all CPUs together.
pub fn parse(bytes: &[u8]) -> Result<u64, ValueError> {
    let number = bytes.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    parse_hundredths(number)?.checked_mul(NS_PER_HUNDREDTH).ok_or(ValueError::TooLarge)
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
        check("12.5 1.00\n", Err(ValueError::Malformed));
        check("99999999999999.00 0.00", Err(ValueError::TooLarge));
        check(".50 3.00", Err(ValueError::Empty));
        check("-1.50 3.00", Err(ValueError::Negative));
        check("1.5x 3.00", Err(ValueError::Malformed));
        check("99999999999999999.00 1.00", Err(ValueError::TooLarge));
    }
}
