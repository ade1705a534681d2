//! NVIDIA graphics with NVIDIA's own driver, through its management library.
//!
//! Without the library the card is published with its driver and state alone.

use std::io;

use rstat_shm::snapshot::{Gpu, throttle};

use super::driver::{Driver, set_memory};
use super::nvml::{Device, Nvml};
use crate::source::entry::put;
use crate::source::files::Root;

/// `nvmlClocksEventReason*` of `nvml.h`. That it idles, that a user has set the
/// clock, that it keeps step with others or with a display holds nothing back.
const REASONS: [(u64, u32); 5] = [
    (0x04, throttle::POWER),
    (0x08, throttle::OTHER),
    (0x20, throttle::THERMAL),
    (0x40, throttle::THERMAL),
    (0x80, throttle::EXTERNAL),
];

struct Nvidia {
    bus_address: String,
    library: Library,
    device: Option<Device>,
}

enum Library {
    /// It is looked for when the card is awake for the first time.
    Unknown,
    Missing,
    Loaded(Nvml),
}

/// Notes which card it is; nothing is opened, as it may be asleep.
pub fn open(root: &Root, card: &str) -> Box<dyn Driver> {
    // A recorded machine's card is not one of this machine's.
    let here = root.path("") == Root::default().path("");
    let library = if here { Library::Unknown } else { Library::Missing };
    let bus_address = root.link_name(&format!("{card}/device")).unwrap_or_default();
    Box::new(Nvidia { bus_address, library, device: None })
}

impl Driver for Nvidia {
    fn read(&mut self, _now_ns: u64, gpu: &mut Gpu) -> io::Result<()> {
        if matches!(self.library, Library::Unknown) {
            self.library = Nvml::load().map_or(Library::Missing, Library::Loaded);
        }
        let Library::Loaded(library) = self.library else { return Ok(()) };
        if self.device.is_none() {
            self.device = library.open(&self.bus_address);
        }
        let Some(device) = &self.device else { return Ok(()) };
        let busy_ppm = device.busy_percent().map(|share| share.min(100) * 10_000);
        let temperature_mc = device
            .temperature_c()
            .and_then(|celsius| i32::try_from(celsius).ok()?.checked_mul(1000));
        let power_uw = device.power_mw().map(|mw| u64::from(mw) * 1000);
        let limit_mhz = device.highest_clock_mhz();
        gpu.valid |= put(&mut gpu.busy_ppm, busy_ppm, Gpu::BUSY);
        gpu.valid |= put(&mut gpu.frequency_mhz, device.clock_mhz(), Gpu::FREQUENCY);
        gpu.valid |= put(&mut gpu.frequency_limit_mhz, limit_mhz, Gpu::FREQUENCY_LIMIT);
        gpu.valid |= put(&mut gpu.temperature_mc, temperature_mc, Gpu::TEMPERATURE);
        gpu.valid |= put(&mut gpu.power_uw, power_uw, Gpu::POWER);
        set_memory(gpu, device.memory_bytes());
        gpu.valid |= put(&mut gpu.throttle, device.reasons().map(reasons), Gpu::THROTTLE);
        Ok(())
    }

    fn forget(&mut self) {
        self.device = None;
    }

    fn origin(&self) -> String {
        match self.library {
            Library::Unknown => "libnvidia-ml.so.1, when the card is awake".to_owned(),
            Library::Loaded(_) => "libnvidia-ml.so.1".to_owned(),
            Library::Missing => "only whether it sleeps: no libnvidia-ml.so.1".to_owned(),
        }
    }
}

fn reasons(bits: u64) -> u32 {
    let set = REASONS.iter().filter(|(bit, _)| bits & bit != 0);
    set.fold(0, |all, (_, reason)| all | reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_a_card_back_is_a_reason() {
        let check = |bits, expected| assert_eq!(reasons(bits), expected, "{bits:#x}");
        check(0, 0);
        // Idle, set by a user, in step with others, in step with a display.
        check(0x01 | 0x02 | 0x10 | 0x100, 0);
        check(0x04 | 0x20, throttle::POWER | throttle::THERMAL);
        check(0x40, throttle::THERMAL);
        check(0x80, throttle::EXTERNAL);
        check(0x08, throttle::OTHER);
    }
}
