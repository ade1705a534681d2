//! Where the numbers come from: one file a source, one row in [`SOURCES`].
//!
//! A source is discovered once below a [`Root`], holds its files open and reads
//! them with `pread`. One that is not there costs its own fields and nothing
//! else; one that fails is reported once and looked for again, and so is one whose
//! devices come or go: see [`Sources`].
//! CPU time and processes are not in the table: they come from the probe or,
//! where there is none, from [`proc`].

use std::io;

use crate::reading::Reading;

pub mod battery;
pub mod counter;
pub mod cpu_frequency;
pub mod cpu_online;
pub mod cpu_temperature;
pub mod cpu_throttle;
pub mod devices;
mod directory;
pub mod disk;
pub mod fan;
pub mod gpu;
mod gpu_amdgpu;
mod gpu_amdgpu_metrics;
mod gpu_generic;
mod gpu_i915;
mod gpu_intel;
mod gpu_nvidia;
mod gpu_xe;
mod hwmon;
pub mod load;
pub mod memory;
mod nvml;
pub mod platform_profile;
pub mod pressure;
pub mod probe;
pub mod proc;
pub mod rapl;
pub mod resident;
pub mod root;
pub mod table;
pub mod value;
pub mod zfs_arc;
pub mod zram;

pub use cpu_online::OnlineCpus;
pub(crate) use directory::Directory;
pub use proc::ProcBackend;
pub use resident::Resident;
pub use root::Root;
pub use table::{Event, Sources};
pub use value::{ValueError, ValueFile};

/// Something that fills in its part of a [`Reading`].
pub trait Source {
    /// Reads the current values. On an error the source's fields are cleared.
    fn read(&mut self, reading: &mut Reading) -> io::Result<()>;

    /// For `--check`: the files that are read and why these were chosen.
    fn origin(&self) -> String;
}

/// Looks for a source; the error says in one line what is missing.
pub type Discover = fn(&Root) -> Result<Box<dyn Source>, String>;

/// One row of the table of sources.
pub struct Entry {
    /// What it measures, as `--check` and `--bench` call it.
    pub name: &'static str,
    /// Shortest time between two readings; in between the last values stand.
    pub period_ms: u64,
    /// Looks for it.
    pub discover: Discover,
    /// Which devices it is about, as text to compare: when that is another one after
    /// an event, they are looked for anew.
    pub devices: fn(&Root) -> String,
    /// Copies its fields from the first reading into the second: from the one
    /// before to let them stand, from an empty one to clear them.
    pub copy: fn(&Reading, &mut Reading),
}

/// A source that has answered once, or what it said instead.
fn tried(mut source: impl Source + 'static) -> Result<Box<dyn Source>, String> {
    match source.read(&mut { Reading::EMPTY }) {
        Ok(()) => Ok(Box::new(source)),
        Err(error) => Err(error.to_string()),
    }
}

/// Of a source that is about no device.
fn no_devices(_: &Root) -> String {
    String::new()
}

/// All sources. Those with a period cost the machine more than the read itself:
/// a temperature is an interrupt to a CPU that may be asleep (`coretemp` reads a
/// register there), a profile or a battery may be a call into the firmware.
pub const SOURCES: &[Entry] = &[
    Entry {
        name: "memory",
        period_ms: 0,
        discover: memory::discover,
        devices: no_devices,
        copy: |from, into| into.memory = from.memory,
    },
    Entry {
        name: "zram",
        period_ms: 2000,
        discover: zram::discover,
        devices: zram::devices,
        copy: |from, into| into.zram = from.zram,
    },
    Entry {
        name: "zfs_arc",
        period_ms: 1000,
        discover: zfs_arc::discover,
        devices: no_devices,
        copy: |from, into| into.zfs_arc = from.zfs_arc,
    },
    Entry {
        name: "load",
        period_ms: 0,
        discover: load::discover,
        devices: no_devices,
        copy: |from, into| into.load = from.load,
    },
    Entry {
        name: "pressure_cpu",
        period_ms: 2000,
        discover: pressure::discover_cpu,
        devices: no_devices,
        copy: |from, into| into.pressure_cpu = from.pressure_cpu,
    },
    Entry {
        name: "pressure_memory",
        period_ms: 2000,
        discover: pressure::discover_memory,
        devices: no_devices,
        copy: |from, into| into.pressure_memory = from.pressure_memory,
    },
    Entry {
        name: "pressure_io",
        period_ms: 2000,
        discover: pressure::discover_io,
        devices: no_devices,
        copy: |from, into| into.pressure_io = from.pressure_io,
    },
    Entry {
        name: "disk",
        period_ms: 1000,
        discover: disk::discover,
        devices: disk::devices,
        copy: |from, into| into.disk = from.disk,
    },
    Entry {
        name: "cpu_temperature",
        period_ms: 1000,
        discover: cpu_temperature::discover,
        devices: |root| root.names(&[hwmon::CLASS, cpu_temperature::ZONES]),
        copy: |from, into| into.cpu_temperature_mc = from.cpu_temperature_mc,
    },
    Entry {
        name: "cpu_frequency",
        period_ms: 0,
        discover: cpu_frequency::discover,
        devices: |root| root.names(&[cpu_frequency::POLICIES]),
        copy: |from, into| into.cpu_frequency = from.cpu_frequency,
    },
    Entry {
        name: "cpu_throttle",
        period_ms: 1000,
        discover: cpu_throttle::discover,
        devices: cpu_throttle::devices,
        copy: |from, into| into.cpu_throttle = from.cpu_throttle,
    },
    Entry {
        name: "cpu_power",
        period_ms: 1000,
        discover: rapl::discover,
        devices: |root| root.names(&[rapl::CLASS]),
        copy: |from, into| into.cpu_energy_uj = from.cpu_energy_uj,
    },
    Entry {
        name: "platform_profile",
        period_ms: 1000,
        discover: platform_profile::discover,
        devices: |root| root.names(&[platform_profile::CLASS]),
        copy: |from, into| into.platform_profile = from.platform_profile,
    },
    Entry {
        name: "battery",
        period_ms: 2000,
        discover: battery::discover,
        devices: battery::devices,
        copy: |from, into| into.battery = from.battery,
    },
    Entry {
        name: "fans",
        period_ms: 2000,
        discover: fan::discover,
        devices: |root| root.names(&[hwmon::CLASS]),
        copy: |from, into| into.fans = from.fans,
    },
    Entry {
        name: "gpu",
        period_ms: 0,
        discover: gpu::discover,
        devices: |root| root.names(&[gpu::CARDS]),
        copy: |from, into| into.gpus = from.gpus,
    },
];
