//! Figures of the machine as a whole, in dim lines.

use std::fmt::{self, Display};

use rstat_shm::fields;
use rstat_shm::snapshot::{source, valid};

use super::page::Page;
use crate::figures::quantity::{Elapsed, Milli, Power, percent};
use crate::text::columns::written;
use crate::text::markup::Style;

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
        self.column = 0;
        if sample.has(valid::LOAD) {
            let load = [sample.load_1m_milli, sample.load_5m_milli, sample.load_15m_milli];
            let [one, five, fifteen] = load.map(|milli| Milli(milli.into()));
            self.item(format_args!("load {one} {five} {fifteen}"))?;
        }
        let plural = if sample.cpu_count == 1 { "" } else { "s" };
        self.item(format_args!("{} CPU{plural}", sample.cpu_count))?;
        if let Some(profile) = self.name("platform_profile") {
            self.item(profile)?;
        }
        if sample.has(valid::SAMPLE_COST) {
            self.item(format_args!("sampled in {}", Elapsed(sample.sample_ns)))?;
        }
        // The probe is usual; its absence explains coarser figures.
        if sample.source == source::PROC {
            self.item("from /proc")?;
        }
        Ok(())
    }

    /// Battery and fans, on their own line if there are any.
    fn supply(&mut self) -> fmt::Result {
        let sample = self.sample;
        let fans_rpm = sample.known_fans_rpm();
        if !sample.has(valid::BATTERY) && fans_rpm.is_empty() {
            return Ok(());
        }
        self.out.push('\n');
        self.column = 0;
        if sample.has(valid::BATTERY) {
            let status = self.name("battery_status");
            // A full battery has no power.
            let flows = sample.has(valid::BATTERY_POWER) && sample.battery_power_uw > 0;
            let power = flows.then_some(Power(sample.battery_power_uw));
            let charge = percent(sample.battery_charge_ppm);
            self.item(format_args!("battery {charge} %{}{}", Also(status), Also(power)))?;
        }
        match fans_rpm {
            [] => Ok(()),
            fans if fans.iter().all(|&rpm| rpm == 0) => self.item("fan off"),
            [first, others @ ..] => {
                let others = written(|f| others.iter().try_for_each(|rpm| write!(f, ", {rpm}")));
                self.item(format_args!("fan {first}{others} /min"))
            }
        }
    }

    fn item(&mut self, text: impl Display) -> fmt::Result {
        let separator = if self.column == 0 { "" } else { " · " };
        self.add(separator, 0, text)
    }

    fn name(&self, field: &str) -> Option<&'static str> {
        fields::find(field)?.value_name(self.sample)
    }
}

/// `, full`, if there is something.
struct Also<T>(Option<T>);

impl<T: Display> Display for Also<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |text| write!(f, ", {text}"))
    }
}
