//! The figures of a sample: the same in each stage, in the same units.

use rstat_shm::snapshot::valid;
use rstatd::source::Draft;
use serde::{Deserialize, Serialize};

/// One sample, with the fields of the JSON that the stages print.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Figures {
    /// The share of all CPUs that was not idle.
    pub cpu_busy_ppm: u32,
    /// The figures of the machine's files.
    pub machine: Machine,
    /// The number of processes, or of threads where the source has only threads.
    pub processes: u32,
    /// The processes with most CPU time, in ppm of one CPU.
    pub top_cpu: Vec<Process>,
    /// The processes with most resident memory, in bytes.
    pub top_memory: Vec<Process>,
    /// The processes with most bytes read and written, per second.
    pub top_io: Vec<Process>,
}

/// A row of a top list.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Process {
    /// The process id, or the id of one of the process's threads.
    pub pid: u32,
    /// The process's name.
    pub comm: String,
    /// The amount, in the unit of the list.
    pub amount: u64,
}

/// The figures of the machine's files; `None` where the machine has no such file.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Machine {
    pub memory_total_bytes: Option<u64>,
    pub memory_available_bytes: Option<u64>,
    pub memory_cached_bytes: Option<u64>,
    pub swap_total_bytes: Option<u64>,
    pub swap_used_bytes: Option<u64>,
    pub zram_stored_bytes: Option<u64>,
    pub zram_used_bytes: Option<u64>,
    pub load_1m_milli: Option<u32>,
    pub load_5m_milli: Option<u32>,
    pub load_15m_milli: Option<u32>,
    pub pressure_cpu_ppm: Option<u32>,
    pub pressure_memory_ppm: Option<u32>,
    pub pressure_io_ppm: Option<u32>,
    pub disk_read_bytes_per_s: Option<u64>,
    pub disk_write_bytes_per_s: Option<u64>,
    pub cpu_temperature_mc: Option<i32>,
    pub cpu_frequency_khz: Option<u32>,
    pub platform_profile: Option<u32>,
}

impl Machine {
    pub fn of(draft: &Draft) -> Self {
        let Draft { sample, known, .. } = draft;
        let has = |group| known & group == group;
        let bytes = |group, bytes| has(group).then_some(bytes);
        let figure = |group, figure| has(group).then_some(figure);
        Self {
            memory_total_bytes: bytes(valid::MEMORY, sample.memory_total_bytes),
            memory_available_bytes: bytes(valid::MEMORY, sample.memory_available_bytes),
            memory_cached_bytes: bytes(valid::MEMORY, sample.memory_cached_bytes),
            swap_total_bytes: bytes(valid::SWAP, sample.swap_total_bytes),
            swap_used_bytes: bytes(valid::SWAP, sample.swap_used_bytes),
            zram_stored_bytes: bytes(valid::ZRAM, sample.zram_stored_bytes),
            zram_used_bytes: bytes(valid::ZRAM, sample.zram_used_bytes),
            load_1m_milli: figure(valid::LOAD, sample.load_1m_milli),
            load_5m_milli: figure(valid::LOAD, sample.load_5m_milli),
            load_15m_milli: figure(valid::LOAD, sample.load_15m_milli),
            pressure_cpu_ppm: figure(valid::PRESSURE_CPU, sample.pressure_cpu_some_ppm),
            pressure_memory_ppm: figure(valid::PRESSURE_MEMORY, sample.pressure_memory_some_ppm),
            pressure_io_ppm: figure(valid::PRESSURE_IO, sample.pressure_io_some_ppm),
            disk_read_bytes_per_s: bytes(valid::DISK, sample.disk_read_bytes_per_s),
            disk_write_bytes_per_s: bytes(valid::DISK, sample.disk_write_bytes_per_s),
            cpu_temperature_mc: has(valid::CPU_TEMPERATURE).then_some(sample.cpu_temperature_mc),
            cpu_frequency_khz: figure(valid::CPU_FREQUENCY, sample.cpu_frequency_khz),
            platform_profile: figure(valid::PLATFORM_PROFILE, sample.platform_profile),
        }
    }
}

/// A count per second.
pub fn rate(count: u64, elapsed_ns: u64) -> u64 {
    (u128::from(count) * 1_000_000_000 / u128::from(elapsed_ns.max(1))) as u64
}

/// A share of a time, in ppm.
pub fn ppm(part_ns: u64, whole_ns: u64) -> u64 {
    (u128::from(part_ns) * 1_000_000 / u128::from(whole_ns.max(1))) as u64
}
