//! Bits of [`Snapshot::valid`](super::Snapshot::valid), one for each group of fields.

/// `cpu_busy_ppm`, `cpu_busiest`, `cores`: needs two readings, so it is clear in a
/// daemon's first sample.
pub const CPU: u64 = 1 << 0;
/// `memory_*`.
pub const MEMORY: u64 = 1 << 1;
/// `swap_*`: clear on a machine without swap space.
pub const SWAP: u64 = 1 << 2;
/// `load_*`, `threads`, `runnable`.
pub const LOAD: u64 = 1 << 3;
/// `processes`, `top_memory` and the rows' `rss_bytes`.
pub const PROCESSES: u64 = 1 << 4;
/// `top_cpu` and the rows' `cpu_ppm`: needs two readings.
pub const PROCESS_CPU: u64 = 1 << 5;
/// `io_*`, `top_io` and the rows' `*_bytes_per_s`: needs two readings and a
/// kernel with task I/O accounting.
pub const PROCESS_IO: u64 = 1 << 6;
/// `cpu_temperature_mc`.
pub const CPU_TEMPERATURE: u64 = 1 << 7;
/// `cpu_frequency_khz`, `cpu_frequency_highest_khz`, `cpu_frequency_busiest_khz`.
pub const CPU_FREQUENCY: u64 = 1 << 8;
/// `cpu_frequency_limit_khz`.
pub const CPU_FREQUENCY_LIMIT: u64 = 1 << 9;
/// `platform_profile`.
pub const PLATFORM_PROFILE: u64 = 1 << 10;
/// `gpu_count` and the first so many of `gpus`.
pub const GPU: u64 = 1 << 11;
/// `context_switches_per_s`: needs two readings.
pub const CONTEXT_SWITCHES: u64 = 1 << 12;
/// `sample_ns`: clear in a daemon's first sample.
pub const SAMPLE_COST: u64 = 1 << 13;
/// `processes_unlisted`.
pub const UNLISTED: u64 = 1 << 14;
/// `processes_blocked`, `processes_zombie` and their names.
pub const STUCK: u64 = 1 << 15;
/// `probe_switch_ns`, `probe_ppm`.
pub const PROBE_COST: u64 = 1 << 16;
/// `pressure_cpu_*`.
pub const PRESSURE_CPU: u64 = 1 << 17;
/// `pressure_memory_*`.
pub const PRESSURE_MEMORY: u64 = 1 << 18;
/// `pressure_io_*`.
pub const PRESSURE_IO: u64 = 1 << 19;
/// `cpu_throttle_count`.
pub const CPU_THROTTLE: u64 = 1 << 20;
/// `cpu_throttled_ppm`: needs two readings.
pub const CPU_THROTTLED: u64 = 1 << 21;
/// `cpu_power_uw`: needs two readings.
pub const CPU_POWER: u64 = 1 << 22;
/// `battery_charge_ppm`, `battery_status`.
pub const BATTERY: u64 = 1 << 23;
/// `battery_power_uw`.
pub const BATTERY_POWER: u64 = 1 << 24;
/// `fan_count` and the first so many of `fans_rpm`.
pub const FANS: u64 = 1 << 25;
/// `zram_*`.
pub const ZRAM: u64 = 1 << 26;
/// `zswap_*`.
pub const ZSWAP: u64 = 1 << 27;
/// `zfs_arc_*`.
pub const ZFS_ARC: u64 = 1 << 28;
/// `disk_*`: needs two readings.
pub const DISK: u64 = 1 << 29;
/// `top_*_applications`; their rows' figures are known as those of processes are.
pub const APPLICATIONS: u64 = 1 << 30;
