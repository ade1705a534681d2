//! The CPU's section.

use std::fmt;

use rstat_shm::snapshot::{TOP_EACH, valid};

use super::page::{ALL_PPM, Page};
use crate::figures::consumer::number;
use crate::figures::quantity::{Frequency, Power, Share, degrees, percent};
use crate::text::markup::{Part, Style};

/// The colour of the CPU.
pub const ACCENT: Style = Style::Colour(Part::Cpu);
/// A row is left out when it is below both shares: of all CPUs, and of one CPU.
const ROW_PPM: u64 = 5_000;
const ROW_PPM_OF_ONE: u64 = 50_000;

impl Page<'_> {
    /// Load, temperature, frequency, power, each CPU, and the busiest rows.
    pub fn cpu(&mut self) -> fmt::Result {
        let sample = self.sample;
        if !sample.has(valid::CPU) {
            return Ok(());
        }
        let curve = self.curve(|point| point.has(valid::CPU).then_some(point.cpu_busy_ppm.into()));
        self.head("CPU", format_args!("{} %", percent(sample.cpu_busy_ppm)))?;
        self.draw(ACCENT, &curve, ALL_PPM)?;
        self.detail_if(
            sample.has(valid::CPU_TEMPERATURE),
            format_args!("{} °C", degrees(sample.cpu_temperature_mc)),
        )?;
        self.detail_if(
            sample.has(valid::CPU_FREQUENCY),
            Frequency(sample.cpu_frequency_khz.into()),
        )?;
        self.detail_if(sample.has(valid::CPU_POWER), Power(sample.cpu_power_uw))?;
        self.cores()?;
        if !sample.has(valid::PROCESS_CPU) {
            return Ok(());
        }
        self.list(["top_cpu_applications", "top_cpu"], TOP_EACH, |row| {
            let ppm = number(row, "cpu_ppm");
            let share = ppm / u64::from(sample.cpu_count.max(1));
            (share >= ROW_PPM || ppm >= ROW_PPM_OF_ONE).then_some(Share(share))
        })
    }
}
