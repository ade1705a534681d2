//! What concerns the machine as a whole, in dim lines.

use std::fmt::{self, Write};

use rstat_shm::fields;
use rstat_shm::snapshot::{Source, valid};

use super::page::Page;
use crate::emit::markup::Style;
use crate::emit::quantity::{Milli, Power, Span, percent};

impl Page<'_> {
    /// Writes the foot.
    pub fn foot(&mut self) -> fmt::Result {
        self.paragraph();
        self.look.ink.open(self.out, Style::Dim)?;
        self.machine()?;
        self.supply()?;
        self.look.ink.close(self.out, Style::Dim)
    }

    fn machine(&mut self) -> fmt::Result {
        let sample = self.sample;
        if sample.has(valid::LOAD) {
            let load = [sample.load_1m_milli, sample.load_5m_milli, sample.load_15m_milli];
            let [one, five, fifteen] = load.map(|milli| Milli(milli.into()));
            write!(self.out, "load {one} {five} {fifteen} · ")?;
        }
        let plural = if sample.cpu_count == 1 { "" } else { "s" };
        write!(self.out, "{} CPU{plural}", sample.cpu_count)?;
        if let Some(profile) = self.name("platform_profile") {
            write!(self.out, " · {profile}")?;
        }
        if sample.has(valid::SAMPLE_COST) {
            write!(self.out, " · sampled in {}", Span(sample.sample_ns))?;
        }
        // The probe is what people expect; its absence explains coarser figures.
        if Source::from_number(sample.source) == Some(Source::Proc) {
            self.out.push_str(" · from /proc");
        }
        Ok(())
    }

    /// Battery and fans, on a line of their own where there are any.
    fn supply(&mut self) -> fmt::Result {
        let sample = self.sample;
        let mut separator = "\n";
        if sample.has(valid::BATTERY) {
            write!(self.out, "{separator}battery {} %", percent(sample.battery_charge_ppm))?;
            separator = " · ";
            if let Some(status) = self.name("battery_status") {
                write!(self.out, ", {status}")?;
            }
            // Nothing flows into or out of a full one.
            if sample.has(valid::BATTERY_POWER) && sample.battery_power_uw > 0 {
                write!(self.out, ", {}", Power(sample.battery_power_uw))?;
            }
        }
        self.fans(separator)
    }

    fn fans(&mut self, separator: &str) -> fmt::Result {
        let fans_rpm = self.sample.known_fans_rpm();
        let Some((first, others)) = fans_rpm.split_first() else {
            return Ok(());
        };
        if fans_rpm.iter().all(|&rpm| rpm == 0) {
            return write!(self.out, "{separator}fan off");
        }
        write!(self.out, "{separator}fan {first}")?;
        others.iter().try_for_each(|rpm| write!(self.out, ", {rpm}"))?;
        self.out.write_str(" /min")
    }

    fn name(&self, field: &str) -> Option<&'static str> {
        fields::find(field)?.value_name(self.sample)
    }
}
