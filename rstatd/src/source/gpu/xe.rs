//! Intel graphics with the xe driver: a card has tiles, and a tile has units.

use super::driver::Driver;
use super::intel::{Intel, Throttle, Unit};
use crate::source::files::Root;

/// Opens the files of a card and reads nothing, as it may be asleep.
pub fn open(root: &Root, card: &str) -> Box<dyn Driver> {
    // The package; `temp1` does not exist and `temp3` is the memory (`xe_hwmon.c`).
    let mut intel = Intel::new(root, card, &["temp2_input"]);
    let device = format!("{card}/device");
    for tile in root.list(&device).unwrap_or_default() {
        let tile = format!("{device}/{tile}");
        if !tile.contains("/tile") {
            continue;
        }
        for name in root.list(&tile).unwrap_or_default() {
            if !name.starts_with("gt") {
                continue;
            }
            let file = |file: &str| root.open(&format!("{tile}/{name}/{file}")).ok();
            let throttle = format!("{tile}/{name}/freq0/throttle");
            intel.units.push(Unit {
                residency: file("gtidle/idle_residency_ms"),
                frequency: file("freq0/act_freq"),
                limit: file("freq0/rp0_freq"),
                throttle: Throttle::open(
                    root,
                    &format!("{throttle}/status"),
                    &format!("{throttle}/reason_"),
                ),
                ..Unit::default()
            });
        }
    }
    if intel.units.is_empty() {
        intel.units.push(Unit::default());
    }
    intel.directory = format!("{device}/tile*/gt*");
    Box::new(intel)
}
