//! The temperature of the CPU: the sensor is chosen by its name, never by its
//! number, and never as the hottest of everything.
//!
//! The kernel's sensor drivers for CPUs (hwmon) come first, with the package rather than a core;
//! then thermal zones by type, on boards without such a driver. The firmware's own zone (acpitz)
//! comes last: on many machines its value is stuck or is not about the CPU.

use std::io;
use std::ops::RangeInclusive;

use rstat_shm::snapshot::valid;

use crate::source::entry::{Draft, Entry, Source, put};
use crate::source::files::Root;
use crate::source::files::hwmon::{self, Hwmon};
use crate::source::files::root::matches;
use crate::source::files::value::ValueFile;

/// The temperature of the package, or of the hottest of several packages.
pub const ENTRY: Entry = Entry {
    name: "cpu_temperature",
    groups: valid::CPU_TEMPERATURE,
    period_ms: 1000,
    discover,
    devices: |root| root.names(&[hwmon::CLASS, ZONES]),
    files: &[
        ("sys/class/hwmon/*/device", &["power_state", "subsystem"]),
        ("sys/class/hwmon/*", &["name", "temp*_input", "temp*_label"]),
        ("sys/class/thermal/thermal_zone*", &["type", "temp"]),
    ],
    check: "{cpu_temperature_mc}",
};

/// Where they are.
const ZONES: &str = "/sys/class/thermal";

/// Drivers, the one to prefer first. `*` is any text, `#` a number.
const HWMON_NAMES: [&str; 11] = [
    "coretemp",
    "k10temp",
    "zenpower",
    "k8temp",
    "via_cputemp",
    "cpu_thermal",
    "soc_thermal",
    "littlecore_thermal",
    "bigcore*_thermal",
    "cpu#_thermal",
    "scpi_sensors",
];

/// Labels, the one to prefer first; other labels come after these. `Tctl` is `Tdie` plus an offset
/// on some processors, so it is only the second choice.
const LABELS: [&str; 3] = ["Package id #", "Tdie", "Tctl"];

/// Types of thermal zones, the one to prefer first.
const ZONE_TYPES: [&str; 3] = ["x86_pkg_temp", "cpu*thermal", "soc*"];

/// The zone of the firmware, and its plausible values.
const FIRMWARE_ZONE: &str = "acpitz";
const FIRMWARE_RANGE_MC: RangeInclusive<i64> = 1_000..=110_000;

/// The plausible values of other sensors: all that a reading can hold.
const SENSOR_RANGE_MC: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

struct CpuTemperature {
    /// The packages, or the cores of a machine that has no sensor for a package.
    inputs: Vec<ValueFile>,
    believed_mc: RangeInclusive<i64>,
    /// Driver and label, or type of zone.
    why: String,
}

/// Looks for the best sensor that answers.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let hwmons = hwmon::readable(root);
    let zones = zones(root);
    let sensors = HWMON_NAMES.iter().filter_map(|name| from_hwmons(root, &hwmons, name));
    let by_type = ZONE_TYPES.iter().filter_map(|of| from_zones(root, &zones, of, SENSOR_RANGE_MC));
    let firmware = from_zones(root, &zones, FIRMWARE_ZONE, FIRMWARE_RANGE_MC);
    match sensors.chain(by_type).chain(firmware).next() {
        Some(source) => Ok(Box::new(source)),
        None => Err(missing(&hwmons, &zones)),
    }
}

/// The names of the sensors and zones that exist: one of them may be missing in the tables.
fn missing(hwmons: &[Hwmon], zones: &[(String, String)]) -> String {
    let found = |mut names: Vec<&str>| {
        names.dedup();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    format!(
        "no sensor of a CPU that answers, as in most virtual machines: {} has {}, {ZONES} has {}",
        hwmon::CLASS,
        found(hwmons.iter().map(|hwmon| hwmon.name.as_str()).collect()),
        found(zones.iter().map(|(_, of)| of.as_str()).collect()),
    )
}

impl Source for CpuTemperature {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let mut hottest = None;
        for input in &self.inputs {
            let temperature = input.known(input.signed())?;
            hottest = hottest.max(temperature.filter(|mc| self.believed_mc.contains(mc)));
        }
        let hottest_mc = hottest.and_then(|mc| i32::try_from(mc).ok());
        Ok(put(&mut draft.sample.cpu_temperature_mc, hottest_mc, valid::CPU_TEMPERATURE))
    }

    fn origin(&self) -> String {
        match self.inputs.as_slice() {
            [input] => format!("{} ({})", input.path(), self.why),
            inputs => format!(
                "{} and {} more, the hottest ({})",
                inputs[0].path(),
                inputs.len() - 1,
                self.why
            ),
        }
    }
}

/// Directories and types of the thermal zones.
pub fn zones(root: &Root) -> Vec<(String, String)> {
    let mut zones = Vec::new();
    for zone in root.list(ZONES).unwrap_or_default() {
        let directory = format!("{ZONES}/{zone}");
        if let Ok(of) = root.text(&format!("{directory}/type"))
            && matches("thermal_zone#", &zone)
        {
            zones.push((directory, of));
        }
    }
    zones
}

/// The inputs with the best label of all hwmons of a name: a machine with two packages has two such
/// hwmons.
fn from_hwmons(root: &Root, hwmons: &[Hwmon], name: &str) -> Option<CpuTemperature> {
    let mut inputs = Vec::new();
    for Hwmon { directory, name: found } in hwmons.iter().filter(|of| matches(name, &of.name)) {
        for file in root.list(directory).unwrap_or_default() {
            let Some(input) = file.strip_suffix("_input").filter(|name| matches("temp#", name))
            else {
                continue;
            };
            let label = root.text(&format!("{directory}/{input}_label")).unwrap_or_default();
            let rank = LABELS.iter().position(|pattern| matches(pattern, &label));
            if let Some(file) = answering(root, &format!("{directory}/{file}"), &SENSOR_RANGE_MC) {
                let why =
                    if label.is_empty() { found.clone() } else { format!("{found}, {label}") };
                inputs.push((rank.unwrap_or(LABELS.len()), why, file));
            }
        }
    }
    best(inputs, SENSOR_RANGE_MC)
}

/// All zones of a type.
fn from_zones(
    root: &Root,
    zones: &[(String, String)],
    of: &str,
    believed_mc: RangeInclusive<i64>,
) -> Option<CpuTemperature> {
    let zones = zones.iter().filter(|(_, found)| matches(of, found));
    let inputs = zones.filter_map(|(directory, found)| {
        let file = answering(root, &format!("{directory}/temp"), &believed_mc)?;
        Some((0, format!("thermal zone {found}"), file))
    });
    best(inputs.collect(), believed_mc)
}

/// The inputs of the lowest rank, each with its rank and the reason to take it.
fn best(
    mut inputs: Vec<(usize, String, ValueFile)>,
    believed_mc: RangeInclusive<i64>,
) -> Option<CpuTemperature> {
    let best = inputs.iter().map(|(rank, ..)| *rank).min()?;
    inputs.retain(|(rank, ..)| *rank == best);
    let why = inputs[0].1.clone();
    let inputs = inputs.into_iter().map(|(_, _, file)| file).collect();
    Some(CpuTemperature { inputs, believed_mc, why })
}

/// The file, if its value is plausible, or if it has no value only at this moment.
fn answering(root: &Root, path: &str, believed_mc: &RangeInclusive<i64>) -> Option<ValueFile> {
    let file = root.open(path).ok()?;
    let answer = file.known(file.signed()).ok()?;
    answer.is_none_or(|mc| believed_mc.contains(&mc)).then_some(file)
}
