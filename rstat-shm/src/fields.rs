//! The table of a snapshot's scalars: name, unit, validity, place and help text
//! stand here once. Dumps, JSON and the layout hash follow from it.

use std::mem::offset_of;

use crate::snapshot::{BATTERY_STATUSES, PLATFORM_PROFILES, Snapshot, Source, valid};

/// How a field's bytes are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned, 4 bytes.
    U32,
    /// Signed, 4 bytes.
    I32,
    /// Unsigned, 8 bytes.
    U64,
}

/// What a field's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A number whose bits mean something, not its size.
    Bits,
    /// A number that names something: 1 is the first of these.
    Name(&'static [&'static str]),
    /// Parts per million.
    Ppm,
    /// Thousandths.
    Milli,
    /// Thousandths of a degree Celsius.
    MilliCelsius,
    /// Thousands of cycles a second.
    KiloHertz,
    /// Millions of cycles a second.
    MegaHertz,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Things a second.
    PerSecond,
    /// Revolutions a minute.
    PerMinute,
    /// Millionths of a watt.
    MicroWatts,
    /// Nanoseconds: a time span, or a time of a clock with no date.
    Nanoseconds,
    /// Nanoseconds since 1970 (UTC).
    Realtime,
}

impl Unit {
    /// The word for it in `PROTOCOL.md`; a field whose unit is `name` names something.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count | Self::Bits => "count",
            Self::Name(_) => "name",
            Self::Ppm => "ppm",
            Self::Milli => "milli",
            Self::MilliCelsius => "milli-celsius",
            Self::KiloHertz => "kilohertz",
            Self::MegaHertz => "megahertz",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "bytes per second",
            Self::PerSecond => "per second",
            Self::PerMinute => "per minute",
            Self::MicroWatts => "microwatts",
            Self::Nanoseconds | Self::Realtime => "nanoseconds",
        }
    }
}

/// One scalar of [`Snapshot`].
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, the unit last; the same in Rust, C and JSON.
    pub name: &'static str,
    /// Its name for people, who see it in a unit that suits it: `cpu.busy`. Empty
    /// for what says nothing.
    pub dotted: &'static str,
    /// Bytes from the start of the snapshot.
    pub offset: usize,
    /// Its type.
    pub kind: Kind,
    /// What it counts.
    pub unit: Unit,
    /// The bits of [`Snapshot::valid`] that say it is known; 0: always.
    pub valid: u64,
    /// One line for people.
    pub help: &'static str,
}

impl Field {
    /// The field's value in a sample, or nothing when it is not known there.
    pub fn value(&self, sample: &Snapshot) -> Option<i128> {
        if !sample.has(self.valid) {
            return None;
        }
        let word = sample.as_words()[self.offset / 8];
        let half = (word >> (self.offset % 8 * 8)) as u32;
        Some(match self.kind {
            Kind::U32 => i128::from(half),
            Kind::I32 => i128::from(half.cast_signed()),
            Kind::U64 => i128::from(word),
        })
    }

    /// What the value names in a sample, where it names something, is known there,
    /// and is of a version that this one knows.
    pub fn value_name(&self, sample: &Snapshot) -> Option<&'static str> {
        let Unit::Name(names) = self.unit else {
            return None;
        };
        let index = usize::try_from(self.value(sample)?).ok()?.checked_sub(1)?;
        names.get(index).copied()
    }
}

const fn field(
    name: &'static str,
    dotted: &'static str,
    offset: usize,
    kind: Kind,
    unit: Unit,
    valid: u64,
    help: &'static str,
) -> Field {
    Field { name, dotted, offset, kind, unit, valid, help }
}

