//! What one tick reads: raw counters and gauges, before any division.
//!
//! Sources fill it in, the sampler turns two of them into a snapshot. Nothing
//! here reads anything. `None` is "this machine does not say": never a zero.

use crate::application::ApplicationId;
use rstat_shm::snapshot::{Comm, Gpu, MAX_CORES, MAX_FANS, MAX_GPUS};

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
    /// What the probe adds to one context switch.
    pub probe_switch_ns: Option<u32>,
    /// CLOCK_MONOTONIC when the processes were read, a moment after the tick began.
    pub processes_monotonic_ns: u64,
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
    /// Tasks that wait for a CPU.
    pub pressure_cpu: Option<Pressure>,
    /// Tasks that wait for memory.
    pub pressure_memory: Option<Pressure>,
    /// Tasks that wait for I/O.
    pub pressure_io: Option<Pressure>,
    /// All disks together.
    pub disk: Option<Disk>,
    /// All zram devices together.
    pub zram: Option<Compressed>,
    /// The cache of ZFS.
    pub zfs_arc: Option<ZfsArc>,
    /// How often and for how long the CPU was throttled.
    pub cpu_throttle: Option<CpuThrottle>,
    /// Energy of all CPU packages, microjoules.
    pub cpu_energy_uj: Option<Span>,
    /// All batteries together.
    pub battery: Option<Battery>,
    /// Fans, in the order of their sensors.
    pub fans: Option<Fans>,
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
    /// `Zswapped` and `Zswap`: of a kernel that compresses what it swaps out (5.19).
    pub zswap: Option<Compressed>,
}

/// Memory that holds other memory's pages in compressed form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compressed {
    /// What the pages would take uncompressed.
    pub stored_bytes: u64,
    /// What they take.
    pub used_bytes: u64,
}

/// The adaptive replacement cache of ZFS, which the kernel does not know as a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZfsArc {
    /// What it takes.
    pub size_bytes: u64,
    /// The part that ZFS gives back under pressure: what it has above its minimum.
    pub reclaimable_bytes: u64,
}

/// What a counter went up by between two readings of a source, and how long that
/// was. A source that is not read at each tick keeps saying its last span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// What was counted.
    pub count: u64,
    /// Never 0.
    pub elapsed_ns: u64,
}

/// One file of `/proc/pressure`: shares of the last 10 s, as the kernel averages them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// In which some task waited.
    pub some_ppm: u32,
    /// In which all tasks did.
    pub full_ppm: u32,
}

/// Bytes that went between disks and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// Read.
    pub read_bytes: Span,
    /// Written.
    pub write_bytes: Span,
}

/// Throttling of the package or the core that was throttled most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuThrottle {
    /// How often it began.
    pub count: u64,
    /// For how long it was, milliseconds; kernels before 5.6 do not say.
    pub time_ms: Option<Span>,
}

/// All batteries of the machine as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Battery {
    /// What they hold and what they hold when full, in whatever unit they tell.
    pub charge: (u64, u64),
    /// Index into [`rstat_shm::snapshot::BATTERY_STATUSES`], plus 1; 0: another word.
    pub status: u32,
    /// What flows in or out.
    pub power_uw: Option<u64>,
}

/// Speeds of fans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fans {
    /// Entries in use.
    pub count: u32,
    /// Revolutions a minute; 0 for a fan that stands.
    pub rpm: [u32; MAX_FANS],
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuFrequency {
    /// Average and highest frequency now.
    pub now_khz: Option<(u32, u32)>,
    /// The highest the hardware can reach.
    pub limit_khz: Option<u32>,
    /// Of each CPU, by CPU number; 0 where it is not known.
    pub each_khz: [u32; MAX_CORES],
}

impl CpuFrequency {
    /// Nothing known.
    pub const UNKNOWN: Self = Self { now_khz: None, limit_khz: None, each_khz: [0; MAX_CORES] };
}

/// One graphics processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuReading {
    /// Index into [`Gpu::DRIVERS`], plus 1.
    pub driver: u32,
    /// Runtime-suspended; nothing else of it was read.
    pub asleep: bool,
    /// How much it worked.
    pub work: Option<GpuWork>,
    /// 0 while it idles.
    pub frequency_mhz: Option<u32>,
    /// The highest the hardware can reach.
    pub frequency_limit_mhz: Option<u32>,
    /// Thousandths of a degree Celsius.
    pub temperature_mc: Option<i32>,
    /// What holds it back now: bits of [`rstat_shm::snapshot::throttle`].
    pub throttle: Option<u32>,
    /// What it draws.
    pub power: Option<GpuPower>,
    /// Memory of its own: used and all of it, bytes.
    pub memory_bytes: Option<(u64, u64)>,
}

