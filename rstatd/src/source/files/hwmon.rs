//! The hwmon devices that may be asked, by name: their numbers depend on the order
//! of loading.
//!
//! Those behind an I2C bus block for milliseconds, and asking a device that sleeps
//! would wake it; both are left out.

use super::root::Root;
use super::value::ValueFile;

/// Where they are.
pub const CLASS: &str = "/sys/class/hwmon";

/// One of them.
pub struct Hwmon {
    /// Its directory.
    pub directory: String,
    /// The name that its driver gave it.
    pub name: String,
}

/// All that may be read.
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
