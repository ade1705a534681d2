//! What a sample says: fixed-size, integers only, the unit in every name.
//!
//! Fields are appended, never moved, within a major version of the layout. A
//! value that the machine or the source does not have is a clear bit in
//! [`Snapshot::valid`], and its field then means nothing: it is never a zero or
//! a guess. Shares are in parts per million (`ppm`): 1,000,000 is all of it.

use std::ptr;

mod gpu;
mod history;
mod process;
mod rows;
mod text;
pub mod valid;

pub use gpu::{Gpu, throttle};
pub use history::{HISTORY_WORDS, HistoryPoint};
pub use process::{Application, Process, Stuck};
pub use rows::{KernelThreads, Row, rows};
pub use text::Text;

/// Processes of each kind in a top list: so many of user space and so many kernel
/// threads, so that who hides kernel threads still sees a full list.
pub const TOP_EACH: usize = 5;
/// Rows in each of the top lists of processes.
pub const TOP_ROWS: usize = 2 * TOP_EACH;
/// Rows in each of the top lists of applications.
pub const TOP_APPLICATIONS: usize = 5;
/// Processes that are named as blocked, and as zombies.
pub const MAX_STUCK: usize = 8;
/// Fans with a figure of their own.
pub const MAX_FANS: usize = 4;
/// Bytes of an application's name.
pub const APPLICATION_BYTES: usize = 32;
/// CPUs with a figure of their own; machines with more publish the first ones.
pub const MAX_CORES: usize = 256;
/// GPUs with a figure of their own.
pub const MAX_GPUS: usize = 4;
/// Bytes of a process name, as the kernel cuts it (`TASK_COMM_LEN`).
pub const COMM_BYTES: usize = 16;

/// Where the CPU and process figures come from; the values of [`Snapshot::source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Source {
    /// The BPF probe in the scheduler: exact to the nanosecond.
    Bpf = 1,
    /// Files below `/proc`: exact to one tick of the kernel's clock (10 ms).
    Proc = 2,
}

impl Source {
    /// The names; [`Snapshot::source`] is an index into them, plus 1.
    pub const NAMES: [&'static str; 2] = ["bpf", "proc"];

    /// The source that a published number stands for, if this version knows it.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Bpf, Self::Proc].into_iter().find(|source| *source as u32 == number)
    }

    /// As `--source` spells it.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize - 1]
    }
}

/// A process name as the kernel keeps it: up to 15 bytes of anything, then zeros.
pub type Comm = Text<COMM_BYTES>;

/// An application's name: any bytes, then zeros.
pub type ApplicationName = Text<APPLICATION_BYTES>;

/// Names of [`Snapshot::battery_status`], which is an index into them, plus 1:
/// `POWER_SUPPLY_STATUS_*` of the kernel's `include/linux/power_supply.h`.
pub const BATTERY_STATUSES: [&str; 4] = ["charging", "discharging", "not charging", "full"];

/// Names of [`Snapshot::platform_profile`], which is an index into them, plus 1:
/// `enum platform_profile_option` of the kernel's `include/linux/platform_profile.h`.
pub const PLATFORM_PROFILES: [&str; 8] = [
    "low-power",
    "cool",
    "quiet",
    "balanced",
    "balanced-performance",
    "performance",
    "max-power",
    "custom",
];

