//! What a sample and a point of the history are made of.
//!
//! Generated from the table in `fields/`: do not edit.

#[cfg(doc)]
use crate::snapshot::valid;
#[rustfmt::skip]
use crate::snapshot::{Application, CORE_WORDS, FileSystem, Gpu, Interface, MAX_CORES, MAX_FANS, MAX_FILE_SYSTEMS, MAX_GPUS, MAX_INTERFACES, MAX_PROCESS_STATES, Process, ProcessState, TOP_APPLICATIONS, TOP_ROWS};

/// One sample of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Snapshot {
    /// Number of the sample, counted over restarts of the daemon.
    pub sequence: u64,
    /// Random number of the daemon's run. A change means that the daemon was restarted.
    pub instance: u64,
    /// CLOCK_MONOTONIC when the sample was taken. The clock is the machine's, outside of time
    /// namespaces.
    pub monotonic_ns: u64,
    /// CLOCK_REALTIME when the sample was taken.
    pub realtime_ns: u64,
    /// Time since the sample before, over which rates are averaged.
    pub elapsed_ns: u64,
    /// Time between samples that the daemon was asked for.
    pub period_ns: u64,
    /// Which groups of fields are known, a bit each.
    pub valid: u64,
    /// What the sample before this one cost the daemon; [`valid::SAMPLE_COST`]. From the moment
    /// that the daemon wakes until the sample is published.
    pub sample_ns: u64,
    /// Source of the CPU and process figures.
    pub source: u32,
    /// CPUs online.
    pub cpu_count: u32,
    /// Share of all online CPUs that was not idle; [`valid::CPU`].
    pub cpu_busy_ppm: u32,
    /// CPU temperature; [`valid::CPU_TEMPERATURE`].
    pub cpu_temperature_mc: i32,
    /// Average frequency of the online CPUs; [`valid::CPU_FREQUENCY`].
    pub cpu_frequency_khz: u32,
    /// Frequency of the fastest CPU; [`valid::CPU_FREQUENCY`].
    pub cpu_frequency_highest_khz: u32,
    /// Highest frequency the hardware can reach; [`valid::CPU_FREQUENCY_LIMIT`].
    pub cpu_frequency_limit_khz: u32,
    /// Platform profile; [`valid::PLATFORM_PROFILE`].
    pub platform_profile: u32,
    /// Load average of 1 minute; [`valid::LOAD`].
    pub load_1m_milli: u32,
    /// Load average of 5 minutes; [`valid::LOAD`].
    pub load_5m_milli: u32,
    /// Load average of 15 minutes; [`valid::LOAD`].
    pub load_15m_milli: u32,
    /// Processes, zombies included; [`valid::PROCESSES`].
    pub processes: u32,
    /// Threads of all processes; [`valid::LOAD`].
    pub threads: u32,
    /// Threads that run or wait for a CPU; [`valid::LOAD`].
    pub runnable: u32,
    /// Processes that the probe had no slot for; [`valid::UNLISTED`]. No list has these processes.
    pub processes_unlisted: u32,
    /// Graphics processors; [`valid::GPU`]. The rows of `gpus` in use.
    pub gpu_count: u32,
    /// Processes with a thread in uninterruptible sleep; [`valid::PROCESS_STATES`]. Processes
    /// without a row in `blocked` count as well.
    pub processes_blocked: u32,
    /// Processes that ended and were not waited for; [`valid::PROCESS_STATES`]. Processes without a
    /// row in `zombies` count as well.
    pub processes_zombie: u32,
    /// Number of the CPU that was busiest; [`valid::CPU`].
    pub cpu_busiest: u32,
    /// Frequency of the busiest CPU; [`valid::CPU_FREQUENCY`].
    pub cpu_frequency_busiest_khz: u32,
    /// What the probe adds to one context switch; [`valid::PROBE_COST`]. Measured at the daemon's
    /// start with cold caches. Switches to idle count, the cost of measuring does not.
    pub probe_switch_ns: u32,
    /// Share of one CPU that the probe takes; [`valid::PROBE_COST`]. At the present rate of
    /// switches.
    pub probe_ppm: u32,
    /// Share of the last 10 s in which some task waited for a CPU; [`valid::PRESSURE_CPU`].
    pub pressure_cpu_some_ppm: u32,
    /// Share of the last 10 s in which all tasks waited for a CPU; [`valid::PRESSURE_CPU`]. Linux
    /// defines this share as 0 for the whole machine.
    pub pressure_cpu_full_ppm: u32,
    /// Share of the last 10 s in which some task waited for memory; [`valid::PRESSURE_MEMORY`].
    pub pressure_memory_some_ppm: u32,
    /// Share of the last 10 s in which all tasks waited for memory; [`valid::PRESSURE_MEMORY`].
    pub pressure_memory_full_ppm: u32,
    /// Share of the last 10 s in which some task waited for I/O; [`valid::PRESSURE_IO`].
    pub pressure_io_some_ppm: u32,
    /// Share of the last 10 s in which all tasks waited for I/O; [`valid::PRESSURE_IO`].
    pub pressure_io_full_ppm: u32,
    /// Times that the CPU was throttled in the interval; [`valid::CPU_THROTTLE`]. Counts the
    /// package or its hottest core, whichever was throttled more often.
    pub cpu_throttle_count: u32,
    /// Share of the interval in which the CPU was throttled; [`valid::CPU_THROTTLED`].
    pub cpu_throttled_ppm: u32,
    /// Charge of all batteries; [`valid::BATTERY`].
    pub battery_charge_ppm: u32,
    /// What the batteries do; [`valid::BATTERY`]. 0 where the kernel says `Unknown` or nothing,
    /// even while the charge is known.
    pub battery_status: u32,
    /// Fans; [`valid::FANS`]. The entries of `fans_rpm` in use.
    pub fan_count: u32,
    /// Network interfaces; [`valid::INTERFACES`]. The rows of `interfaces` in use.
    pub interface_count: u32,
    /// File systems; [`valid::FILE_SYSTEMS`]. The rows of `file_systems` in use.
    pub file_system_count: u32,
    /// Always 0.
    pub reserved: u32,
    /// Context switches of all CPUs; [`valid::CONTEXT_SWITCHES`].
    pub context_switches_per_s: u64,
    /// Memory of the machine; [`valid::MEMORY`]. `MemTotal` of `/proc/meminfo`.
    pub memory_total_bytes: u64,
    /// Memory that programs can still get without swapping; [`valid::MEMORY`]. `MemAvailable`, and
    /// what ZFS gives back.
    pub memory_available_bytes: u64,
    /// Memory that is not available; [`valid::MEMORY`]. Total minus available.
    pub memory_used_bytes: u64,
    /// Buffers, page cache and reclaimable slab; [`valid::MEMORY`]. What `free` calls `buff/cache`.
    pub memory_cached_bytes: u64,
    /// Swap space; [`valid::SWAP`]. `SwapTotal`.
    pub swap_total_bytes: u64,
    /// Swap space in use, without pages that are in memory too; [`valid::SWAP`]. `SwapTotal` minus
    /// `SwapFree` minus `SwapCached`.
    pub swap_used_bytes: u64,
    /// Bytes that all processes made storage deliver; [`valid::PROCESS_IO`].
    pub io_read_bytes_per_s: u64,
    /// Bytes that all processes made dirty for storage; [`valid::PROCESS_IO`].
    pub io_write_bytes_per_s: u64,
    /// Bytes that all disks delivered; [`valid::DISK`].
    pub disk_read_bytes_per_s: u64,
    /// Bytes that all disks took; [`valid::DISK`].
    pub disk_write_bytes_per_s: u64,
    /// Power of the CPU packages; [`valid::CPU_POWER`]. From RAPL.
    pub cpu_power_uw: u64,
    /// Power that flows into or out of the batteries; [`valid::BATTERY_POWER`].
    pub battery_power_uw: u64,
    /// Pages that zram holds, uncompressed; [`valid::ZRAM`].
    pub zram_stored_bytes: u64,
    /// Memory that zram uses for these pages; [`valid::ZRAM`].
    pub zram_used_bytes: u64,
    /// Pages that zswap holds, uncompressed; [`valid::ZSWAP`].
    pub zswap_stored_bytes: u64,
    /// Memory that zswap uses for these pages; [`valid::ZSWAP`].
    pub zswap_used_bytes: u64,
    /// The ARC of ZFS; [`valid::ZFS_ARC`].
    pub zfs_arc_bytes: u64,
    /// The part of the ARC that ZFS gives back under pressure; [`valid::ZFS_ARC`].
    /// `memory_used_bytes` leaves this part out.
    pub zfs_arc_reclaimable_bytes: u64,
    /// The processes with the most CPU time in the interval, most first: up to 5 of user space and
    /// up to 5 kernel threads; [`valid::PROCESS_CPU`].
    pub top_cpu: [Process; TOP_ROWS],
    /// The processes with the most resident memory, most first; [`valid::PROCESSES`].
    pub top_memory: [Process; TOP_ROWS],
    /// The processes with the most bytes read and written in the interval, most first;
    /// [`valid::PROCESS_IO`].
    pub top_io: [Process; TOP_ROWS],
    /// The applications with the most CPU time in the interval, most first; [`valid::PROCESS_CPU`],
    /// [`valid::APPLICATIONS`].
    pub top_cpu_applications: [Application; TOP_APPLICATIONS],
    /// The applications with the most resident memory, most first; [`valid::PROCESSES`],
    /// [`valid::APPLICATIONS`].
    pub top_memory_applications: [Application; TOP_APPLICATIONS],
    /// The applications with the most bytes read and written in the interval, most first;
    /// [`valid::PROCESS_IO`], [`valid::APPLICATIONS`].
    pub top_io_applications: [Application; TOP_APPLICATIONS],
    /// Processes that are blocked, those with the most blocked threads first;
    /// [`valid::PROCESS_STATES`].
    pub blocked: [ProcessState; MAX_PROCESS_STATES],
    /// Zombies; [`valid::PROCESS_STATES`].
    pub zombies: [ProcessState; MAX_PROCESS_STATES],
    /// Graphics processors, in the order of their bus addresses; [`valid::GPU`].
    pub gpus: [Gpu; MAX_GPUS],
    /// Physical network interfaces; [`valid::INTERFACES`].
    pub interfaces: [Interface; MAX_INTERFACES],
    /// File systems: `/`, then the others, fullest first; [`valid::FILE_SYSTEMS`].
    pub file_systems: [FileSystem; MAX_FILE_SYSTEMS],
    /// Revolutions of the fans. 0 for a fan that stands still; [`valid::FANS`].
    pub fans_rpm: [u32; MAX_FANS],
    /// Bit c mod 64 of word c / 64: the entry of CPU c in `cores` is known; [`valid::CPU`].
    pub cores_online: [u64; CORE_WORDS],
    /// Share of each CPU, by its number, that was not idle. CPUs from 256 on have no entry;
    /// [`valid::CPU`].
    pub cores: [u32; MAX_CORES],
    /// Time since the machine was started, suspends included; [`valid::UPTIME`].
    pub uptime_ns: u64,
    /// Bytes read back from swap space; [`valid::SWAP_RATE`].
    pub swap_in_bytes_per_s: u64,
    /// Bytes written to swap space; [`valid::SWAP_RATE`].
    pub swap_out_bytes_per_s: u64,
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<Snapshot>() == 34 * size_of::<u64>() + 299 * size_of::<u32>() + size_of::<i32>() + 30 * size_of::<Process>() + 15 * size_of::<Application>() + 16 * size_of::<ProcessState>() + 8 * size_of::<Gpu>() + 8 * size_of::<Interface>() + 8 * size_of::<FileSystem>());

