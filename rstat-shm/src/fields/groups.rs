//! Groups of fields that are known or unknown together, a bit of a snapshot's `valid` each.

use crate::fields::names::is_same;

/// A group of fields.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The name of the bit.
    pub name: &'static str,
    /// When the bit is set, where its name does not say enough.
    pub help: &'static str,
}

const fn of(name: &'static str, help: &'static str) -> Group {
    Group { name, help }
}

/// All groups; the first has bit 0. New ones come last.
#[rustfmt::skip]
pub const GROUPS: &[Group] = &[
    of("CPU", "Needs two readings: clear in a daemon's first sample."),
    of("MEMORY", ""),
    of("SWAP", "Clear on a machine without swap space."),
    of("LOAD", ""),
    of("PROCESSES", ""),
    of("PROCESS_CPU", "Needs two readings."),
    of("PROCESS_IO", "Needs two readings and a kernel with task I/O accounting."),
    of("CPU_TEMPERATURE", ""),
    of("CPU_FREQUENCY", ""),
    of("CPU_FREQUENCY_LIMIT", ""),
    of("PLATFORM_PROFILE", ""),
    of("GPU", ""),
    of("CONTEXT_SWITCHES", "Needs two readings."),
    of("SAMPLE_COST", "Clear in a daemon's first sample."),
    of("UNLISTED", ""),
    of("PROCESS_STATES", ""),
    of("PROBE_COST", ""),
    of("PRESSURE_CPU", ""),
    of("PRESSURE_MEMORY", ""),
    of("PRESSURE_IO", ""),
    of("CPU_THROTTLE", ""),
    of("CPU_THROTTLED", "Needs two readings."),
    of("CPU_POWER", "Needs two readings."),
    of("BATTERY", "Clear on a machine without a battery."),
    of("BATTERY_POWER", ""),
    of("FANS", ""),
    of("ZRAM", ""),
    of("ZSWAP", ""),
    of("ZFS_ARC", ""),
    of("DISK", "Needs two readings."),
    of("APPLICATIONS", ""),
    of("INTERFACES", "No daemon of this version sets this bit."),
    of("FILE_SYSTEMS", "No daemon of this version sets this bit."),
    of("UPTIME", ""),
    of("SWAP_RATE", "Needs two readings; clear on a machine without swap space."),
];

/// The bit of a group; an unknown name is a compile error.
pub const fn group(name: &str) -> u64 {
    let mut bit = 0;
    while !is_same(GROUPS[bit].name, name) {
        bit += 1;
    }
    1 << bit
}

const _: () = assert!(GROUPS.len() <= 64);
