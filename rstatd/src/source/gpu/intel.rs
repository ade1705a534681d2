//! The common parts of the two drivers for Intel graphics.
//!
//! A GPU has one or more units ("gt") that sleep on their own; the driver counts the time
//! of each in its sleep state. A card's row has the share of the busiest unit, the highest
//! frequency, and every reason that holds a unit back.

use std::io;

use rstat_shm::snapshot::throttle;

use super::driver::{Driver, Reading, names, number, number32, temperature_mc};
use crate::rate::{per_second, share_ppm};
use crate::source::files::counter::{Clock, Counter};
use crate::source::files::value::ValueFile;
use crate::source::files::{Root, hwmon};

const MS: u64 = 1_000_000;

/// A card of one of the two drivers.
pub struct Intel {
    /// For messages: where the units are.
    pub directory: String,
    /// Its units.
    pub units: Vec<Unit>,
    /// The highest residency, after which it starts again at 0.
    pub residency_highest_ms: u64,
    /// Fixed by the hardware; read when the card is awake for the first time.
    limit_mhz: Option<u32>,
    temperature: Option<ValueFile>,
    energy: Option<ValueFile>,
    energy_uj: Counter,
    clock: Clock,
}

/// A unit and those of its files that exist.
#[derive(Default)]
pub struct Unit {
    /// 0 when sleep is turned off: then the residency stands still, although the unit may idle.
    pub enabled: Option<ValueFile>,
    /// The residency: time asleep, ms.
    pub residency: Option<ValueFile>,
    /// Frequency now; 0 while asleep.
    pub frequency: Option<ValueFile>,
    /// The highest frequency of the hardware.
    pub limit: Option<ValueFile>,
    /// The reasons for throttling.
    pub throttle: Throttle,
    /// The last reading of the residency.
    pub residency_ms: Counter,
}

/// Whether a unit is throttled, and why.
#[derive(Default)]
pub struct Throttle {
    status: Option<ValueFile>,
    reasons: Vec<(ValueFile, u32)>,
}

/// Reasons by the names that both drivers' files end in, see `xe_gt_throttle.c`. RATL
/// is the running average temperature limit, PL1, 2 and 4 are power limits.
const REASONS: [(&str, u32); 18] = [
    ("pl1", throttle::POWER),
    ("pl2", throttle::POWER),
    ("pl4", throttle::POWER),
    ("psys_pl1", throttle::POWER),
    ("psys_pl2", throttle::POWER),
    ("psys_crit", throttle::POWER),
    ("thermal", throttle::THERMAL),
    ("soc_thermal", throttle::THERMAL),
    ("soc_avg_thermal", throttle::THERMAL),
    ("mem_thermal", throttle::THERMAL),
    ("ratl", throttle::THERMAL),
    ("prochot", throttle::EXTERNAL),
    ("vr_thermalert", throttle::CURRENT),
    ("vr_thermal", throttle::CURRENT),
    ("vr_tdc", throttle::CURRENT),
    ("iccmax", throttle::CURRENT),
    ("fastvmode", throttle::CURRENT),
    ("p0_freq", throttle::OTHER),
];

impl Intel {
    /// Opens the files that the card has besides its units. Reads nothing, as the card may be
    /// asleep.
    pub fn new(root: &Root, card: &str, temperature: &[&str]) -> Self {
        let device = format!("{card}/device");
        Self {
            directory: card.to_owned(),
            units: Vec::new(),
            residency_highest_ms: u64::MAX,
            limit_mhz: None,
            temperature: hwmon::open_of_device(root, &device, temperature),
            // The power of the card or, where that is not measured, of the chip.
            energy: hwmon::open_of_device(root, &device, &["energy1_input", "energy2_input"]),
            energy_uj: Counter::default(),
            clock: Clock::default(),
        }
    }
}

impl Driver for Intel {
    fn read(&mut self, now_ns: u64) -> io::Result<Reading> {
        let elapsed_ns = self.clock.advance(now_ns);
        let mut idle_ms: Option<u64> = None;
        let (mut frequency_mhz, mut limit_mhz, mut reasons) = (None, self.limit_mhz, None);
        for unit in &mut self.units {
            if let Some(slept_ms) = unit.slept_ms(self.residency_highest_ms)? {
                idle_ms = Some(idle_ms.map_or(slept_ms, |least| least.min(slept_ms)));
            }
            frequency_mhz = frequency_mhz.max(number32(unit.frequency.as_ref())?);
            if self.limit_mhz.is_none() {
                limit_mhz = limit_mhz.max(number32(unit.limit.as_ref())?);
            }
            if let Some(its_own) = unit.throttle.read()? {
                reasons = Some(reasons.unwrap_or(0) | its_own);
            }
        }
        self.limit_mhz = limit_mhz;
        let busy_ppm = idle_ms.zip(elapsed_ns).map(|(idle_ms, elapsed_ns)| {
            share_ppm(elapsed_ns.saturating_sub(idle_ms.saturating_mul(MS)), elapsed_ns)
        });
        let energy_uj = self.energy_uj.advance(number(self.energy.as_ref())?);
        Ok(Reading {
            busy_ppm,
            frequency_mhz,
            frequency_limit_mhz: limit_mhz,
            temperature_mc: temperature_mc(self.temperature.as_ref())?,
            power_uw: energy_uj.zip(elapsed_ns).map(|(uj, ns)| per_second(uj, ns)),
            throttle: reasons,
            ..Reading::default()
        })
    }

    fn forget(&mut self) {
        self.clock = Clock::default();
    }

    fn origin(&self) -> String {
        let unit = &self.units[0];
        let throttle = &unit.throttle.status;
        let of_unit = [&unit.residency, &unit.frequency, &unit.limit, throttle];
        let files = of_unit.into_iter().chain([&self.temperature, &self.energy]);
        format!("{}: {}", self.directory, names(files).join(", "))
    }
}

impl Unit {
    /// How long the unit slept since the reading before. Each unit has its own difference: the
    /// least sleep of several units has no counter.
    fn slept_ms(&mut self, highest_ms: u64) -> io::Result<Option<u64>> {
        // Read once, when the card is awake for the first time.
        if number(self.enabled.take().as_ref())? == Some(0) {
            self.residency = None;
        }
        let now_ms = number(self.residency.as_ref())?;
        Ok(self.residency_ms.advance_wrapping(now_ms, highest_ms))
    }
}

impl Throttle {
    /// Opens the file `status` and the files with names that begin with `prefix`.
    pub fn open(root: &Root, status: &str, prefix: &str) -> Self {
        let open = |(name, bit)| Some((root.open(&format!("{prefix}{name}")).ok()?, bit));
        Self {
            status: root.open(status).ok(),
            reasons: REASONS.into_iter().filter_map(open).collect(),
        }
    }

    /// The reasons. Their files are read only while the status says that there is one.
    fn read(&self) -> io::Result<Option<u32>> {
        let Some(status) = number(self.status.as_ref())? else { return Ok(None) };
        if status == 0 {
            return Ok(Some(0));
        }
        let mut reasons = 0;
        for (file, bit) in &self.reasons {
            if number(Some(file))?.is_some_and(|set| set != 0) {
                reasons |= bit;
            }
        }
        Ok(Some(if reasons == 0 { throttle::OTHER } else { reasons }))
    }
}
