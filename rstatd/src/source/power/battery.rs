//! Charge, state and power of the machine's batteries.
//!
//! Batteries of mice and headsets have the scope `Device` and do not count. Several batteries count
//! as one: their contents are added up, and the machine discharges when one of them does. Drivers
//! have energy or charge or only a percentage, and power or its factors, current and voltage. Some
//! drivers show the direction as a sign.

use std::io;

use rstat_shm::fields::BATTERY_STATUSES;
use rstat_shm::snapshot::valid;

use crate::rate::share_ppm;
use crate::source::entry::{Draft, Entry, Source, put, tried};
use crate::source::files::Root;
use crate::source::files::counter::sum;
use crate::source::files::value::{VALUE_BYTES, ValueFile};

/// All batteries of the machine as one.
pub const ENTRY: Entry = Entry {
    name: "battery",
    groups: valid::BATTERY | valid::BATTERY_POWER,
    period_ms: 2000,
    discover,
    devices,
    files: &[(
        "sys/class/power_supply/*",
        &[
            "type",
            "scope",
            "present",
            "status",
            "capacity",
            "energy_now",
            "energy_full",
            "charge_now",
            "charge_full",
            "power_now",
            "current_now",
            "voltage_now",
        ],
    )],
    check: "{battery_charge_ppm}[, {battery_status}][, {battery_power_uw}]",
};

const CLASS: &str = "/sys/class/power_supply";

/// Statuses as the kernel spells them, in the order of [`BATTERY_STATUSES`].
const STATUSES: [&[u8]; BATTERY_STATUSES.len()] =
    [b"Charging", b"Discharging", b"Not charging", b"Full"];
/// The status among those of several batteries that says most about the machine.
const STATUS_ORDER: [u32; 4] = [2, 1, 3, 4];

/// A percentage, as parts of a whole.
const PERCENT: u64 = 100;

struct Batteries {
    batteries: Vec<One>,
}

struct One {
    directory: String,
    charge: Charge,
    status: Option<ValueFile>,
    power: Option<Power>,
}

enum Charge {
    /// Energy or electric charge, now and when full: microwatt-hours or -ampere-hours.
    Amount(ValueFile, ValueFile),
    Percent(ValueFile),
}

enum Power {
    Microwatts(ValueFile),
    /// Microamperes and microvolts.
    Product(ValueFile, ValueFile),
}

/// All power supplies, and whether they are present: some stand for an empty compartment.
fn devices(root: &Root) -> String {
    let mut names = root.list(CLASS).unwrap_or_default();
    for name in &mut names {
        if root.text(&format!("{CLASS}/{name}/present")).is_ok_and(|present| present == "0") {
            name.push_str(" is empty");
        }
    }
    names.join(" ")
}

/// Opens the batteries of the machine. The source reads energy, charge or percentages, whichever
/// every battery has, in this order.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut directories = Vec::new();
    for name in root.list(CLASS).unwrap_or_default() {
        let directory = format!("{CLASS}/{name}");
        let text = |file: &str| root.text(&format!("{directory}/{file}")).unwrap_or_default();
        if text("type") == "Battery" && text("scope") != "Device" && text("present") != "0" {
            directories.push(directory);
        }
    }
    let file = |directory: &str, name: &str| root.open(&format!("{directory}/{name}")).ok();
    let all = |charge: &dyn Fn(&str) -> Option<Charge>| -> Option<Vec<One>> {
        let each = directories.iter();
        each.map(|directory| Some(One::open(root, directory, charge(directory)?))).collect()
    };
    let as_amounts = |now: &str, full: &str| {
        all(&|directory| Some(Charge::Amount(file(directory, now)?, file(directory, full)?)))
    };
    let as_percents = || all(&|directory| file(directory, "capacity").map(Charge::Percent));
    if directories.is_empty() {
        return Err(format!("no battery of the machine: no {CLASS}/* of type Battery"));
    }
    let batteries = as_amounts("energy_now", "energy_full")
        .or_else(|| as_amounts("charge_now", "charge_full"))
        .or_else(as_percents)
        .ok_or_else(|| format!("{}: no energy_now, charge_now or capacity", directories[0]))?;
    tried(Batteries { batteries })
}

