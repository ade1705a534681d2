//! Pressure: the share of time in which tasks waited for a CPU, memory or I/O.
//!
//! From `/proc/pressure`, which is absent when the kernel was built or started without it
//! (`CONFIG_PSI`, `psi=1`). Of the kernel's averages, the source takes the shortest, over 10 s; the
//! kernel updates it every 2 s (`PSI_FREQ` in `psi.c`). Each file is a source of its own: a kernel
//! may refuse one of them.

use rstat_shm::snapshot::valid;

use crate::source::entry::{Entry, Source, no_devices};
use crate::source::files::Root;
use crate::source::files::value::{ValueError, parse_hundredths, parse_lines};
use crate::source::text_source::{Fill, TextSource};

/// Two lines of at most some 90 bytes.
const FILE_BYTES: usize = 256;

/// `100.00`, in hundredths of a percent.
const WHOLE: u64 = 10_000;
const PPM_PER_HUNDREDTH: u64 = 100;

/// Tasks that wait for a CPU. The line `full` exists since 5.13 and is always 0, as it has no
/// meaning for the whole machine.
pub const CPU: Entry = Entry {
    name: "pressure_cpu",
    groups: valid::PRESSURE_CPU,
    period_ms: PERIOD_MS,
    discover: |root| {
        discover(root, "/proc/pressure/cpu", |text, sample| {
            (sample.pressure_cpu_some_ppm, sample.pressure_cpu_full_ppm) = parse(text, false)?;
            Ok(valid::PRESSURE_CPU)
        })
    },
    devices: no_devices,
    files: &[("proc/pressure", &["cpu"])],
    check: "some {pressure_cpu_some_ppm}, full {pressure_cpu_full_ppm}",
};

/// Tasks that wait for memory.
pub const MEMORY: Entry = Entry {
    name: "pressure_memory",
    groups: valid::PRESSURE_MEMORY,
    period_ms: PERIOD_MS,
    discover: |root| {
        discover(root, "/proc/pressure/memory", |text, sample| {
            (sample.pressure_memory_some_ppm, sample.pressure_memory_full_ppm) = parse(text, true)?;
            Ok(valid::PRESSURE_MEMORY)
        })
    },
    devices: no_devices,
    files: &[("proc/pressure", &["memory"])],
    check: "some {pressure_memory_some_ppm}, full {pressure_memory_full_ppm}",
};

/// Tasks that wait for I/O.
pub const IO: Entry = Entry {
    name: "pressure_io",
    groups: valid::PRESSURE_IO,
    period_ms: PERIOD_MS,
    discover: |root| {
        discover(root, "/proc/pressure/io", |text, sample| {
            (sample.pressure_io_some_ppm, sample.pressure_io_full_ppm) = parse(text, true)?;
            Ok(valid::PRESSURE_IO)
        })
    },
    devices: no_devices,
    files: &[("proc/pressure", &["io"])],
    check: "some {pressure_io_some_ppm}, full {pressure_io_full_ppm}",
};

/// The kernel's interval between two updates of the averages.
const PERIOD_MS: u64 = 2000;

fn discover(root: &Root, path: &str, fill: Fill) -> Result<Box<dyn Source>, String> {
    if !root.path(path).exists() {
        return Err(format!("no {path}: a kernel without CONFIG_PSI, or not started with psi=1"));
    }
    TextSource::discover(root, path, FILE_BYTES, " (avg10 of some and full)", fill)
}

/// `some avg10=0.12 avg60=0.03 avg300=0.00 total=123`, and the same for `full`: the share with
/// some waiting task, and the share with all tasks waiting.
fn parse(bytes: &[u8], needs_full: bool) -> Result<(u32, u32), ValueError> {
    match parse_lines(bytes, ["some avg10=", "full avg10="], parse_ppm)? {
        [Some(some_ppm), full_ppm] if full_ppm.is_some() || !needs_full => {
            Ok((some_ppm as u32, full_ppm.unwrap_or(0) as u32))
        }
        _ => Err(ValueError::Malformed),
    }
}

/// `12.34 avg60=…`, in percent, as ppm: at most all of it.
fn parse_ppm(text: &[u8]) -> Result<u64, ValueError> {
    let number = text.split(|&byte| byte == b' ').next().unwrap_or_default();
    let share = parse_hundredths(number)?;
    if share > WHOLE { Err(ValueError::TooLarge) } else { Ok(share * PPM_PER_HUNDREDTH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\n\
                       full avg10=0.25 avg60=0.00 avg300=0.00 total=3\n";

    #[test]
    fn shares_are_the_short_averages() {
        let check = |text: &str, needs_full, some_ppm, full_ppm| {
            let shares = Ok((some_ppm, full_ppm));
            assert_eq!(parse(text.as_bytes(), needs_full), shares, "{text:?}");
        };
        check(TWO, true, 15_000, 2_500);
        check("some avg10=100.00 avg60=9.00\n", false, 1_000_000, 0);
        check("full avg10=0.01 avg60=9.00\nsome avg10=0.02 avg60=1.00", true, 200, 100);
    }

    #[test]
    fn what_is_not_pressure_is_refused() {
        let check = |text: &str, expected| {
            assert_eq!(parse(text.as_bytes(), true), Err(expected), "{text:?}");
        };
        check("", ValueError::Malformed);
        check("some avg10=1.00 avg60=0.00", ValueError::Malformed);
        check(&TWO.replace("some ", "any "), ValueError::Malformed);
        check(&TWO.replace("1.50", "1.5"), ValueError::Malformed);
        check(&TWO.replace("1.50", "-1.50"), ValueError::Negative);
        check(&TWO.replace("1.50", "-1"), ValueError::Negative);
        check(&TWO.replace("1.50", "nan"), ValueError::Malformed);
        check(&TWO.replace("1.50", ".50"), ValueError::Empty);
        check(&TWO.replace("1.50", "100.01"), ValueError::TooLarge);
        check(&TWO.replace("1.50", "99999999999999999999.00"), ValueError::TooLarge);
    }
}
