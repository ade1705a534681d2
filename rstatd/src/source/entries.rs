//! The table of sources: one row each.

use super::cpu::{frequency, temperature, throttle};
use super::entry::Entry;
use super::files::{Root, hwmon};
use super::gpu::cards;
use super::memory::{meminfo, zfs_arc, zram};
use super::power::{battery, platform_profile, rapl};
use super::storage::disk;
use super::system::{fan, load, pressure};

/// All sources. Those with a period cost the machine more than the read itself:
/// a temperature is an interrupt to a CPU that may be asleep (`coretemp` reads a
/// register there), a profile or a battery may be a call into the firmware.
pub const SOURCES: &[Entry] = &[
    Entry {
        name: "memory",
        period_ms: 0,
        discover: meminfo::discover,
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
        discover: temperature::discover,
        devices: |root| root.names(&[hwmon::CLASS, temperature::ZONES]),
        copy: |from, into| into.cpu_temperature_mc = from.cpu_temperature_mc,
    },
    Entry {
        name: "cpu_frequency",
        period_ms: 0,
        discover: frequency::discover,
        devices: |root| root.names(&[frequency::POLICIES]),
        copy: |from, into| into.cpu_frequency = from.cpu_frequency,
    },
    Entry {
        name: "cpu_throttle",
        period_ms: 1000,
        discover: throttle::discover,
        devices: throttle::devices,
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
        discover: cards::discover,
        devices: |root| root.names(&[cards::CARDS]),
        copy: |from, into| into.gpus = from.gpus,
    },
];

/// Of a source that is about no device.
fn no_devices(_: &Root) -> String {
    String::new()
}
