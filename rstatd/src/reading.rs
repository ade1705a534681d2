//! What one tick reads: raw counters and gauges, before any division.
//!
//! Sources fill it in, the sampler turns two of them into a snapshot. Nothing
//! here reads anything. `None` is "this machine does not say": never a zero.

use rstat_shm::snapshot::{Comm, Gpu, MAX_CORES, MAX_GPUS};

/// Everything that one tick reads, except the processes, which are too many to
/// keep twice: their source hands out a [`Usage`] each, already as differences.
#[derive(Clone, Debug)]
pub struct Reading {
    /// CLOCK_MONOTONIC when the tick began.
    pub monotonic_ns: u64,
    /// CLOCK_REALTIME when the tick began.
    pub realtime_ns: u64,
    /// CPU time.
    pub cpus: Cpus,
    /// Memory and swap.
    pub memory: Option<Memory>,
    /// Load average and threads.
    pub load: Option<Load>,
    /// Processes, zombies included.
    pub processes: Option<u32>,
    /// Processes that exist and are in no list.
    pub unlisted: Option<u32>,
    /// Thousandths of a degree Celsius.
    pub cpu_temperature_mc: Option<i32>,
    /// CPU frequency.
    pub cpu_frequency: CpuFrequency,
    /// Index into [`rstat_shm::snapshot::PLATFORM_PROFILES`], plus 1.
    pub platform_profile: Option<u32>,
    /// Graphics processors, in the order of their bus addresses.
    pub gpus: [Option<GpuReading>; MAX_GPUS],
}

/// CPU time since some fixed moment, by CPU number.
#[derive(Clone, Debug)]
pub struct Cpus {
    /// CPUs online.
    pub online_count: u32,
    /// Bitmap of the CPUs that are online, as far as they have an entry below.
    pub online: [u64; MAX_CORES / 64],
    /// Time that each CPU was not idle; wraps, only differences mean something.
    pub busy_ns: [u64; MAX_CORES],
    /// The same, of all CPUs together, also those without an entry.
    pub all_busy_ns: u64,
    /// Context switches of all CPUs since some fixed moment.
    pub context_switches: Option<u64>,
}

/// `/proc/meminfo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// `MemTotal`.
    pub total_bytes: u64,
    /// `MemAvailable`.
    pub available_bytes: u64,
    /// `Buffers` + `Cached` + `SReclaimable`.
    pub cached_bytes: u64,
    /// `SwapTotal`.
    pub swap_total_bytes: u64,
    /// `SwapTotal` − `SwapFree` − `SwapCached`.
    pub swap_used_bytes: u64,
}

/// `/proc/loadavg`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Over 1, 5 and 15 minutes, thousandths.
    pub average_milli: [u32; 3],
    /// Threads that run or wait for a CPU.
    pub runnable: u32,
    /// Threads.
    pub threads: u32,
}

/// `cpufreq` of all online CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuFrequency {
    /// Average and highest frequency now.
    pub now_khz: Option<(u32, u32)>,
    /// The highest the hardware can reach.
    pub limit_khz: Option<u32>,
}

/// One graphics processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuReading {
    /// Index into [`Gpu::DRIVERS`], plus 1.
    pub driver: u32,
    /// Runtime-suspended; nothing else of it was read.
    pub asleep: bool,
    /// Time it worked or idled, since some fixed moment.
    pub work: Option<GpuWork>,
    /// 0 while it idles.
    pub frequency_mhz: Option<u32>,
    /// The highest the hardware can reach.
    pub frequency_limit_mhz: Option<u32>,
}

/// How a driver tells how busy a GPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuWork {
    /// A counter of the time it was idle that wraps to 0 after `wraps_at_ms` (i915, xe).
    IdleMs {
        /// The counter.
        idle_ms: u64,
        /// The highest value it can have.
        wraps_at_ms: u64,
    },
    /// A share that the driver has averaged itself, in ppm (amdgpu, nvidia).
    BusyPpm(u32),
}

/// What one process, or all short-lived processes of one name, used since the
/// last tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Process id; 0 for processes that are gone.
    pub pid: u32,
    /// Processes that this stands for.
    pub count: u32,
    /// Whether it is a kernel thread.
    pub kernel_thread: bool,
    /// Name of the first thread.
    pub comm: Comm,
    /// CPU time of all threads since the last tick.
    pub busy_ns: u64,
    /// Resident memory now.
    pub rss_bytes: u64,
    /// Bytes it made storage deliver since the last tick.
    pub read_bytes: u64,
    /// Bytes it made dirty for storage since the last tick.
    pub write_bytes: u64,
}

impl Reading {
    /// Nothing read yet.
    pub const EMPTY: Self = Self {
        monotonic_ns: 0,
        realtime_ns: 0,
        cpus: Cpus {
            online_count: 0,
            online: [0; MAX_CORES / 64],
            busy_ns: [0; MAX_CORES],
            all_busy_ns: 0,
            context_switches: None,
        },
        memory: None,
        load: None,
        processes: None,
        unlisted: None,
        cpu_temperature_mc: None,
        cpu_frequency: CpuFrequency { now_khz: None, limit_khz: None },
        platform_profile: None,
        gpus: [None; MAX_GPUS],
    };
}

/// The number under which a driver is published, if it is one we know.
pub fn gpu_driver_number(name: &str) -> Option<u32> {
    let index = Gpu::DRIVERS.iter().position(|driver| *driver == name)?;
    Some(index as u32 + 1)
}
