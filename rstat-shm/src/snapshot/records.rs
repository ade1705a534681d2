//! What the rows of a sample's lists are made of.
//!
//! Generated from the table in `fields/`: do not edit.

use crate::snapshot::Text;
#[cfg(doc)]
use crate::snapshot::valid;

/// Rows in each of the top lists of processes: up to 5 of user space, up to 5 kernel threads.
pub const TOP_ROWS: usize = 10;
/// Rows in each of the top lists of applications.
pub const TOP_APPLICATIONS: usize = 5;
/// Rows in the list of blocked processes, and in that of zombies.
pub const MAX_PROCESS_STATES: usize = 8;
/// The most GPUs that have figures of their own.
pub const MAX_GPUS: usize = 8;
/// The most fans that have figures of their own.
pub const MAX_FANS: usize = 8;
/// The most network interfaces that have figures of their own.
pub const MAX_INTERFACES: usize = 8;
/// The most file systems that have figures of their own.
pub const MAX_FILE_SYSTEMS: usize = 8;
/// The most CPUs that have figures of their own: those with the lowest numbers.
pub const MAX_CORES: usize = 256;
/// Words of the bitmap that has a bit for each of these CPUs.
pub const CORE_WORDS: usize = 4;
/// Bytes of a process name, as the kernel cuts it (`TASK_COMM_LEN`).
pub const COMM_BYTES: usize = 16;
/// Bytes of an application's name.
pub const APPLICATION_BYTES: usize = 32;
/// Bytes of a network interface's name (`IFNAMSIZ`).
pub const INTERFACE_BYTES: usize = 16;
/// Bytes of a mount point.
pub const MOUNT_POINT_BYTES: usize = 64;

/// Sources: values of `source`.
pub mod source {
    /// The BPF probe in the scheduler: exact to the nanosecond.
    pub const BPF: u32 = 1;
    /// Files below `/proc`: exact to one tick of the kernel's clock.
    pub const PROC: u32 = 2;
}

/// Throttle bits: bits of `throttle`.
pub mod throttle {
    /// The processor, or a part of its board, is too hot.
    pub const THERMAL: u32 = 1 << 0;
    /// The processor has reached a power limit.
    pub const POWER: u32 = 1 << 1;
    /// The processor has reached a current limit, or its voltage regulator is too hot.
    pub const CURRENT: u32 = 1 << 2;
    /// Something outside of the processor asked for throttling (PROCHOT, an external brake).
    pub const EXTERNAL: u32 = 1 << 3;
    /// Any other reason.
    pub const OTHER: u32 = 1 << 4;
}

/// A row of a top list: a process, or all short-lived processes of one name.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Process {
    /// Name. The name of its first thread: up to 15 bytes, then zeros. Any bytes are possible,
    /// UTF-8 or not, cut anywhere.
    pub comm: Text<COMM_BYTES>,
    /// Process id, if the row is one process that exists. 0 where the row's processes are gone.
    pub pid: u32,
    /// How many processes. 0 ends the list.
    pub count: u32,
    /// Kind of the process.
    pub flags: u32,
    /// CPU time as a share of one CPU; [`valid::PROCESS_CPU`]. Eight busy threads are 8,000,000.
    pub cpu_ppm: u32,
    /// Resident memory; [`valid::PROCESSES`]. File-backed, anonymous and shared pages.
    pub rss_bytes: u64,
    /// Bytes fetched from storage; [`valid::PROCESS_IO`]. `read_bytes` of `/proc/PID/io`.
    pub read_bytes_per_s: u64,
    /// Bytes made dirty for storage; [`valid::PROCESS_IO`]. `write_bytes` of `/proc/PID/io`.
    pub write_bytes_per_s: u64,
}

impl Process {
    /// The row is a kernel thread, or kernel threads of one name.
    pub const KERNEL_THREAD: u32 = 1 << 0;
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<Process>() == size_of::<Text<COMM_BYTES>>() + 4 * size_of::<u32>() + 3 * size_of::<u64>());

/// A row of a top list of applications: all processes of a systemd scope or service, or of one name
/// where there is none. A program and a kernel thread of the same name have separate rows. A daemon
/// knows about a thousand names; all further processes are a row called `(others)`.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Application {
    /// Name. The unit's name without what systemd adds, or the processes' name. Any bytes, then
    /// zeros; after a name of 32 bytes there is no zero.
    pub name: Text<APPLICATION_BYTES>,
    /// How many processes. Processes that came and went in the interval count, too. 0 ends the
    /// list.
    pub count: u32,
    /// Kind of the processes.
    pub flags: u32,
    /// CPU time as a share of one CPU; [`valid::PROCESS_CPU`]. Eight busy threads are 8,000,000.
    pub cpu_ppm: u32,
    /// Always 0.
    pub reserved: u32,
    /// Resident memory; [`valid::PROCESSES`]. Pages that processes share count once for each.
    pub rss_bytes: u64,
    /// Bytes fetched from storage; [`valid::PROCESS_IO`].
    pub read_bytes_per_s: u64,
    /// Bytes made dirty for storage; [`valid::PROCESS_IO`].
    pub write_bytes_per_s: u64,
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<Application>() == size_of::<Text<APPLICATION_BYTES>>() + 4 * size_of::<u32>() + 3 * size_of::<u64>());

