//! The hwmon devices that may be read, by name, as their numbers depend on the order of loading.
//!
//! Two kinds are left out: devices behind an I2C bus, which block for milliseconds, and devices
//! that sleep, as reading would wake them.

use super::root::Root;
use super::value::ValueFile;

/// The directory of all hwmon devices.
pub const CLASS: &str = "/sys/class/hwmon";

/// A hwmon device.
pub struct Hwmon {
    /// The device's directory.
    pub directory: String,
    /// The name that the driver gave the device.
    pub name: String,
}

/// All devices that may be read.
pub fn readable(root: &Root) -> Vec<Hwmon> {
    let mut hwmons = Vec::new();
    for hwmon in root.list(CLASS).unwrap_or_default() {
        let directory = format!("{CLASS}/{hwmon}");
        let Ok(name) = root.text(&format!("{directory}/name")) else { continue };
        let bus = root.link_name(&format!("{directory}/device/subsystem"));
        let power = root.text(&format!("{directory}/device/power_state"));
        let awake = power.map_or(true, |state| state == "D0" || state == "unknown");
        if awake && bus.as_deref() != Some("i2c") {
            hwmons.push(Hwmon { directory, name });
        }
    }
    hwmons
}

/// Opens a file of a device's hwmon: the first of the names that exists. Reads nothing, as
/// the device may sleep.
pub fn open_of_device(root: &Root, device: &str, files: &[&str]) -> Option<ValueFile> {
    let directory = format!("{device}/hwmon");
    let hwmons = root.list(&directory).unwrap_or_default();
    let mut paths = files.iter().flat_map(|file| hwmons.iter().map(move |hwmon| (hwmon, file)));
    paths.find_map(|(hwmon, file)| root.open(&format!("{directory}/{hwmon}/{file}")).ok())
}
