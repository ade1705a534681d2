//! AMD graphics with the amdgpu driver.
//!
//! All files are in the device's own directory and its hwmon.

use std::io;

use super::amdgpu_metrics::Metrics;
use super::driver::{Driver, Reading, answer, mhz, names, number, temperature_mc};
use crate::rate::WHOLE_PPM;
use crate::source::files::Root;
use crate::source::files::hwmon;
use crate::source::files::value::{ValueFile, parse_unsigned};

const PPM_PER_PERCENT: u64 = 10_000;

/// A line for each step of the clock; the kernel prints at most a page.
const STEPS_BYTES: usize = 4096;

struct Amdgpu {
    device: String,
    busy: Option<ValueFile>,
    frequency: Option<ValueFile>,
    /// Read when the card is awake for the first time.
    steps: Option<ValueFile>,
    limit_mhz: Option<u32>,
    temperature: Option<ValueFile>,
    power: Option<ValueFile>,
    memory_used: Option<ValueFile>,
    memory_total: Option<ValueFile>,
    metrics: Option<Metrics>,
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
        metrics: file("gpu_metrics").map(Metrics::new),
        device,
    })
}

impl Driver for Amdgpu {
    fn read(&mut self, _now_ns: u64) -> io::Result<Reading> {
        let busy = number(self.busy.as_ref())?;
        let ppm = |percent: u64| percent.saturating_mul(PPM_PER_PERCENT).min(WHOLE_PPM) as u32;
        if let Some(steps) = self.steps.take() {
            let mut buffer = [0; STEPS_BYTES];
            self.limit_mhz = answer(&steps, steps.bytes(&mut buffer))?.and_then(highest_mhz);
        }
        let memory_used_bytes = number(self.memory_used.as_ref())?;
        Ok(Reading {
            busy_ppm: busy.map(ppm),
            frequency_mhz: number(self.frequency.as_ref())?.and_then(mhz),
            frequency_limit_mhz: self.limit_mhz,
            temperature_mc: temperature_mc(self.temperature.as_ref())?,
            power_uw: number(self.power.as_ref())?,
            memory_bytes: memory_used_bytes.zip(number(self.memory_total.as_ref())?),
            throttle: self.metrics.as_mut().map_or(Ok(None), Metrics::throttle)?,
        })
    }

    fn forget(&mut self) {
        if let Some(metrics) = &mut self.metrics {
            metrics.forget();
        }
    }

    fn origin(&self) -> String {
        let Self { busy, frequency, temperature, power, memory_used, memory_total, .. } = self;
        let mut names = names([busy, frequency, temperature, power, memory_used, memory_total]);
        let metrics = self.metrics.as_ref().map(Metrics::origin);
        names.extend(metrics.as_deref());
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

#[cfg(test)]
mod tests {
    use super::*;

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
