//! The speeds of the fans, from hwmon.
//!
//! Fans of graphics cards are left out, as reading them wakes the card. Sensors behind an I2C bus,
//! which block for milliseconds, and devices that sleep are left out as well.

use std::io;

use rstat_shm::snapshot::{MAX_FANS, valid};

use crate::source::entry::{Draft, Entry, Source};
use crate::source::files::Root;
use crate::source::files::hwmon::{self, Hwmon};
use crate::source::files::root::matches;
use crate::source::files::value::ValueFile;

/// Fans, in the order of their sensors.
pub const ENTRY: Entry = Entry {
    name: "fans",
    groups: valid::FANS,
    period_ms: 2000,
    discover,
    devices: |root| root.names(&[hwmon::CLASS]),
    files: &[
        ("sys/class/hwmon/*/device", &["power_state", "subsystem"]),
        ("sys/class/hwmon/*", &["name", "fan*_input"]),
    ],
    check: "each fans_rpm: {}",
};

/// Names of the hwmons that graphics drivers make.
const GPU_NAMES: [&str; 5] = ["amdgpu", "radeon", "nouveau", "i915", "xe"];

struct FanSpeeds {
    fans: Vec<ValueFile>,
    names: Vec<String>,
}

/// Opens the fans. Many boards have connectors without a fan, which read 0. If there are
/// too many fans, the turning ones come first.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut fans = Vec::new();
    for Hwmon { directory, name } in hwmon::readable(root) {
        if GPU_NAMES.contains(&name.as_str()) {
            continue;
        }
        for file in root.list(&directory).unwrap_or_default() {
            if !matches("fan#_input", &file) {
                continue;
            }
            let Ok(fan) = root.open(&format!("{directory}/{file}")) else { continue };
            let Ok(rpm) = fan.known(fan.unsigned32()) else { continue };
            fans.push((rpm.is_none_or(|rpm| rpm == 0), fan, name.clone()));
        }
    }
    if fans.is_empty() {
        return Err(format!(
            "no fan but those of graphics cards or behind I2C: no {}/*/fan*_input",
            hwmon::CLASS
        ));
    }
    if fans.len() > MAX_FANS {
        fans.sort_by_key(|(stands, ..)| *stands);
        fans.truncate(MAX_FANS);
    }
    let (fans, names) = fans.into_iter().map(|(_, fan, name)| (fan, name)).unzip();
    Ok(Box::new(FanSpeeds { fans, names }))
}

impl Source for FanSpeeds {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let mut fans_rpm = [0; MAX_FANS];
        for (fan, rpm) in self.fans.iter().zip(&mut fans_rpm) {
            let Some(now) = fan.known(fan.unsigned32())? else {
                // Without this fan, the fans after it would get its number.
                return Ok(0);
            };
            *rpm = now;
        }
        draft.sample.fan_count = self.fans.len() as u32;
        draft.sample.fans_rpm = fans_rpm;
        Ok(valid::FANS)
    }

    fn origin(&self) -> String {
        let fans = self.fans.iter().zip(&self.names);
        let fans: Vec<_> = fans.map(|(fan, name)| format!("{} ({name})", fan.path())).collect();
        fans.join(", ")
    }
}
