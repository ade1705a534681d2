//! Numbers and bits that stand for a name.
//!
//! A number that is in no table comes from a later minor version.

/// The names that the numbers, or the bits, of a field stand for.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The heading of the table in `PROTOCOL.md`.
    pub title: &'static str,
    /// The beginning of the C constants' names, after `RSTAT_`; empty where C has no constants.
    pub c: &'static str,
    /// The Rust module, or the type, that has the constants; empty where Rust has none.
    pub rust: &'static str,
    /// Which numbers the names stand for.
    pub of: Numbers,
    /// The field that has these numbers.
    pub field: &'static str,
    /// The names, in the order of the numbers.
    pub words: &'static [&'static str],
    /// The meaning of each name; empty where the names say enough.
    pub meanings: &'static [&'static str],
}

/// Which numbers names stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// 0, 1, 2 and so on.
    FromZero,
    /// 1, 2, 3 and so on. 0 stands for nothing.
    FromOne,
    /// A bit each, the lowest first.
    Bits,
}

impl Names {
    /// The number that the name of an index stands for.
    pub const fn number(&self, index: usize) -> u64 {
        match self.of {
            Numbers::FromZero => index as u64,
            Numbers::FromOne => index as u64 + 1,
            Numbers::Bits => 1 << index,
        }
    }
}

/// Names of a snapshot's `source`.
pub const SOURCES: &[&str] = &["bpf", "proc"];
/// Names of `platform_profile`: `enum platform_profile_option` of the kernel's
/// `include/linux/platform_profile.h`.
#[rustfmt::skip]
pub const PLATFORM_PROFILES: &[&str] = &[
    "low-power", "cool", "quiet", "balanced", "balanced-performance", "performance", "max-power", "custom",
];
/// Names of `battery_status`: `POWER_SUPPLY_STATUS_*` of the kernel's
/// `include/linux/power_supply.h`.
pub const BATTERY_STATUSES: &[&str] = &["charging", "discharging", "not charging", "full"];
/// Names of a GPU's `driver`.
#[rustfmt::skip]
pub const GPU_DRIVERS: &[&str] = &[
    "i915", "xe", "amdgpu", "nvidia", "radeon", "nouveau", "panfrost", "panthor", "lima", "v3d", "msm",
];
/// Names of a GPU's `state`.
pub const GPU_STATES: &[&str] = &["awake", "asleep"];
/// Names of the bits of a GPU's `valid`.
#[rustfmt::skip]
pub const GPU_BITS: &[&str] = &[
    "busy", "frequency", "frequency limit", "temperature", "throttle", "power", "memory", "memory shared",
];
/// Names of the bits of a GPU's `throttle`.
pub const THROTTLE_BITS: &[&str] = &["thermal", "power", "current", "external", "other"];
/// Names of the bits of a process's, or of an application's, `flags`.
pub const PROCESS_FLAGS: &[&str] = &["kernel thread"];
/// Names of the bits of a network interface's `flags`.
pub const INTERFACE_FLAGS: &[&str] = &["up"];
/// Names of the bits of a network interface's `valid`.
pub const INTERFACE_BITS: &[&str] = &["rates"];
/// Names of the bits of a file system's `valid`.
pub const FILE_SYSTEM_BITS: &[&str] = &["space"];
/// Names of the bits of a history point's `flags`.
pub const HISTORY_FLAGS: &[&str] = &["gpu busy"];
/// Names of the region's `state`, the word at [`STATE_AT`](crate::layout::STATE_AT).
pub const WRITER_STATES: &[&str] = &["starting", "running", "stopped", "retired"];

