//! Pressure: the share of time in which tasks waited for a CPU, memory or I/O.
//!
//! From `/proc/pressure`, which is absent when the kernel was built or started
//! without it (`CONFIG_PSI`, `psi=1`). Of the kernel's averages the shortest is
//! taken, over 10 s; it is made anew every 2 s (`PSI_FREQ` in `psi.c`). Each file
//! is a source of its own: a kernel may refuse one of them.

use std::io;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use crate::source::entry::{Draft, Entry, Source, no_devices, tried};
use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};

/// Two lines of at most some 90 bytes.
const FILE_BYTES: usize = 256;

/// `100.00`, in hundredths of a percent.
const WHOLE: u64 = 10_000;
const PPM_PER_HUNDREDTH: u64 = 100;

/// Tasks that wait for a CPU. The line `full` is there since 5.13 and always 0:
/// for the whole machine it has no meaning.
pub const CPU: Entry = Entry {
    name: "pressure_cpu",
    groups: valid::PRESSURE_CPU,
    period_ms: PERIOD_MS,
    discover: |root| {
        let fields: Fields =
            |sample| (&mut sample.pressure_cpu_some_ppm, &mut sample.pressure_cpu_full_ppm);
        discover(root, "/proc/pressure/cpu", valid::PRESSURE_CPU, fields)
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
        let fields: Fields =
            |sample| (&mut sample.pressure_memory_some_ppm, &mut sample.pressure_memory_full_ppm);
        discover(root, "/proc/pressure/memory", valid::PRESSURE_MEMORY, fields)
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
        let fields: Fields =
            |sample| (&mut sample.pressure_io_some_ppm, &mut sample.pressure_io_full_ppm);
        discover(root, "/proc/pressure/io", valid::PRESSURE_IO, fields)
    },
    devices: no_devices,
    files: &[("proc/pressure", &["io"])],
    check: "some {pressure_io_some_ppm}, full {pressure_io_full_ppm}",
};

/// The kernel makes the averages anew as often.
const PERIOD_MS: u64 = 2000;

/// The share with some waiting task, and the share with all tasks waiting.
type Fields = fn(&mut Snapshot) -> (&mut u32, &mut u32);

struct PressureFile {
    file: ValueFile,
    group: u64,
    fields: Fields,
}

fn discover(
    root: &Root,
    path: &str,
    group: u64,
    fields: Fields,
) -> Result<Box<dyn Source>, String> {
    let file = root.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            format!("no {path}: a kernel without CONFIG_PSI, or not started with psi=1")
        }
        _ => error.to_string(),
    })?;
    tried(PressureFile { file, group, fields })
}

impl Source for PressureFile {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let mut buffer = [0; FILE_BYTES];
        let needs_full = self.group != valid::PRESSURE_CPU;
        let pressure = self.file.bytes(&mut buffer).and_then(|bytes| parse(bytes, needs_full));
        let Some(Pressure { some_ppm, full_ppm }) = self.file.known(pressure)? else {
            return Ok(0);
        };
        let (some, full) = (self.fields)(&mut draft.sample);
        (*some, *full) = (some_ppm, full_ppm);
        Ok(self.group)
    }

    fn origin(&self) -> String {
        format!("{} (avg10 of some and full)", self.file.path())
    }
}

/// What a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pressure {
    some_ppm: u32,
    full_ppm: u32,
}

/// `some avg10=0.12 avg60=0.03 avg300=0.00 total=123`, and the same for `full`.
fn parse(bytes: &[u8], needs_full: bool) -> Result<Pressure, ValueError> {
    let (mut some, mut full) = (None, None);
    for line in bytes.split(|&byte| byte == b'\n') {
        if let Some(rest) = line.strip_prefix(b"some avg10=") {
            some = Some(parse_share(rest)?);
        } else if let Some(rest) = line.strip_prefix(b"full avg10=") {
            full = Some(parse_share(rest)?);
        }
    }
    let some_ppm = some.ok_or(ValueError::Malformed)?;
    match full {
        None if needs_full => Err(ValueError::Malformed),
        full => Ok(Pressure { some_ppm, full_ppm: full.unwrap_or(0) }),
    }
}

/// `12.34 avg60=…`, in percent, as ppm: the kernel always prints two decimals.
fn parse_share(text: &[u8]) -> Result<u32, ValueError> {
    let number = text.split(|&byte| byte == b' ').next().unwrap_or_default();
    let (whole, hundredths) = match number {
        [whole @ .., b'.', tens, ones] => (whole, [*tens, *ones]),
        [b'-', ..] => return Err(ValueError::Negative),
        _ => return Err(ValueError::Malformed),
    };
    let whole = parse_unsigned(whole)?.checked_mul(100).ok_or(ValueError::TooLarge)?;
    let share = whole.saturating_add(parse_unsigned(&hundredths)?);
    if share > WHOLE { Err(ValueError::TooLarge) } else { Ok((share * PPM_PER_HUNDREDTH) as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\n\
                       full avg10=0.25 avg60=0.00 avg300=0.00 total=3\n";

    #[test]
    fn shares_are_the_short_averages() {
        let check = |text: &str, needs_full, some_ppm, full_ppm| {
            let pressure = Pressure { some_ppm, full_ppm };
            assert_eq!(parse(text.as_bytes(), needs_full), Ok(pressure), "{text:?}");
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