/// How a driver tells what a GPU draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuPower {
    /// Microjoules (i915, xe).
    EnergyUj(Span),
    /// Microwatts, which the driver has averaged itself (amdgpu, nvidia).
    Uw(u64),
}

/// How a driver tells how busy a GPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuWork {
    /// The time that it was idle, milliseconds (i915, xe).
    IdleMs(Span),
    /// A share that the driver has averaged itself, in ppm (amdgpu, nvidia).
    BusyPpm(u32),
}

/// What one process, or all short-lived processes of one name, used since the
/// last tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Process id; 0 for processes that are gone: they are ranked as one for each name.
    pub pid: u32,
    /// Where its source remembers it; means nothing for processes that are gone.
    pub place: u32,
    /// Processes that this stands for.
    pub count: u32,
    /// Whether it is a kernel thread.
    pub kernel_thread: bool,
    /// Name of the first thread.
    pub comm: Comm,
    /// The application it belongs to.
    pub application: ApplicationId,
    /// CPU time of all threads since the last tick.
    pub busy_ns: u64,
    /// Resident memory now.
    pub rss_bytes: u64,
    /// That is what `statm` said, and the counters have not moved since.
    pub rss_confirmed: bool,
    /// Bytes it made storage deliver since the last tick.
    pub read_bytes: u64,
    /// Bytes it made dirty for storage since the last tick.
    pub write_bytes: u64,
    /// Threads in uninterruptible sleep.
    pub blocked_threads: u32,
    /// It ended, and its parent has not asked for its status.
    pub zombie: bool,
}

/// Who is told what processes used.
pub trait TakeUsage {
    /// Takes note of one process, or of all of one name that are gone.
    fn take(&mut self, usage: &Usage);

    /// The same of a process that did nothing since the last tick. False if that is
    /// not enough to know, and nothing was noted.
    fn take_asleep(&mut self, asleep: Asleep) -> bool;
}

/// Whoever has no use for less wants to know everything of everybody.
impl<F: FnMut(&Usage)> TakeUsage for F {
    fn take(&mut self, usage: &Usage) {
        self(usage);
    }

    fn take_asleep(&mut self, _: Asleep) -> bool {
        false
    }
}

/// What there is to say of a process that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asleep {
    /// Resident memory.
    pub rss_bytes: u64,
    /// The application it belongs to.
    pub application: ApplicationId,
}

impl Cpus {
    /// Nothing read yet.
    pub const EMPTY: Self = Self {
        online_count: 0,
        online: [0; MAX_CORES / 64],
        busy_ns: [0; MAX_CORES],
        all_busy_ns: 0,
        context_switches: None,
    };

    /// Forgets an earlier tick: nothing is known of any CPU until it is read again.
    pub fn forget(&mut self) {
        // The times of a CPU that is not online are looked at by nobody.
        self.online_count = 0;
        self.online = [0; MAX_CORES / 64];
        self.context_switches = None;
    }
}

impl Reading {
    /// Nothing read yet.
    pub const EMPTY: Self = Self {
        monotonic_ns: 0,
        realtime_ns: 0,
        cpus: Cpus::EMPTY,
        memory: None,
        load: None,
        probe_switch_ns: None,
        processes_monotonic_ns: 0,
        processes: None,
        unlisted: None,
        cpu_temperature_mc: None,
        cpu_frequency: CpuFrequency::UNKNOWN,
        platform_profile: None,
        pressure_cpu: None,
        pressure_memory: None,
        pressure_io: None,
        disk: None,
        zram: None,
        zfs_arc: None,
        cpu_throttle: None,
        cpu_energy_uj: None,
        battery: None,
        fans: None,
        gpus: [None; MAX_GPUS],
    };
}

/// The number under which a driver is published, if it is one we know.
pub fn gpu_driver_number(name: &str) -> Option<u32> {
    let index = Gpu::DRIVERS.iter().position(|driver| *driver == name)?;
    Some(index as u32 + 1)
}