/// All names, in the order of `PROTOCOL.md`.
#[rustfmt::skip]
pub const NAMES: &[Names] = &[
    Names { title: "States", c: "", rust: "", of: Numbers::FromZero, field: "state", words: WRITER_STATES, meanings: &[
        "A daemon has the file and has published nothing yet. A sample in the region comes from the daemon before.",
        "The daemon publishes samples.",
        "The daemon has ended in order. Another daemon may continue in this file.",
        "Another file has taken the name. Close this one and open the name again.",
    ] },
    Names { title: "Sources", c: "SOURCE", rust: "source", of: Numbers::FromOne, field: "rstat_snapshot.source", words: SOURCES, meanings: &[
        "The BPF probe in the scheduler: exact to the nanosecond.",
        "Files below `/proc`: exact to one tick of the kernel's clock.",
    ] },
    Names { title: "Platform profiles", c: "PROFILE", rust: "", of: Numbers::FromOne, field: "rstat_snapshot.platform_profile", words: PLATFORM_PROFILES, meanings: &[] },
    Names { title: "Battery statuses", c: "BATTERY", rust: "", of: Numbers::FromOne, field: "rstat_snapshot.battery_status", words: BATTERY_STATUSES, meanings: &[] },
    Names { title: "Flags of a process", c: "PROCESS", rust: "Process", of: Numbers::Bits, field: "rstat_process.flags and rstat_application.flags", words: PROCESS_FLAGS, meanings: &[
        "The row is a kernel thread, or kernel threads of one name.",
    ] },
    Names { title: "GPU drivers", c: "GPU", rust: "", of: Numbers::FromOne, field: "rstat_gpu.driver", words: GPU_DRIVERS, meanings: &[] },
    Names { title: "GPU states", c: "GPU", rust: "Gpu", of: Numbers::FromOne, field: "rstat_gpu.state", words: GPU_STATES, meanings: &[
        "The processor runs.",
        "The processor is runtime-suspended.",
    ] },
    Names { title: "Validity bits of a GPU", c: "GPU", rust: "Gpu", of: Numbers::Bits, field: "rstat_gpu.valid", words: GPU_BITS, meanings: &[] },
    Names { title: "Throttle bits", c: "THROTTLE", rust: "throttle", of: Numbers::Bits, field: "rstat_gpu.throttle", words: THROTTLE_BITS, meanings: &[
        "The processor, or a part of its board, is too hot.",
        "The processor has reached a power limit.",
        "The processor has reached a current limit, or its voltage regulator is too hot.",
        "Something outside of the processor asked for throttling (PROCHOT, an external brake).",
        "Any other reason.",
    ] },
    Names { title: "Flags of an interface", c: "INTERFACE", rust: "Interface", of: Numbers::Bits, field: "rstat_interface.flags", words: INTERFACE_FLAGS, meanings: &[
        "The interface has a link.",
    ] },
    Names { title: "Validity bits of an interface", c: "INTERFACE", rust: "Interface", of: Numbers::Bits, field: "rstat_interface.valid", words: INTERFACE_BITS, meanings: &[] },
    Names { title: "Validity bits of a file system", c: "FILE_SYSTEM", rust: "FileSystem", of: Numbers::Bits, field: "rstat_file_system.valid", words: FILE_SYSTEM_BITS, meanings: &[] },
    Names { title: "Flags of a history point", c: "HISTORY", rust: "HistoryPoint", of: Numbers::Bits, field: "rstat_history_point.flags", words: HISTORY_FLAGS, meanings: &[
        "The first GPU's `gpu_busy_ppm` is known.",
    ] },
];

/// The name that a number stands for, 1 for the first of `names`.
pub fn name_of(names: &[&'static str], number: i128) -> Option<&'static str> {
    names.get(usize::try_from(number - 1).ok()?).copied()
}

/// The names of the bits that are set; bits without a name are left out.
pub fn names_of_bits(
    names: &'static [&'static str],
    bits: i128,
) -> impl Iterator<Item = &'static str> {
    (0..).zip(names).filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| *name)
}

/// The bit of a name; an unknown name is a compile error.
pub(super) const fn bit_of(names: &[&str], name: &str) -> u32 {
    let mut bit = 0;
    while !is_same(names[bit], name) {
        bit += 1;
    }
    1 << bit
}

/// Whether two texts are the same; constants cannot use `==` of texts.
pub(super) const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
