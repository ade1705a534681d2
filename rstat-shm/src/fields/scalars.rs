//! The scalars of a snapshot, a row each: the place where a new metric begins.
//!
//! A row names no offset: [`place`](mod@super::place) finds it. Rows of one version stand in
//! groups. A new row comes last, with `.since(N)`, N being the next minor version: offsets within
//! a major version never change.

use crate::Snapshot;
use crate::fields::field::Field;
use crate::fields::groups::group;
use crate::fields::names::{BATTERY_STATUSES, HISTORY_FLAGS, PLATFORM_PROFILES, SOURCES};
use crate::fields::unit::Kind::{I32, U32, U64};
use crate::fields::unit::Unit::{
    Bits, Bytes, BytesPerSecond, Count, KiloHertz, MicroWatts, Milli, MilliCelsius, Name,
    Nanoseconds, PerSecond, Ppm, Realtime,
};

/// The groups of a field that is known in every sample.
const ALWAYS: u64 = 0;
/// Groups that several rows have.
const CPU: u64 = group("CPU");
const CPU_FREQUENCY: u64 = group("CPU_FREQUENCY");
const LOAD: u64 = group("LOAD");
const MEMORY: u64 = group("MEMORY");
const SWAP: u64 = group("SWAP");
const GPU: u64 = group("GPU");
const PROCESS_STATES: u64 = group("PROCESS_STATES");
const PROCESS_IO: u64 = group("PROCESS_IO");
const BATTERY: u64 = group("BATTERY");