/// All scalars, in the order of the snapshot.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    field("sequence", "sample.sequence", offset_of!(Snapshot, sequence), Kind::U64, Unit::Count, 0, "number of the sample, counted over restarts of the daemon"),
    field("instance", "daemon.instance", offset_of!(Snapshot, instance), Kind::U64, Unit::Bits, 0, "random number of the daemon's run"),
    field("monotonic_ns", "sample.monotonic", offset_of!(Snapshot, monotonic_ns), Kind::U64, Unit::Nanoseconds, 0, "CLOCK_MONOTONIC when the sample was taken"),
    field("realtime_ns", "sample.time", offset_of!(Snapshot, realtime_ns), Kind::U64, Unit::Realtime, 0, "CLOCK_REALTIME when the sample was taken"),
    field("elapsed_ns", "sample.elapsed", offset_of!(Snapshot, elapsed_ns), Kind::U64, Unit::Nanoseconds, 0, "time since the sample before, over which rates are averaged"),
    field("period_ns", "sample.period", offset_of!(Snapshot, period_ns), Kind::U64, Unit::Nanoseconds, 0, "time between samples that the daemon was asked for"),
    field("valid", "sample.valid", offset_of!(Snapshot, valid), Kind::U64, Unit::Bits, 0, "which groups of fields are known, a bit each"),
    field("sample_ns", "sample.cost", offset_of!(Snapshot, sample_ns), Kind::U64, Unit::Nanoseconds, valid::SAMPLE_COST, "what the sample before this one cost the daemon"),
    field("source", "sample.source", offset_of!(Snapshot, source), Kind::U32, Unit::Name(&Source::NAMES), 0, "source of the CPU and process figures"),
    field("cpu_count", "cpu.count", offset_of!(Snapshot, cpu_count), Kind::U32, Unit::Count, 0, "CPUs online"),
    field("cpu_busy_ppm", "cpu.busy", offset_of!(Snapshot, cpu_busy_ppm), Kind::U32, Unit::Ppm, valid::CPU, "share of all online CPUs that was not idle"),
    field("cpu_temperature_mc", "cpu.temp", offset_of!(Snapshot, cpu_temperature_mc), Kind::I32, Unit::MilliCelsius, valid::CPU_TEMPERATURE, "CPU temperature"),
    field("cpu_frequency_khz", "cpu.frequency", offset_of!(Snapshot, cpu_frequency_khz), Kind::U32, Unit::KiloHertz, valid::CPU_FREQUENCY, "average frequency of the online CPUs"),
    field("cpu_frequency_highest_khz", "cpu.frequency.highest", offset_of!(Snapshot, cpu_frequency_highest_khz), Kind::U32, Unit::KiloHertz, valid::CPU_FREQUENCY, "frequency of the fastest CPU"),
    field("cpu_frequency_limit_khz", "cpu.frequency.limit", offset_of!(Snapshot, cpu_frequency_limit_khz), Kind::U32, Unit::KiloHertz, valid::CPU_FREQUENCY_LIMIT, "highest frequency the hardware can reach"),
    field("platform_profile", "platform.profile", offset_of!(Snapshot, platform_profile), Kind::U32, Unit::Name(&PLATFORM_PROFILES), valid::PLATFORM_PROFILE, "platform profile"),
    field("load_1m_milli", "load.1", offset_of!(Snapshot, load_1m_milli), Kind::U32, Unit::Milli, valid::LOAD, "load average of 1 minute"),
    field("load_5m_milli", "load.5", offset_of!(Snapshot, load_5m_milli), Kind::U32, Unit::Milli, valid::LOAD, "load average of 5 minutes"),
    field("load_15m_milli", "load.15", offset_of!(Snapshot, load_15m_milli), Kind::U32, Unit::Milli, valid::LOAD, "load average of 15 minutes"),
    field("processes", "processes", offset_of!(Snapshot, processes), Kind::U32, Unit::Count, valid::PROCESSES, "processes, zombies included"),
    field("threads", "threads", offset_of!(Snapshot, threads), Kind::U32, Unit::Count, valid::LOAD, "threads of all processes"),
    field("runnable", "runnable", offset_of!(Snapshot, runnable), Kind::U32, Unit::Count, valid::LOAD, "threads that run or wait for a CPU"),
    field("processes_unlisted", "processes.unlisted", offset_of!(Snapshot, processes_unlisted), Kind::U32, Unit::Count, valid::UNLISTED, "processes that the probe had no slot for"),
    field("gpu_count", "gpu.count", offset_of!(Snapshot, gpu_count), Kind::U32, Unit::Count, valid::GPU, "graphics processors"),
    field("processes_blocked", "processes.blocked", offset_of!(Snapshot, processes_blocked), Kind::U32, Unit::Count, valid::STUCK, "processes with a thread in uninterruptible sleep"),
    field("processes_zombie", "processes.zombie", offset_of!(Snapshot, processes_zombie), Kind::U32, Unit::Count, valid::STUCK, "processes that ended and were not waited for"),
    field("cpu_busiest", "cpu.busiest", offset_of!(Snapshot, cpu_busiest), Kind::U32, Unit::Count, valid::CPU, "number of the CPU that was busiest"),
    field("cpu_frequency_busiest_khz", "cpu.frequency.busiest", offset_of!(Snapshot, cpu_frequency_busiest_khz), Kind::U32, Unit::KiloHertz, valid::CPU_FREQUENCY, "frequency of the busiest CPU"),
    field("probe_switch_ns", "probe.switch", offset_of!(Snapshot, probe_switch_ns), Kind::U32, Unit::Nanoseconds, valid::PROBE_COST, "what the probe adds to one context switch"),
    field("probe_ppm", "probe.busy", offset_of!(Snapshot, probe_ppm), Kind::U32, Unit::Ppm, valid::PROBE_COST, "share of one CPU that the probe takes"),
    field("pressure_cpu_some_ppm", "pressure.cpu.some", offset_of!(Snapshot, pressure_cpu_some_ppm), Kind::U32, Unit::Ppm, valid::PRESSURE_CPU, "share of the last 10 s in which some task waited for a CPU"),
    field("pressure_cpu_full_ppm", "pressure.cpu.full", offset_of!(Snapshot, pressure_cpu_full_ppm), Kind::U32, Unit::Ppm, valid::PRESSURE_CPU, "share of the last 10 s in which all tasks waited for a CPU"),
    field("pressure_memory_some_ppm", "pressure.memory.some", offset_of!(Snapshot, pressure_memory_some_ppm), Kind::U32, Unit::Ppm, valid::PRESSURE_MEMORY, "share of the last 10 s in which some task waited for memory"),
    field("pressure_memory_full_ppm", "pressure.memory.full", offset_of!(Snapshot, pressure_memory_full_ppm), Kind::U32, Unit::Ppm, valid::PRESSURE_MEMORY, "share of the last 10 s in which all tasks waited for memory"),
    field("pressure_io_some_ppm", "pressure.io.some", offset_of!(Snapshot, pressure_io_some_ppm), Kind::U32, Unit::Ppm, valid::PRESSURE_IO, "share of the last 10 s in which some task waited for I/O"),
    field("pressure_io_full_ppm", "pressure.io.full", offset_of!(Snapshot, pressure_io_full_ppm), Kind::U32, Unit::Ppm, valid::PRESSURE_IO, "share of the last 10 s in which all tasks waited for I/O"),
    field("cpu_throttle_count", "cpu.throttle.count", offset_of!(Snapshot, cpu_throttle_count), Kind::U32, Unit::Count, valid::CPU_THROTTLE, "times that the CPU was throttled in the interval"),
    field("cpu_throttled_ppm", "cpu.throttled", offset_of!(Snapshot, cpu_throttled_ppm), Kind::U32, Unit::Ppm, valid::CPU_THROTTLED, "share of the interval in which the CPU was throttled"),
    field("battery_charge_ppm", "battery.charge", offset_of!(Snapshot, battery_charge_ppm), Kind::U32, Unit::Ppm, valid::BATTERY, "charge of all batteries"),
    field("battery_status", "battery.status", offset_of!(Snapshot, battery_status), Kind::U32, Unit::Name(&BATTERY_STATUSES), valid::BATTERY, "what the batteries do"),
    field("fan_count", "fan.count", offset_of!(Snapshot, fan_count), Kind::U32, Unit::Count, valid::FANS, "fans"),
    field("reserved", "", offset_of!(Snapshot, reserved), Kind::U32, Unit::Count, 0, "always 0"),
    field("context_switches_per_s", "context.switches", offset_of!(Snapshot, context_switches_per_s), Kind::U64, Unit::PerSecond, valid::CONTEXT_SWITCHES, "context switches of all CPUs"),
    field("memory_total_bytes", "memory.total", offset_of!(Snapshot, memory_total_bytes), Kind::U64, Unit::Bytes, valid::MEMORY, "memory of the machine"),
    field("memory_available_bytes", "memory.available", offset_of!(Snapshot, memory_available_bytes), Kind::U64, Unit::Bytes, valid::MEMORY, "memory that programs can still get without swapping"),
    field("memory_used_bytes", "memory.used", offset_of!(Snapshot, memory_used_bytes), Kind::U64, Unit::Bytes, valid::MEMORY, "memory that is not available"),
    field("memory_cached_bytes", "memory.cached", offset_of!(Snapshot, memory_cached_bytes), Kind::U64, Unit::Bytes, valid::MEMORY, "buffers, page cache and reclaimable slab"),
    field("swap_total_bytes", "swap.total", offset_of!(Snapshot, swap_total_bytes), Kind::U64, Unit::Bytes, valid::SWAP, "swap space"),
    field("swap_used_bytes", "swap.used", offset_of!(Snapshot, swap_used_bytes), Kind::U64, Unit::Bytes, valid::SWAP, "swap space in use, without pages that are in memory too"),
    field("io_read_bytes_per_s", "io.read", offset_of!(Snapshot, io_read_bytes_per_s), Kind::U64, Unit::BytesPerSecond, valid::PROCESS_IO, "bytes that all processes made storage deliver"),
    field("io_write_bytes_per_s", "io.write", offset_of!(Snapshot, io_write_bytes_per_s), Kind::U64, Unit::BytesPerSecond, valid::PROCESS_IO, "bytes that all processes made dirty for storage"),
    field("disk_read_bytes_per_s", "disk.read", offset_of!(Snapshot, disk_read_bytes_per_s), Kind::U64, Unit::BytesPerSecond, valid::DISK, "bytes that all disks delivered"),
    field("disk_write_bytes_per_s", "disk.write", offset_of!(Snapshot, disk_write_bytes_per_s), Kind::U64, Unit::BytesPerSecond, valid::DISK, "bytes that all disks took"),
    field("cpu_power_uw", "cpu.power", offset_of!(Snapshot, cpu_power_uw), Kind::U64, Unit::MicroWatts, valid::CPU_POWER, "power of the CPU packages"),
    field("battery_power_uw", "battery.power", offset_of!(Snapshot, battery_power_uw), Kind::U64, Unit::MicroWatts, valid::BATTERY_POWER, "power that flows into or out of the batteries"),
    field("zram_stored_bytes", "zram.stored", offset_of!(Snapshot, zram_stored_bytes), Kind::U64, Unit::Bytes, valid::ZRAM, "pages that zram holds, uncompressed"),
    field("zram_used_bytes", "zram.used", offset_of!(Snapshot, zram_used_bytes), Kind::U64, Unit::Bytes, valid::ZRAM, "memory that zram uses for them"),
    field("zswap_stored_bytes", "zswap.stored", offset_of!(Snapshot, zswap_stored_bytes), Kind::U64, Unit::Bytes, valid::ZSWAP, "pages that zswap holds, uncompressed"),
    field("zswap_used_bytes", "zswap.used", offset_of!(Snapshot, zswap_used_bytes), Kind::U64, Unit::Bytes, valid::ZSWAP, "memory that zswap uses for them"),
    field("zfs_arc_bytes", "zfs.arc", offset_of!(Snapshot, zfs_arc_bytes), Kind::U64, Unit::Bytes, valid::ZFS_ARC, "the ARC of ZFS"),
    field("zfs_arc_reclaimable_bytes", "zfs.arc.reclaimable", offset_of!(Snapshot, zfs_arc_reclaimable_bytes), Kind::U64, Unit::Bytes, valid::ZFS_ARC, "the part of the ARC that ZFS gives back under pressure"),
];

