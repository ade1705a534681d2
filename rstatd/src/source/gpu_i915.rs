//! Intel graphics with the i915 driver.
//!
//! A GPU is idle while it is in its sleep state RC6, whose residency the driver
//! counts, and has one or more units ("gt") that sleep on their own. Published is
//! the busiest of them and the highest frequency. The files are in `gt/gt*/`; older
//! kernels have them in the card's own directory, for the one unit they know.

use std::io;

use super::Root;
use super::gpu::Driver;
use super::value::ValueFile;
use crate::reading::{GpuReading, GpuWork};

/// `rc6_residency_ms` is 32 bits wide in the driver and wraps after 49.7 days.
const RESIDENCY_MAX_MS: u64 = u32::MAX as u64;

struct I915 {
    units: Vec<Unit>,
    directory: String,
    /// Sum of the time in which no unit worked, as wide as each unit's counter.
    idle_ms: Option<u32>,
    /// Fixed by the hardware; read when the card is awake for the first time.
    limit_mhz: Option<u32>,
}

struct Unit {
    /// 0 when RC6 is turned off: the counter then stands still, which is not work.
    enabled: Option<ValueFile>,
    residency: Option<ValueFile>,
    residency_ms: Option<u32>,
    frequency: Option<ValueFile>,
    limit: Option<ValueFile>,
}

/// Opens the files of a card and reads nothing, as it may be asleep.
pub fn open(root: &Root, card: &str) -> Box<dyn Driver> {
    let mut units = Vec::new();
    for name in root.list(&format!("{card}/gt")).unwrap_or_default() {
        let file = |file: &str| root.open(&format!("{card}/gt/{name}/{file}")).ok();
        units.push(Unit {
            enabled: file("rc6_enable"),
            residency: file("rc6_residency_ms"),
            residency_ms: None,
            frequency: file("rps_act_freq_mhz"),
            limit: file("rps_RP0_freq_mhz"),
        });
    }
    let directory = if units.is_empty() {
        let file = |file: &str| root.open(&format!("{card}/{file}")).ok();
        units.push(Unit {
            enabled: file("power/rc6_enable"),
            residency: file("power/rc6_residency_ms"),
            residency_ms: None,
            frequency: file("gt_act_freq_mhz"),
            limit: file("gt_RP0_freq_mhz"),
        });
        card.to_owned()
    } else {
        format!("{card}/gt/gt*")
    };
    Box::new(I915 { units, directory, idle_ms: None, limit_mhz: None })
}

impl Driver for I915 {
    fn read(&mut self, gpu: &mut GpuReading) -> io::Result<()> {
        let mut slept_least = None;
        for unit in &mut self.units {
            if let Some(slept_ms) = unit.slept_ms()? {
                slept_least = Some(slept_least.map_or(slept_ms, |least: u32| least.min(slept_ms)));
            }
            gpu.frequency_mhz = gpu.frequency_mhz.max(number(unit.frequency.as_ref())?);
            if self.limit_mhz.is_none() {
                gpu.frequency_limit_mhz = gpu.frequency_limit_mhz.max(number(unit.limit.as_ref())?);
            }
        }
        self.limit_mhz = self.limit_mhz.or(gpu.frequency_limit_mhz);
        gpu.frequency_limit_mhz = self.limit_mhz;
        self.idle_ms = slept_least.map(|ms| self.idle_ms.unwrap_or(0).wrapping_add(ms));
        gpu.work = self.idle_ms.map(|idle_ms| GpuWork::IdleMs {
            idle_ms: u64::from(idle_ms),
            wraps_at_ms: RESIDENCY_MAX_MS,
        });
        Ok(())
    }

    fn origin(&self) -> String {
        let unit = &self.units[0];
        let files = [&unit.residency, &unit.frequency, &unit.limit].into_iter().flatten();
        let names: Vec<&str> = files.filter_map(|file| file.path().rsplit('/').next()).collect();
        format!("{}: {}", self.directory, names.join(", "))
    }
}

impl Unit {
    /// How long the unit slept since the reading before; of the first reading, what
    /// the counter says. Differences are taken here, as the least of several units
    /// has no counter of its own.
    fn slept_ms(&mut self) -> io::Result<Option<u32>> {
        // Asked once, when the card is awake for the first time.
        if number(self.enabled.take().as_ref())? == Some(0) {
            self.residency = None;
        }
        let Some(now_ms) = number(self.residency.as_ref())? else { return Ok(None) };
        let before_ms = self.residency_ms.replace(now_ms);
        Ok(Some(now_ms.wrapping_sub(before_ms.unwrap_or(0))))
    }
}

/// The number in a file, if there is the file.
fn number(file: Option<&ValueFile>) -> io::Result<Option<u32>> {
    let Some(file) = file else { return Ok(None) };
    file.known(file.unsigned32())
}