/// All scalars. Within a minor version they lie in this order.
#[rustfmt::skip]
pub(super) const SCALARS: &[Field] = &[
    Field::new("sequence", "sample.sequence", U64, Count, ALWAYS, "number of the sample, counted over restarts of the daemon"),
    Field::new("instance", "daemon.instance", U64, Bits(&[]), ALWAYS, "random number of the daemon's run")
        .note("A change means that the daemon was restarted."),
    Field::new("monotonic_ns", "sample.monotonic", U64, Nanoseconds, ALWAYS, "CLOCK_MONOTONIC when the sample was taken")
        .note("The clock is the machine's, outside of time namespaces.").in_history(0),
    Field::new("realtime_ns", "sample.time", U64, Realtime, ALWAYS, "CLOCK_REALTIME when the sample was taken"),
    Field::new("elapsed_ns", "sample.elapsed", U64, Nanoseconds, ALWAYS, "time since the sample before, over which rates are averaged"),
    Field::new("period_ns", "sample.period", U64, Nanoseconds, ALWAYS, "time between samples that the daemon was asked for"),
    Field::new("valid", "sample.valid", U64, Bits(&[]), ALWAYS, "which groups of fields are known, a bit each").in_history(0),
    Field::new("sample_ns", "sample.cost", U64, Nanoseconds, group("SAMPLE_COST"), "what the sample before this one cost the daemon")
        .note("From the moment that the daemon wakes until the sample is published."),

    Field::new("source", "sample.source", U32, Name(SOURCES), ALWAYS, "source of the CPU and process figures"),
    Field::new("cpu_count", "cpu.count", U32, Count, ALWAYS, "CPUs online"),
    Field::new("cpu_busy_ppm", "cpu.busy", U32, Ppm, CPU, "share of all online CPUs that was not idle").in_history(0),
    Field::new("cpu_temperature_mc", "cpu.temp", I32, MilliCelsius, group("CPU_TEMPERATURE"), "CPU temperature").in_history(0),
    Field::new("cpu_frequency_khz", "cpu.frequency", U32, KiloHertz, CPU_FREQUENCY, "average frequency of the online CPUs").in_history(0),
    Field::new("cpu_frequency_highest_khz", "cpu.frequency.highest", U32, KiloHertz, CPU_FREQUENCY, "frequency of the fastest CPU"),
    Field::new("cpu_frequency_limit_khz", "cpu.frequency.limit", U32, KiloHertz, group("CPU_FREQUENCY_LIMIT"), "highest frequency the hardware can reach"),
    Field::new("platform_profile", "platform.profile", U32, Name(PLATFORM_PROFILES), group("PLATFORM_PROFILE"), "platform profile"),
    Field::new("load_1m_milli", "load.1", U32, Milli, LOAD, "load average of 1 minute").in_history(0),
    Field::new("load_5m_milli", "load.5", U32, Milli, LOAD, "load average of 5 minutes"),
    Field::new("load_15m_milli", "load.15", U32, Milli, LOAD, "load average of 15 minutes"),
    Field::new("processes", "processes", U32, Count, group("PROCESSES"), "processes, zombies included"),
    Field::new("threads", "threads", U32, Count, LOAD, "threads of all processes"),
    Field::new("runnable", "runnable", U32, Count, LOAD, "threads that run or wait for a CPU"),
    Field::new("processes_unlisted", "processes.unlisted", U32, Count, group("UNLISTED"), "processes that the probe had no slot for")
        .note("No list has these processes."),
    Field::new("gpu_count", "gpu.count", U32, Count, GPU, "graphics processors").note("The rows of `gpus` in use."),
    Field::new("processes_blocked", "processes.blocked", U32, Count, PROCESS_STATES, "processes with a thread in uninterruptible sleep")
        .note("Processes without a row in `blocked` count as well."),
    Field::new("processes_zombie", "processes.zombie", U32, Count, PROCESS_STATES, "processes that ended and were not waited for")
        .note("Processes without a row in `zombies` count as well."),
    Field::new("cpu_busiest", "cpu.busiest", U32, Count, CPU, "number of the CPU that was busiest"),
    Field::new("cpu_frequency_busiest_khz", "cpu.frequency.busiest", U32, KiloHertz, CPU_FREQUENCY, "frequency of the busiest CPU"),
    Field::new("probe_switch_ns", "probe.switch", U32, Nanoseconds, group("PROBE_COST"), "what the probe adds to one context switch")
        .note("Measured at the daemon's start with cold caches. Switches to idle count, the cost of measuring does not."),
    Field::new("probe_ppm", "probe.busy", U32, Ppm, group("PROBE_COST"), "share of one CPU that the probe takes")
        .note("At the present rate of switches."),
    Field::new("pressure_cpu_some_ppm", "pressure.cpu.some", U32, Ppm, group("PRESSURE_CPU"), "share of the last 10 s in which some task waited for a CPU"),
    Field::new("pressure_cpu_full_ppm", "pressure.cpu.full", U32, Ppm, group("PRESSURE_CPU"), "share of the last 10 s in which all tasks waited for a CPU")
        .note("Linux defines this share as 0 for the whole machine."),
    Field::new("pressure_memory_some_ppm", "pressure.memory.some", U32, Ppm, group("PRESSURE_MEMORY"), "share of the last 10 s in which some task waited for memory"),
    Field::new("pressure_memory_full_ppm", "pressure.memory.full", U32, Ppm, group("PRESSURE_MEMORY"), "share of the last 10 s in which all tasks waited for memory"),
    Field::new("pressure_io_some_ppm", "pressure.io.some", U32, Ppm, group("PRESSURE_IO"), "share of the last 10 s in which some task waited for I/O"),
    Field::new("pressure_io_full_ppm", "pressure.io.full", U32, Ppm, group("PRESSURE_IO"), "share of the last 10 s in which all tasks waited for I/O"),
    Field::new("cpu_throttle_count", "cpu.throttle.count", U32, Count, group("CPU_THROTTLE"), "times that the CPU was throttled in the interval")
        .note("Counts the package or its hottest core, whichever was throttled more often."),
    Field::new("cpu_throttled_ppm", "cpu.throttled", U32, Ppm, group("CPU_THROTTLED"), "share of the interval in which the CPU was throttled"),
    Field::new("battery_charge_ppm", "battery.charge", U32, Ppm, BATTERY, "charge of all batteries"),
    Field::new("battery_status", "battery.status", U32, Name(BATTERY_STATUSES), BATTERY, "what the batteries do")
        .note("0 where the kernel says `Unknown` or nothing, even while the charge is known."),
    Field::new("fan_count", "fan.count", U32, Count, group("FANS"), "fans").note("The entries of `fans_rpm` in use."),
    Field::new("interface_count", "", U32, Count, group("INTERFACES"), "network interfaces").note("The rows of `interfaces` in use."),
    Field::new("file_system_count", "", U32, Count, group("FILE_SYSTEMS"), "file systems").note("The rows of `file_systems` in use."),

    Field::new("context_switches_per_s", "context.switches", U64, PerSecond, group("CONTEXT_SWITCHES"), "context switches of all CPUs"),
    Field::new("memory_total_bytes", "memory.total", U64, Bytes, MEMORY, "memory of the machine").note("`MemTotal` of `/proc/meminfo`."),
    Field::new("memory_available_bytes", "memory.available", U64, Bytes, MEMORY, "memory that programs can still get without swapping")
        .note("`MemAvailable`, and what ZFS gives back."),
    Field::new("memory_used_bytes", "memory.used", U64, Bytes, MEMORY, "memory that is not available").note("Total minus available."),
    Field::new("memory_cached_bytes", "memory.cached", U64, Bytes, MEMORY, "buffers, page cache and reclaimable slab")
        .note("What `free` calls `buff/cache`."),
    Field::new("swap_total_bytes", "swap.total", U64, Bytes, SWAP, "swap space").note("`SwapTotal`."),
    Field::new("swap_used_bytes", "swap.used", U64, Bytes, SWAP, "swap space in use, without pages that are in memory too")
        .note("`SwapTotal` minus `SwapFree` minus `SwapCached`."),
    Field::new("io_read_bytes_per_s", "io.read", U64, BytesPerSecond, PROCESS_IO, "bytes that all processes made storage deliver").in_history(0),
    Field::new("io_write_bytes_per_s", "io.write", U64, BytesPerSecond, PROCESS_IO, "bytes that all processes made dirty for storage").in_history(0),
    Field::new("disk_read_bytes_per_s", "disk.read", U64, BytesPerSecond, group("DISK"), "bytes that all disks delivered"),
    Field::new("disk_write_bytes_per_s", "disk.write", U64, BytesPerSecond, group("DISK"), "bytes that all disks took"),
    Field::new("cpu_power_uw", "cpu.power", U64, MicroWatts, group("CPU_POWER"), "power of the CPU packages").note("From RAPL."),
    Field::new("battery_power_uw", "battery.power", U64, MicroWatts, group("BATTERY_POWER"), "power that flows into or out of the batteries"),
    Field::new("zram_stored_bytes", "zram.stored", U64, Bytes, group("ZRAM"), "pages that zram holds, uncompressed"),
    Field::new("zram_used_bytes", "zram.used", U64, Bytes, group("ZRAM"), "memory that zram uses for these pages"),
    Field::new("zswap_stored_bytes", "zswap.stored", U64, Bytes, group("ZSWAP"), "pages that zswap holds, uncompressed"),
    Field::new("zswap_used_bytes", "zswap.used", U64, Bytes, group("ZSWAP"), "memory that zswap uses for these pages"),
    Field::new("zfs_arc_bytes", "zfs.arc", U64, Bytes, group("ZFS_ARC"), "the ARC of ZFS"),
    Field::new("zfs_arc_reclaimable_bytes", "zfs.arc.reclaimable", U64, Bytes, group("ZFS_ARC"), "the part of the ARC that ZFS gives back under pressure")
        .note("`memory_used_bytes` leaves this part out."),
    Field::new("uptime_ns", "uptime", U64, Nanoseconds, group("UPTIME"), "time since the machine was started, suspends included").since(1),
    Field::new("swap_in_bytes_per_s", "swap.in", U64, BytesPerSecond, group("SWAP_RATE"), "bytes read back from swap space").since(1),
    Field::new("swap_out_bytes_per_s", "swap.out", U64, BytesPerSecond, group("SWAP_RATE"), "bytes written to swap space").since(1),
];

