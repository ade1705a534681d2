//! AMD graphics with the amdgpu driver.
//!
//! All is in the device's own directory and its hwmon. Why a card is held back is
//! in `gpu_metrics`, a binary table with several layouts: the header says which.

use std::io;

use rstat_shm::snapshot::throttle;

use super::Root;
use super::gpu::{Driver, answer, number, temperature_mc};
use super::hwmon;
use super::value::{ValueError, ValueFile, parse_unsigned};
use crate::reading::{GpuPower, GpuReading, GpuWork};

const HZ_PER_MHZ: u64 = 1_000_000;
const PPM_PER_PERCENT: u64 = 10_000;

/// A line for each step of the clock; the kernel prints at most a page.
const STEPS_BYTES: usize = 4096;
/// The largest table is below 2 KiB; what we want is in its first 128 bytes.
const METRICS_BYTES: usize = 128;

struct Amdgpu {
    device: String,
    busy: Option<ValueFile>,
    frequency: Option<ValueFile>,
    /// Taken when the card is awake for the first time.
    steps: Option<ValueFile>,
    limit_mhz: Option<u32>,
    temperature: Option<ValueFile>,
    power: Option<ValueFile>,
    memory_used: Option<ValueFile>,
    memory_total: Option<ValueFile>,
    metrics: Option<ValueFile>,
}

/// Opens the files of a card and reads nothing, as it may be asleep.
pub fn open(root: &Root, card: &str) -> Box<dyn Driver> {
    let device = format!("{card}/device");
    let file = |name: &str| root.open(&format!("{device}/{name}")).ok();
    let sensor = |names: &[&str]| hwmon::open_of_device(root, &device, names);
    Box::new(Amdgpu {
        busy: file("gpu_busy_percent"),
        frequency: sensor(&["freq1_input"]),
        steps: file("pp_dpm_sclk"),
        limit_mhz: None,
        temperature: sensor(&["temp1_input"]),
        power: sensor(&["power1_average", "power1_input"]),
        memory_used: file("mem_info_vram_used"),
        memory_total: file("mem_info_vram_total"),
        metrics: file("gpu_metrics"),
        device,
    })
}

impl Driver for Amdgpu {
    fn read(&mut self, _now_ns: u64, gpu: &mut GpuReading) -> io::Result<()> {
        let busy = number(self.busy.as_ref())?;
        gpu.work = busy.map(|percent| {
            GpuWork::BusyPpm(percent.saturating_mul(PPM_PER_PERCENT).min(1_000_000) as u32)
        });
        let frequency = number(self.frequency.as_ref())?;
        gpu.frequency_mhz = frequency.and_then(|hz| u32::try_from(hz / HZ_PER_MHZ).ok());
        if let Some(steps) = self.steps.take() {
            let mut buffer = [0; STEPS_BYTES];
            self.limit_mhz = answer(&steps, steps.bytes(&mut buffer))?.and_then(highest_mhz);
        }
        gpu.frequency_limit_mhz = self.limit_mhz;
        gpu.temperature_mc = temperature_mc(self.temperature.as_ref())?;
        gpu.power = number(self.power.as_ref())?.map(GpuPower::Uw);
        gpu.memory_bytes =
            number(self.memory_used.as_ref())?.zip(number(self.memory_total.as_ref())?);
        if let Some(file) = &self.metrics {
            let mut buffer = [0; METRICS_BYTES];
            let table = file.bytes(&mut buffer);
            gpu.throttle = answer(file, table.and_then(throttle_reasons))?;
        }
        Ok(())
    }

    fn origin(&self) -> String {
        let sensors = [&self.frequency, &self.temperature, &self.power];
        let memory = [&self.memory_used, &self.memory_total, &self.metrics];
        let files = [&self.busy].into_iter().chain(sensors).chain(memory).flatten();
        let names: Vec<&str> = files.filter_map(|file| file.path().rsplit('/').next()).collect();
        format!("{}: {}", self.device, names.join(", "))
    }
}

/// `0: 500Mhz\n1: 2250Mhz *`: the highest.
fn highest_mhz(steps: &[u8]) -> Option<u32> {
    let words = steps.split(u8::is_ascii_whitespace);
    let clocks = words.filter_map(|word| {
        let digits = word.get(..word.len().checked_sub(3)?)?;
        let unit = &word[digits.len()..];
        unit.eq_ignore_ascii_case(b"mhz").then(|| parse_unsigned(digits).ok())?
    });
    clocks.max().and_then(|mhz| u32::try_from(mhz).ok())
}

/// Where the reasons are in a layout, see `kgd_pp_interface.h`.
enum Reasons {
    /// 64 bits that mean the same on every chip.
    Independent(usize),
    /// 32 bits that each chip has in its own order.
    OfChip(usize),
}

