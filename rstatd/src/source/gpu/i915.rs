//! Intel graphics with the i915 driver.
//!
//! The files are in `gt/gt*/`; older kernels have them in the card's own
//! directory, for the one unit they know.

use super::driver::Driver;
use super::intel::{Intel, Throttle, Unit};
use crate::source::files::Root;

/// `rc6_residency_ms` is 32 bits wide in the driver and wraps after 49.7 days.
const RESIDENCY_MAX_MS: u64 = u32::MAX as u64;

/// Opens the files of a card and reads nothing, as it may be asleep.
pub fn open(root: &Root, card: &str) -> Box<dyn Driver> {
    let mut intel = Intel::new(root, card, &["temp1_input"]);
    intel.residency_highest_ms = RESIDENCY_MAX_MS;
    for name in root.list(&format!("{card}/gt")).unwrap_or_default() {
        let directory = format!("{card}/gt/{name}");
        let file = |file: &str| root.open(&format!("{directory}/{file}")).ok();
        let prefix = format!("{directory}/throttle_reason_");
        intel.units.push(Unit {
            enabled: file("rc6_enable"),
            residency: file("rc6_residency_ms"),
            frequency: file("rps_act_freq_mhz"),
            limit: file("rps_RP0_freq_mhz"),
            throttle: Throttle::open(root, &format!("{prefix}status"), &prefix),
            ..Unit::default()
        });
    }
    if intel.units.is_empty() {
        let file = |file: &str| root.open(&format!("{card}/{file}")).ok();
        intel.units.push(Unit {
            enabled: file("power/rc6_enable"),
            residency: file("power/rc6_residency_ms"),
            frequency: file("gt_act_freq_mhz"),
            limit: file("gt_RP0_freq_mhz"),
            ..Unit::default()
        });
    } else {
        intel.directory = format!("{card}/gt/gt*");
    }
    Box::new(intel)
}