impl One {
    fn open(root: &Root, directory: &str, charge: Charge) -> Self {
        let file = |name: &str| root.open(&format!("{directory}/{name}")).ok();
        let product = || Some(Power::Product(file("current_now")?, file("voltage_now")?));
        Self {
            charge,
            status: file("status"),
            power: file("power_now").map(Power::Microwatts).or_else(product),
            directory: directory.to_owned(),
        }
    }
}

impl Source for Batteries {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let mut charge = Some([0; 2]);
        let mut power_uw = Some(0_u64);
        let mut statuses = [0; BATTERY_STATUSES.len() + 1];
        for battery in &self.batteries {
            charge = sum(charge, battery.charge()?);
            power_uw = power_uw.zip(battery.power_uw()?).map(|(all, one)| all.saturating_add(one));
            statuses[battery.status()? as usize] += 1;
        }
        let status = STATUS_ORDER.into_iter().find(|&status| statuses[status as usize] > 0);
        // A battery whose full content is 0 does not know its content.
        let Some([now, full]) = charge.filter(|&[_, full]| full > 0) else { return Ok(0) };
        let Draft { sample, .. } = draft;
        sample.battery_charge_ppm = share_ppm(now, full);
        sample.battery_status = status.unwrap_or(0);
        Ok(valid::BATTERY | put(&mut sample.battery_power_uw, power_uw, valid::BATTERY_POWER))
    }

    fn origin(&self) -> String {
        let one = &self.batteries[0];
        let charge = match &one.charge {
            Charge::Amount(now, _) | Charge::Percent(now) => now.path(),
        };
        let power = match &one.power {
            Some(Power::Microwatts(_)) => "power_now",
            Some(Power::Product(..)) => "current_now × voltage_now",
            None => "no power",
        };
        let more: Vec<_> =
            self.batteries[1..].iter().map(|one| format!(" + {}", one.directory)).collect();
        format!("{charge}, {power}{}", more.concat())
    }
}

impl One {
    /// The charge now and when full.
    fn charge(&self) -> io::Result<Option<[u64; 2]>> {
        let (now, full) = match &self.charge {
            Charge::Amount(now, full) => (now, full.known(full.unsigned())?),
            Charge::Percent(now) => (now, Some(PERCENT)),
        };
        Ok(now.known(now.unsigned())?.zip(full).map(<[u64; 2]>::from))
    }

    fn power_uw(&self) -> io::Result<Option<u64>> {
        match &self.power {
            None => Ok(None),
            Some(Power::Microwatts(file)) => Ok(magnitude(file)?),
            Some(Power::Product(current, voltage)) => {
                let both = magnitude(current)?.zip(magnitude(voltage)?);
                Ok(both.map(|(ua, uv)| {
                    let uw = u128::from(ua) * u128::from(uv) / 1_000_000;
                    u64::try_from(uw).unwrap_or(u64::MAX)
                }))
            }
        }
    }

    /// The number under which a status is published; 0 for `Unknown` and others.
    fn status(&self) -> io::Result<u32> {
        let Some(file) = &self.status else { return Ok(0) };
        let mut buffer = [0; VALUE_BYTES];
        let text = file.known(file.bytes(&mut buffer))?.unwrap_or_default().trim_ascii();
        let index = STATUSES.iter().position(|&status| status == text);
        Ok(index.map_or(0, |index| index as u32 + 1))
    }
}

/// The number without its sign, which is only the direction.
fn magnitude(file: &ValueFile) -> io::Result<Option<u64>> {
    Ok(file.known(file.signed())?.map(i64::unsigned_abs))
}