/// One sample of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Snapshot {
    /// Number of the sample; goes on over restarts of the daemon.
    pub sequence: u64,
    /// Random number of the daemon's run; a change tells a restart.
    pub instance: u64,
    /// CLOCK_MONOTONIC of the machine when it was taken.
    pub monotonic_ns: u64,
    /// CLOCK_REALTIME when it was taken.
    pub realtime_ns: u64,
    /// Time since the sample before, over which all rates are averaged.
    pub elapsed_ns: u64,
    /// Time between samples that the daemon was asked for.
    pub period_ns: u64,
    /// Which groups of fields are known: bits of [`valid`].
    pub valid: u64,
    /// What the sample before this one cost the daemon, from waking to published.
    pub sample_ns: u64,

    /// [`Source`] of the CPU and process figures.
    pub source: u32,
    /// CPUs online.
    pub cpu_count: u32,
    /// Share of all online CPUs that was not idle.
    pub cpu_busy_ppm: u32,
    /// CPU temperature, thousandths of a degree Celsius.
    pub cpu_temperature_mc: i32,
    /// Average frequency of the online CPUs.
    pub cpu_frequency_khz: u32,
    /// Frequency of the fastest CPU now.
    pub cpu_frequency_highest_khz: u32,
    /// The highest frequency the hardware can reach.
    pub cpu_frequency_limit_khz: u32,
    /// Index into [`PLATFORM_PROFILES`], plus 1.
    pub platform_profile: u32,
    /// Load average of 1 minute, thousandths.
    pub load_1m_milli: u32,
    /// Load average of 5 minutes, thousandths.
    pub load_5m_milli: u32,
    /// Load average of 15 minutes, thousandths.
    pub load_15m_milli: u32,
    /// Processes, zombies included.
    pub processes: u32,
    /// Threads of all processes.
    pub threads: u32,
    /// Threads that run or wait for a CPU.
    pub runnable: u32,
    /// Processes that the probe had no slot for: they are in no list.
    pub processes_unlisted: u32,
    /// Entries of [`Snapshot::gpus`] in use.
    pub gpu_count: u32,
    /// Processes with a thread in uninterruptible sleep (state D).
    pub processes_blocked: u32,
    /// Processes that ended and whose parent has not asked for their status.
    pub processes_zombie: u32,
    /// Number of the CPU that was busiest in the interval; valid with `CPU`.
    pub cpu_busiest: u32,
    /// Frequency of that CPU.
    pub cpu_frequency_busiest_khz: u32,
    /// What the probe adds to one context switch, that of falling idle included: measured
    /// at the daemon's start, with cold caches; what the measuring costs is not in it.
    pub probe_switch_ns: u32,
    /// Share of one CPU that the probe takes at the present rate of switches.
    pub probe_ppm: u32,
    /// Share of the last 10 s in which some task waited for a CPU.
    pub pressure_cpu_some_ppm: u32,
    /// Share in which all tasks did; 0 for the whole machine, by definition.
    pub pressure_cpu_full_ppm: u32,
    /// Share of the last 10 s in which some task waited for memory.
    pub pressure_memory_some_ppm: u32,
    /// Share in which all tasks did.
    pub pressure_memory_full_ppm: u32,
    /// Share of the last 10 s in which some task waited for I/O.
    pub pressure_io_some_ppm: u32,
    /// Share in which all tasks did.
    pub pressure_io_full_ppm: u32,
    /// Times that the CPU package or its hottest core was throttled in the interval.
    pub cpu_throttle_count: u32,
    /// Share of the interval in which it was.
    pub cpu_throttled_ppm: u32,
    /// Charge of all batteries.
    pub battery_charge_ppm: u32,
    /// Index into [`BATTERY_STATUSES`], plus 1; 0 when the kernel says `Unknown` or
    /// nothing, though the charge is known.
    pub battery_status: u32,
    /// Entries of [`Snapshot::fans_rpm`] in use.
    pub fan_count: u32,
    /// Always 0.
    pub reserved: u32,

    /// Context switches of all CPUs.
    pub context_switches_per_s: u64,
    /// `MemTotal` of `/proc/meminfo`.
    pub memory_total_bytes: u64,
    /// `MemAvailable`: what programs can still get without swapping.
    pub memory_available_bytes: u64,
    /// Total minus available.
    pub memory_used_bytes: u64,
    /// Buffers, page cache and reclaimable slab, as `free` calls `buff/cache`.
    pub memory_cached_bytes: u64,
    /// `SwapTotal`.
    pub swap_total_bytes: u64,
    /// `SwapTotal` minus `SwapFree` minus `SwapCached`.
    pub swap_used_bytes: u64,
    /// Bytes that all processes made storage deliver.
    pub io_read_bytes_per_s: u64,
    /// Bytes that all processes made dirty for storage.
    pub io_write_bytes_per_s: u64,
    /// Bytes that all disks delivered.
    pub disk_read_bytes_per_s: u64,
    /// Bytes that all disks took.
    pub disk_write_bytes_per_s: u64,
    /// Power of the CPU packages (RAPL).
    pub cpu_power_uw: u64,
    /// Power that flows into or out of the batteries.
    pub battery_power_uw: u64,
    /// Bytes of pages that zram holds, as they would be uncompressed.
    pub zram_stored_bytes: u64,
    /// Memory that zram uses for them.
    pub zram_used_bytes: u64,
    /// Bytes of pages that zswap holds, as they would be uncompressed.
    pub zswap_stored_bytes: u64,
    /// Memory that zswap uses for them.
    pub zswap_used_bytes: u64,
    /// The ARC of ZFS.
    pub zfs_arc_bytes: u64,
    /// The part of it that ZFS gives back under pressure; taken off `memory_used_bytes`.
    pub zfs_arc_reclaimable_bytes: u64,

    /// The processes with the most CPU time in the interval, most first.
    pub top_cpu: [Process; TOP_ROWS],
    /// The processes with the most resident memory, most first.
    pub top_memory: [Process; TOP_ROWS],
    /// The processes with the most bytes read and written in the interval, most first.
    pub top_io: [Process; TOP_ROWS],
    /// The applications with the most CPU time in the interval, most first.
    pub top_cpu_applications: [Application; TOP_APPLICATIONS],
    /// The applications with the most resident memory, most first.
    pub top_memory_applications: [Application; TOP_APPLICATIONS],
    /// The applications with the most bytes read and written, most first.
    pub top_io_applications: [Application; TOP_APPLICATIONS],
    /// Processes that are blocked, those with most blocked threads first.
    pub blocked: [Stuck; MAX_STUCK],
    /// Zombies.
    pub zombies: [Stuck; MAX_STUCK],
    /// Graphics processors, in the order of their bus addresses.
    pub gpus: [Gpu; MAX_GPUS],
    /// Revolutions a minute; 0 for a fan that stands.
    pub fans_rpm: [u32; MAX_FANS],
    /// Bitmap of the CPUs whose entry of [`Snapshot::cores`] is known.
    pub cores_online: [u64; MAX_CORES / 64],
    /// Share of each CPU, by CPU number, that was not idle.
    pub cores: [u32; MAX_CORES],
}

