//! NVIDIA graphics with NVIDIA's own driver, through its management library.
//!
//! Without the library the card is published with its driver and state alone.

use std::io;

use super::driver::{Driver, Reading};
use super::nvml::{Device, Nvml};
use crate::source::files::Root;

struct Nvidia {
    bus_address: String,
    library: Library,
    device: Option<Device>,
}

enum Library {
    /// The daemon looks for the library when the card is awake for the first time.
    Unknown,
    Missing,
    Loaded(Nvml),
}

/// Notes the card's address. Opens nothing, as the card may be asleep.
pub fn open(root: &Root, card: &str) -> Box<dyn Driver> {
    // A card of a recorded machine is not in this machine.
    let here = root.path("") == Root::default().path("");
    let library = if here { Library::Unknown } else { Library::Missing };
    let bus_address = root.link_name(&format!("{card}/device")).unwrap_or_default();
    Box::new(Nvidia { bus_address, library, device: None })
}

impl Driver for Nvidia {
    fn read(&mut self, _now_ns: u64) -> io::Result<Reading> {
        if matches!(self.library, Library::Unknown) {
            self.library = Nvml::load().map_or(Library::Missing, Library::Loaded);
        }
        let Library::Loaded(library) = self.library else { return Ok(Reading::default()) };
        if self.device.is_none() {
            self.device = library.open(&self.bus_address);
        }
        Ok(self.device.as_ref().map(Device::read).unwrap_or_default())
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