/// A figure that is computed from the fields of a sample.
#[derive(Clone, Copy)]
pub struct Computed {
    /// Name, unit, validity and texts.
    pub field: Field,
    /// The method of [`Snapshot`] that computes the figure; `None` where the figure is unknown.
    pub value: fn(&Snapshot) -> Option<u32>,
}

/// All figures that are computed from a sample.
#[rustfmt::skip]
pub const COMPUTED: &[Computed] = &[
    Computed { value: Snapshot::memory_used_ppm, field: Field::new("memory_used_ppm", "memory.percent", U32, Ppm, MEMORY, "share of the memory that is used").in_history(0) },
    Computed { value: Snapshot::swap_used_ppm, field: Field::new("swap_used_ppm", "swap.percent", U32, Ppm, SWAP, "share of the swap space in use").in_history(0) },
    Computed { value: Snapshot::gpu_busy_ppm, field: Field::new("gpu_busy_ppm", "", U32, Ppm, GPU, "share of the interval in which the first GPU worked")
        .note("Known only if bit 0 of `flags` is set as well.").in_history(0) },
    Computed { value: Snapshot::flags, field: Field::new("flags", "", U32, Bits(HISTORY_FLAGS), ALWAYS, "which other figures of the point are known, a bit each").in_history(0) },
];