/// 64-bit words in a snapshot.
pub const SNAPSHOT_WORDS: usize = size_of::<Snapshot>() / 8;

impl Snapshot {
    /// Nothing known yet.
    pub const EMPTY: Self = Self::from_words([0; SNAPSHOT_WORDS]);

    /// Whether all of `groups`, bits of [`valid`], are known.
    pub fn has(&self, groups: u64) -> bool {
        self.valid & groups == groups
    }

    /// Share of the memory that is used, in ppm, if known.
    pub fn memory_used_ppm(&self) -> Option<u32> {
        share_ppm(self.memory_used_bytes, self.memory_total_bytes)
            .filter(|_| self.has(valid::MEMORY))
    }

    /// Share of the swap space that is used, in ppm, if there is any.
    pub fn swap_used_ppm(&self) -> Option<u32> {
        share_ppm(self.swap_used_bytes, self.swap_total_bytes).filter(|_| self.has(valid::SWAP))
    }

    /// The share of one CPU, if it is online and has a figure.
    pub fn core_busy_ppm(&self, cpu: usize) -> Option<u32> {
        let online = self.cores_online.get(cpu / 64)? >> (cpu % 64) & 1 == 1;
        self.cores.get(cpu).copied().filter(|_| online && self.has(valid::CPU))
    }

    /// The graphics processors that are there; none where that is not known.
    pub fn known_gpus(&self) -> &[Gpu] {
        let count = if self.has(valid::GPU) { self.gpu_count as usize } else { 0 };
        &self.gpus[..count.min(MAX_GPUS)]
    }

    /// Revolutions a minute of the fans that are there; none where that is not known.
    pub fn known_fans_rpm(&self) -> &[u32] {
        let count = if self.has(valid::FANS) { self.fan_count as usize } else { 0 };
        &self.fans_rpm[..count.min(MAX_FANS)]
    }

    /// The snapshot as the region carries it.
    pub fn as_words(&self) -> &[u64; SNAPSHOT_WORDS] {
        #[expect(unsafe_code, reason = "a snapshot is its words")]
        // SAFETY: `Snapshot` has the size and alignment of the array and no
        // padding (asserted below), so all its bytes are initialised integers.
        unsafe {
            &*ptr::from_ref(self).cast()
        }
    }