/// One point of the history: what bars draw over time.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct HistoryPoint {
    /// CLOCK_MONOTONIC when the sample was taken. The clock is the machine's, outside of time
    /// namespaces.
    pub monotonic_ns: u64,
    /// Which groups of fields are known, a bit each.
    pub valid: u64,
    /// Share of all online CPUs that was not idle; [`valid::CPU`].
    pub cpu_busy_ppm: u32,
    /// CPU temperature; [`valid::CPU_TEMPERATURE`].
    pub cpu_temperature_mc: i32,
    /// Average frequency of the online CPUs; [`valid::CPU_FREQUENCY`].
    pub cpu_frequency_khz: u32,
    /// Load average of 1 minute; [`valid::LOAD`].
    pub load_1m_milli: u32,
    /// Bytes that all processes made storage deliver; [`valid::PROCESS_IO`].
    pub io_read_bytes_per_s: u64,
    /// Bytes that all processes made dirty for storage; [`valid::PROCESS_IO`].
    pub io_write_bytes_per_s: u64,
    /// Share of the memory that is used; [`valid::MEMORY`].
    pub memory_used_ppm: u32,
    /// Share of the swap space in use; [`valid::SWAP`].
    pub swap_used_ppm: u32,
    /// Share of the interval in which the first GPU worked; [`valid::GPU`]. Known only if bit 0 of
    /// `flags` is set as well.
    pub gpu_busy_ppm: u32,
    /// Which other figures of the point are known, a bit each.
    pub flags: u32,
    /// Always 0.
    pub reserved: [u64; 2],
}

impl HistoryPoint {
    /// The first GPU's `gpu_busy_ppm` is known.
    pub const GPU_BUSY: u32 = 1 << 0;
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<HistoryPoint>() == 6 * size_of::<u64>() + 7 * size_of::<u32>() + size_of::<i32>());

impl From<&Snapshot> for HistoryPoint {
    fn from(sample: &Snapshot) -> Self {
        Self {
            monotonic_ns: sample.monotonic_ns,
            valid: sample.valid,
            cpu_busy_ppm: sample.cpu_busy_ppm,
            cpu_temperature_mc: sample.cpu_temperature_mc,
            cpu_frequency_khz: sample.cpu_frequency_khz,
            load_1m_milli: sample.load_1m_milli,
            io_read_bytes_per_s: sample.io_read_bytes_per_s,
            io_write_bytes_per_s: sample.io_write_bytes_per_s,
            memory_used_ppm: sample.memory_used_ppm().unwrap_or_default(),
            swap_used_ppm: sample.swap_used_ppm().unwrap_or_default(),
            gpu_busy_ppm: sample.gpu_busy_ppm().unwrap_or_default(),
            flags: sample.flags().unwrap_or_default(),
            ..Self::default()
        }
    }
}