/// The table begins with its size (16 bits), format and content revision (8 each).
fn throttle_reasons(table: &[u8]) -> Result<u32, ValueError> {
    let &[_, _, format, content, ..] = table else { return Err(ValueError::Malformed) };
    let at = match (format, content) {
        (1, 0..=2) => Reasons::OfChip(68),
        (1, 3) => Reasons::Independent(112),
        (2, 0) => Reasons::OfChip(112),
        (2, 1) => Reasons::OfChip(108),
        (2, 2..=4) => Reasons::Independent(120),
        _ => return Err(ValueError::Malformed),
    };
    // A field that a chip does not fill in has all its bits set.
    match at {
        Reasons::Independent(at) => {
            let bytes = table.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            match u64::from_ne_bytes(bytes.ok_or(ValueError::Malformed)?) {
                u64::MAX => Err(ValueError::Malformed),
                bits => Ok(independent_reasons(bits)),
            }
        }
        Reasons::OfChip(at) => {
            let bytes = table.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            match u32::from_ne_bytes(bytes.ok_or(ValueError::Malformed)?) {
                u32::MAX => Err(ValueError::Malformed),
                0 => Ok(0),
                _ => Ok(throttle::OTHER),
            }
        }
    }
}

/// `SMU_THROTTLER_*_BIT` of the driver's `amdgpu_smu.h`: 16 bits for each kind.
fn independent_reasons(bits: u64) -> u32 {
    const KINDS: [(std::ops::RangeInclusive<u32>, u32); 7] = [
        (0..=15, throttle::POWER),
        (16..=31, throttle::CURRENT),
        (32..=37, throttle::THERMAL),
        // The voltage regulators; then the cooling liquid.
        (38..=41, throttle::CURRENT),
        (42..=43, throttle::THERMAL),
        (44..=45, throttle::CURRENT),
        (46..=47, throttle::EXTERNAL),
    ];
    let kind = |bit: u32| {
        let known = KINDS.iter().find(|(range, _)| range.contains(&bit));
        known.map_or(throttle::OTHER, |(_, kind)| *kind)
    };
    (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1).map(kind).fold(0, |all, one| all | one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(format: u8, content: u8, at: usize, bits: &[u8]) -> Vec<u8> {
        let mut table = vec![0; METRICS_BYTES];
        table[..4].copy_from_slice(&[120, 0, format, content]);
        table[at..at + bits.len()].copy_from_slice(bits);
        table
    }

    #[test]
    fn reasons_are_found_in_each_layout() {
        let check = |format, content, at, bit: u32, expected| {
            let wide = table(format, content, at, &(1_u64 << bit).to_ne_bytes());
            assert_eq!(throttle_reasons(&wide), Ok(expected), "{format}.{content} bit {bit}");
            let none = table(format, content, at, &[]);
            assert_eq!(throttle_reasons(&none), Ok(0), "{format}.{content}");
        };
        check(1, 3, 112, 0, throttle::POWER);
        check(1, 3, 112, 17, throttle::CURRENT);
        check(1, 3, 112, 36, throttle::THERMAL);
        check(2, 2, 120, 38, throttle::CURRENT);
        check(2, 3, 120, 46, throttle::EXTERNAL);
        check(2, 4, 120, 57, throttle::OTHER);
        check(1, 1, 68, 3, throttle::OTHER);
        check(2, 0, 112, 3, throttle::OTHER);
        check(2, 1, 108, 3, throttle::OTHER);
        assert_eq!(independent_reasons(1 | 1 << 33), throttle::POWER | throttle::THERMAL);
    }

    #[test]
    fn a_table_of_another_layout_is_refused() {
        let check = |table: &[u8]| {
            assert_eq!(throttle_reasons(table), Err(ValueError::Malformed), "{table:?}");
        };
        check(b"");
        check(&[4, 0, 1]);
        check(&table(3, 0, 112, &[]));
        check(&table(1, 3, 112, &[])[..119]);
        check(&table(1, 3, 112, &[0xff; 8]));
        check(&table(2, 0, 112, &[0xff; 4]));
    }

    #[test]
    fn the_limit_is_the_highest_step() {
        let check = |steps: &str, expected| assert_eq!(highest_mhz(steps.as_bytes()), expected);
        check("0: 500Mhz\n1: 2250Mhz *\n", Some(2250));
        check("0: 200Mhz *\n1: 800Mhz\n2: 2700MHz\n", Some(2700));
        check("S: 19Mhz\n", Some(19));
        check("", None);
        check("none\n", None);
        check("1: 99999999999Mhz\n", None);
    }
}