/// The scalars that say something: all but the reserved ones.
pub fn telling() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| field.name != "reserved")
}

/// The field of a name.
pub fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_covers_every_scalar_without_gap_or_overlap() {
        let mut next = 0;
        for field in FIELDS {
            assert_eq!(field.offset, next, "{}", field.name);
            next += if field.kind == Kind::U64 { 8 } else { 4 };
        }
        assert_eq!(next, offset_of!(Snapshot, top_cpu));
    }

    #[test]
    fn a_value_is_read_from_its_place_and_only_when_known() {
        let mut sample = Snapshot::EMPTY;
        sample.cpu_temperature_mc = -5_000;
        sample.cpu_busy_ppm = 42;
        assert_eq!(find("cpu_temperature_mc").unwrap().value(&sample), None);
        sample.valid = valid::CPU_TEMPERATURE | valid::CPU;
        assert_eq!(find("cpu_temperature_mc").unwrap().value(&sample), Some(-5_000));
        assert_eq!(find("cpu_busy_ppm").unwrap().value(&sample), Some(42));
        assert!(find("no_such_field").is_none());
    }

    #[test]
    fn a_number_that_names_something_has_its_name_when_both_are_known() {
        let profile = find("platform_profile").unwrap();
        let check = |valid, number, name| {
            let sample = Snapshot { valid, platform_profile: number, ..Snapshot::EMPTY };
            assert_eq!(profile.value_name(&sample), name, "{number}");
        };
        check(valid::PLATFORM_PROFILE, 1, Some("low-power"));
        check(valid::PLATFORM_PROFILE, 8, Some("custom"));
        check(valid::PLATFORM_PROFILE, 9, None);
        check(valid::PLATFORM_PROFILE, 0, None);
        check(0, 1, None);
        assert_eq!(find("cpu_count").unwrap().value_name(&Snapshot::EMPTY), None);
    }

    #[test]
    fn every_telling_field_has_a_dotted_name_of_its_own() {
        let mut seen = HashSet::new();
        for field in telling() {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
            assert!(
                !field.dotted.is_empty() && field.dotted.chars().all(allowed),
                "{}",
                field.name
            );
            assert!(seen.insert(field.dotted), "{} twice", field.dotted);
            let other = FIELDS.iter().find(|other| other.name == field.dotted);
            assert!(other.is_none_or(|other| other.dotted == field.dotted), "{}", field.dotted);
        }
    }

    #[test]
    fn a_help_text_leaves_room_for_name_and_value_on_its_line() {
        for field in FIELDS {
            assert!((1..=60).contains(&field.help.len()), "{}: {}", field.name, field.help);
        }
    }
}
