//! Whether devices may have come or gone, by the number of the kernel's last event for udev.
//!
//! A disk that is plugged in, a CPU that is switched off, a driver that is loaded: for
//! each the kernel sends an event and counts it in `/sys/kernel/uevent_seqnum`. Reading
//! the number costs a microsecond. A new number makes each source compare its devices with
//! those before; most events are about other devices.

use super::root::Root;
use super::value::ValueFile;

const PATH: &str = "/sys/kernel/uevent_seqnum";

/// What `--record` copies.
pub const FILES: &[(&str, &[&str])] = &[("sys/kernel", &["uevent_seqnum"])];

/// Time between two readings of the number.
pub const PERIOD_NS: u64 = 2_000_000_000;

/// The number as it was read last.
pub struct DeviceEvents {
    /// Absent on a recorded machine; nothing ever happens there.
    file: Option<ValueFile>,
    number: Option<u64>,
    next_ns: u64,
    settling: bool,
}

impl DeviceEvents {
    /// To be called before devices are looked for: what comes later counts.
    pub fn watch(root: &Root) -> Self {
        let file = root.open(PATH).ok();
        let number = file.as_ref().and_then(|file| file.unsigned().ok());
        Self { file, number, next_ns: 0, settling: false }
    }

    /// Whether there were any since the call before, or since the one before that: an
    /// event may come before its device is gone or its driver has set it up.
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
