//! The CPU's section.

use std::fmt::{self, Write};

use rstat_shm::snapshot::{TOP_EACH, valid};

use super::ALL_PPM;
use super::page::{LABEL, Page, WIDTH};
use crate::emit::markup::Style;
use crate::emit::quantity::{Frequency, Power, Share, degrees, percent};
use crate::emit::sparkline::block;

const ACCENT: Style = Style::Accent("#5b8def");
/// What is below both is not worth a row: of all CPUs, of one CPU.
const ROW_PPM: u64 = 5_000;
const ROW_PPM_OF_ONE: u32 = 50_000;

impl Page<'_> {
    /// Load, temperature, frequency, power, each CPU, and who is busy.
    pub fn cpu(&mut self) -> fmt::Result {
        let sample = self.sample;
        if !sample.has(valid::CPU) {
            return Ok(());
        }
        let curve = self
            .curve(|point| (point.valid & valid::CPU != 0).then_some(point.cpu_busy_ppm.into()));
        self.head("CPU", format_args!("{} %", percent(sample.cpu_busy_ppm)))?;
        self.draw(ACCENT, &curve, ALL_PPM)?;
        if sample.has(valid::CPU_TEMPERATURE) {
            self.detail(format_args!("{} °C", degrees(sample.cpu_temperature_mc)))?;
        }
        if sample.has(valid::CPU_FREQUENCY) {
            self.detail(Frequency(sample.cpu_frequency_khz.into()))?;
        }
        if sample.has(valid::CPU_POWER) {
            self.detail(Power(sample.cpu_power_uw))?;
        }
        self.cores()?;
        if !sample.has(valid::PROCESS_CPU) {
            return Ok(());
        }
        self.list(&sample.top_cpu_applications, &sample.top_cpu, TOP_EACH, |row| {
            let share = u64::from(row.cpu_ppm) / u64::from(sample.cpu_count.max(1));
            (share >= ROW_PPM || row.cpu_ppm >= ROW_PPM_OF_ONE).then_some(Share(share))
        })
    }

    /// One block for each CPU, where that fits.
    fn cores(&mut self) -> fmt::Result {
        let sample = self.sample;
        let shares = || (0..sample.cores.len()).filter_map(|cpu| sample.core_busy_ppm(cpu));
        // Their line ends at the latest where the curves do.
        if !(2..=WIDTH).contains(&shares().count()) {
            return Ok(());
        }
        write!(self.out, "\n{:LABEL$}", "")?;
        ACCENT.open(self.out)?;
        for share in shares() {
            self.out.push(block(share.into(), ALL_PPM));
        }
        ACCENT.close(self.out)
    }
}
