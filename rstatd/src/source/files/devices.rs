//! Whether devices may have come or gone, by the number of the kernel's last event for udev.
//!
//! The kernel sends an event when a disk is plugged in, a CPU is switched off or a driver is
//! loaded, and counts the events in `/sys/kernel/uevent_seqnum`. Reading the number costs a
//! microsecond. After a new number each source compares its devices with those before, as most
//! events are about other devices.

use super::root::Root;
use super::value::ValueFile;

const PATH: &str = "/sys/kernel/uevent_seqnum";

/// What `--record` copies.
pub const FILES: &[(&str, &[&str])] = &[("sys/kernel", &["uevent_seqnum"])];

/// Time between two readings of the number.
pub const PERIOD_NS: u64 = 2_000_000_000;

/// The last reading of the number.
pub struct DeviceEvents {
    /// Absent on a recorded machine, where no event happens.
    file: Option<ValueFile>,
    number: Option<u64>,
    next_ns: u64,
    settling: bool,
}

impl DeviceEvents {
    /// Notes the number. The caller looks for devices after this call, so that later events count.
    pub fn watch(root: &Root) -> Self {
        let file = root.open(PATH).ok();
        let number = file.as_ref().and_then(|file| file.unsigned().ok());
        Self { file, number, next_ns: 0, settling: false }
    }

    /// Whether there were events since the last call or since the call before: an event may come
    /// before its device is gone, or before its driver has set the device up.
    pub fn happened(&mut self, now_ns: u64) -> bool {
        if now_ns < self.next_ns {
            return false;
        }
        self.next_ns = now_ns + PERIOD_NS;
        let number = self.file.as_ref().and_then(|file| file.unsigned().ok());
        let new = number != self.number;
        self.number = number;
        std::mem::replace(&mut self.settling, new) || new
    }
}
