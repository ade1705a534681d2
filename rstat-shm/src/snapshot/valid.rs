//! Bits of [`Snapshot::valid`](super::Snapshot::valid), one for each group of fields.
//!
//! Generated from the table in `fields/`: do not edit.

/// `cpu_busy_ppm`, `cpu_busiest`, `cores_online`, `cores`. Needs two readings: clear in a daemon's
/// first sample.
pub const CPU: u64 = 1 << 0;
/// `memory_total_bytes`, `memory_available_bytes`, `memory_used_bytes`, `memory_cached_bytes`.
pub const MEMORY: u64 = 1 << 1;
/// `swap_total_bytes`, `swap_used_bytes`. Clear on a machine without swap space.
pub const SWAP: u64 = 1 << 2;
/// `load_1m_milli`, `load_5m_milli`, `load_15m_milli`, `threads`, `runnable`.
pub const LOAD: u64 = 1 << 3;
/// `processes`, `top_memory`, `top_memory_applications`.
pub const PROCESSES: u64 = 1 << 4;
/// `top_cpu`, `top_cpu_applications`. Needs two readings.
pub const PROCESS_CPU: u64 = 1 << 5;
/// `io_read_bytes_per_s`, `io_write_bytes_per_s`, `top_io`, `top_io_applications`. Needs two
/// readings and a kernel with task I/O accounting.
pub const PROCESS_IO: u64 = 1 << 6;
/// `cpu_temperature_mc`.
pub const CPU_TEMPERATURE: u64 = 1 << 7;
/// `cpu_frequency_khz`, `cpu_frequency_highest_khz`, `cpu_frequency_busiest_khz`.
pub const CPU_FREQUENCY: u64 = 1 << 8;
/// `cpu_frequency_limit_khz`.
pub const CPU_FREQUENCY_LIMIT: u64 = 1 << 9;
/// `platform_profile`.
pub const PLATFORM_PROFILE: u64 = 1 << 10;
/// `gpu_count`, `gpus`.
pub const GPU: u64 = 1 << 11;
/// `context_switches_per_s`. Needs two readings.
pub const CONTEXT_SWITCHES: u64 = 1 << 12;
/// `sample_ns`. Clear in a daemon's first sample.
pub const SAMPLE_COST: u64 = 1 << 13;
/// `processes_unlisted`.
pub const UNLISTED: u64 = 1 << 14;
/// `processes_blocked`, `processes_zombie`, `blocked`, `zombies`.
pub const PROCESS_STATES: u64 = 1 << 15;
/// `probe_switch_ns`, `probe_ppm`.
pub const PROBE_COST: u64 = 1 << 16;
/// `pressure_cpu_some_ppm`, `pressure_cpu_full_ppm`.
pub const PRESSURE_CPU: u64 = 1 << 17;
/// `pressure_memory_some_ppm`, `pressure_memory_full_ppm`.
pub const PRESSURE_MEMORY: u64 = 1 << 18;
/// `pressure_io_some_ppm`, `pressure_io_full_ppm`.
pub const PRESSURE_IO: u64 = 1 << 19;
/// `cpu_throttle_count`.
pub const CPU_THROTTLE: u64 = 1 << 20;
/// `cpu_throttled_ppm`. Needs two readings.
pub const CPU_THROTTLED: u64 = 1 << 21;
/// `cpu_power_uw`. Needs two readings.
pub const CPU_POWER: u64 = 1 << 22;
/// `battery_charge_ppm`, `battery_status`. Clear on a machine without a battery.
pub const BATTERY: u64 = 1 << 23;
/// `battery_power_uw`.
pub const BATTERY_POWER: u64 = 1 << 24;
/// `fan_count`, `fans_rpm`.
pub const FANS: u64 = 1 << 25;
/// `zram_stored_bytes`, `zram_used_bytes`.
pub const ZRAM: u64 = 1 << 26;
/// `zswap_stored_bytes`, `zswap_used_bytes`.
pub const ZSWAP: u64 = 1 << 27;
/// `zfs_arc_bytes`, `zfs_arc_reclaimable_bytes`.
pub const ZFS_ARC: u64 = 1 << 28;
/// `disk_read_bytes_per_s`, `disk_write_bytes_per_s`. Needs two readings.
pub const DISK: u64 = 1 << 29;
/// `top_cpu_applications`, `top_memory_applications`, `top_io_applications`.
pub const APPLICATIONS: u64 = 1 << 30;
/// `interface_count`, `interfaces`. No daemon of this version sets this bit.
pub const INTERFACES: u64 = 1 << 31;
/// `file_system_count`, `file_systems`. No daemon of this version sets this bit.
pub const FILE_SYSTEMS: u64 = 1 << 32;
/// `uptime_ns`.
pub const UPTIME: u64 = 1 << 33;
/// `swap_in_bytes_per_s`, `swap_out_bytes_per_s`. Needs two readings; clear on a machine without
/// swap space.
pub const SWAP_RATE: u64 = 1 << 34;