    /// The snapshot as the region carries it, to be filled in.
    pub fn as_words_mut(&mut self) -> &mut [u64; SNAPSHOT_WORDS] {
        #[expect(unsafe_code, reason = "a snapshot is its words")]
        // SAFETY: as in `as_words`; and any words are a valid `Snapshot`.
        unsafe {
            &mut *ptr::from_mut(self).cast()
        }
    }

    /// The snapshot that the words of a region stand for.
    pub const fn from_words(words: [u64; SNAPSHOT_WORDS]) -> Self {
        #[expect(unsafe_code, reason = "the one place where words become a snapshot")]
        // SAFETY: same size, asserted below; every bit pattern is a `Snapshot`.
        unsafe {
            std::mem::transmute(words)
        }
    }
}

fn share_ppm(part: u64, whole: u64) -> Option<u32> {
    let ppm = u128::from(part.min(whole)) * 1_000_000;
    Some((ppm.checked_div(u128::from(whole))?) as u32)
}

// No padding: the members fill each struct exactly.
const _: () = {
    assert!(size_of::<Process>() == 4 * 4 + 3 * 8 + COMM_BYTES);
    assert!(size_of::<Application>() == 4 * 4 + 3 * 8 + APPLICATION_BYTES);
    assert!(size_of::<Stuck>() == 2 * 4 + COMM_BYTES);
    assert!(size_of::<Gpu>() == 8 * 4 + 3 * 8);
    assert!(
        size_of::<Snapshot>()
            == (8 + 19) * 8
                + 34 * 4
                + 3 * TOP_ROWS * size_of::<Process>()
                + 3 * TOP_APPLICATIONS * size_of::<Application>()
                + 2 * MAX_STUCK * size_of::<Stuck>()
                + MAX_GPUS * size_of::<Gpu>()
                + MAX_FANS * 4
                + MAX_CORES / 8
                + MAX_CORES * 4
    );
    assert!(align_of::<Snapshot>() == align_of::<u64>());
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_snapshot_are_the_same_bytes() {
        let mut words = [0; SNAPSHOT_WORDS];
        for (number, word) in words.iter_mut().enumerate() {
            *word = number as u64 * 0x0101_0101_0101;
        }
        let mut sample = Snapshot::from_words(words);
        assert_eq!(sample.as_words(), &words);
        assert_eq!(sample.instance, 0x0101_0101_0101);
        sample.as_words_mut()[0] = 7;
        assert_eq!(sample.sequence, 7);
    }

    #[test]
    fn shares_are_unknown_rather_than_divided_by_zero() {
        let mut sample = Snapshot::EMPTY;
        sample.valid = valid::MEMORY | valid::SWAP;
        assert_eq!(sample.swap_used_ppm(), None);
        sample.memory_total_bytes = 4 << 40;
        sample.memory_used_bytes = 1 << 40;
        assert_eq!(sample.memory_used_ppm(), Some(250_000));
        sample.valid = 0;
        assert_eq!(sample.memory_used_ppm(), None);
    }

    #[test]
    fn arrays_end_where_they_are_known_to_and_never_outside() {
        let mut sample = Snapshot { gpu_count: 2, fan_count: 1, ..Snapshot::EMPTY };
        assert_eq!((sample.known_gpus().len(), sample.known_fans_rpm().len()), (0, 0));
        sample.valid = valid::GPU | valid::FANS;
        assert_eq!((sample.known_gpus().len(), sample.known_fans_rpm().len()), (2, 1));
        (sample.gpu_count, sample.fan_count) = (u32::MAX, u32::MAX);
        assert_eq!(sample.known_gpus().len(), MAX_GPUS);
        assert_eq!(sample.known_fans_rpm().len(), MAX_FANS);
    }

    #[test]
    fn every_number_that_names_something_is_the_place_of_its_name() {
        assert_eq!(Source::Proc.name(), "proc");
        let gpu = Gpu { driver: 2, state: Gpu::ASLEEP, ..Gpu::default() };
        assert_eq!((gpu.driver_name(), gpu.state_name()), (Some("xe"), Some("asleep")));
        assert_eq!((Gpu::default().driver_name(), Gpu::default().state_name()), (None, None));
        let named = |bits| throttle::names(bits).collect::<Vec<_>>();
        assert_eq!(named(throttle::THERMAL | throttle::OTHER), ["thermal", "other"]);
        assert_eq!(named(1 << 31), [""; 0]);
    }
}