/// A process that does not run although it should: blocked, or a zombie.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ProcessState {
    /// Name. As in a process.
    pub comm: Text<COMM_BYTES>,
    /// Process id. 0 ends the list.
    pub pid: u32,
    /// Threads that are blocked. 0 for a zombie.
    pub threads: u32,
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<ProcessState>() == size_of::<Text<COMM_BYTES>>() + 2 * size_of::<u32>());

/// A graphics processor.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Gpu {
    /// Kernel driver.
    pub driver: u32,
    /// Awake or asleep. While the GPU sleeps, nothing else is known.
    pub state: u32,
    /// Which members are known, a bit each.
    pub valid: u32,
    /// Share of the interval in which the GPU worked; [`Gpu::BUSY`].
    pub busy_ppm: u32,
    /// Frequency, 0 while the GPU idles; [`Gpu::FREQUENCY`].
    pub frequency_mhz: u32,
    /// Highest frequency the hardware can reach; [`Gpu::FREQUENCY_LIMIT`].
    pub frequency_limit_mhz: u32,
    /// Temperature of the chip; [`Gpu::TEMPERATURE`].
    pub temperature_mc: i32,
    /// The reasons for throttling, one bit for each; [`Gpu::THROTTLE`]. 0: the GPU is not
    /// throttled.
    pub throttle: u32,
    /// Power that the GPU draws; [`Gpu::POWER`].
    pub power_uw: u64,
    /// The GPU's own memory that is used; [`Gpu::MEMORY`].
    pub memory_used_bytes: u64,
    /// The GPU's own memory; [`Gpu::MEMORY`].
    pub memory_total_bytes: u64,
    /// Memory of the machine that the GPU uses; [`Gpu::MEMORY_SHARED`]. No daemon of this version
    /// knows this figure.
    pub memory_shared_used_bytes: u64,
    /// Memory of the machine that the GPU can use; [`Gpu::MEMORY_SHARED`]. No daemon of this
    /// version knows this figure.
    pub memory_shared_total_bytes: u64,
}

impl Gpu {
    /// The processor runs.
    pub const AWAKE: u32 = 1;
    /// The processor is runtime-suspended.
    pub const ASLEEP: u32 = 2;
    /// A bit of `valid`: busy.
    pub const BUSY: u32 = 1 << 0;
    /// A bit of `valid`: frequency.
    pub const FREQUENCY: u32 = 1 << 1;
    /// A bit of `valid`: frequency limit.
    pub const FREQUENCY_LIMIT: u32 = 1 << 2;
    /// A bit of `valid`: temperature.
    pub const TEMPERATURE: u32 = 1 << 3;
    /// A bit of `valid`: throttle.
    pub const THROTTLE: u32 = 1 << 4;
    /// A bit of `valid`: power.
    pub const POWER: u32 = 1 << 5;
    /// A bit of `valid`: memory.
    pub const MEMORY: u32 = 1 << 6;
    /// A bit of `valid`: memory shared.
    pub const MEMORY_SHARED: u32 = 1 << 7;
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<Gpu>() == 7 * size_of::<u32>() + size_of::<i32>() + 5 * size_of::<u64>());

/// A physical network interface.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Interface {
    /// Name. Up to 15 bytes, then zeros.
    pub name: Text<INTERFACE_BYTES>,
    /// Whether the interface is up.
    pub flags: u32,
    /// Which members are known, a bit each.
    pub valid: u32,
    /// Bytes received; [`Interface::RATES`].
    pub received_bytes_per_s: u64,
    /// Bytes sent; [`Interface::RATES`].
    pub sent_bytes_per_s: u64,
}

impl Interface {
    /// The interface has a link.
    pub const UP: u32 = 1 << 0;
    /// A bit of `valid`: rates.
    pub const RATES: u32 = 1 << 0;
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<Interface>() == size_of::<Text<INTERFACE_BYTES>>() + 2 * size_of::<u32>() + 2 * size_of::<u64>());

/// A mounted file system.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct FileSystem {
    /// Mount point. A long one is cut on its left. Any bytes, then zeros where there is room.
    pub mount_point: Text<MOUNT_POINT_BYTES>,
    /// Which members are known, a bit each.
    pub valid: u32,
    /// Always 0.
    pub reserved: u32,
    /// Size; [`FileSystem::SPACE`].
    pub total_bytes: u64,
    /// Space in use; [`FileSystem::SPACE`].
    pub used_bytes: u64,
    /// Space that is left for users; [`FileSystem::SPACE`].
    pub available_bytes: u64,
}

impl FileSystem {
    /// A bit of `valid`: space.
    pub const SPACE: u32 = 1 << 0;
}

// No padding: the members fill the struct.
#[rustfmt::skip]
const _: () = assert!(size_of::<FileSystem>() == size_of::<Text<MOUNT_POINT_BYTES>>() + 2 * size_of::<u32>() + 3 * size_of::<u64>());
