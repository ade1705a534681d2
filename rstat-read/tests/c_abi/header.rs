//! The header says what the Rust structures and constants are.

use std::fmt::Write;
use std::fs;
use std::mem::offset_of;
use std::process::Command;

use rstat_read::{Application, Gpu, HistoryPoint, Process, Snapshot, Stuck, throttle, valid};
use rstat_shm::fields::{FIELDS, Field, Kind};
use rstat_shm::snapshot::{
    APPLICATION_BYTES, BATTERY_STATUSES, COMM_BYTES, MAX_CORES, MAX_FANS, MAX_GPUS, MAX_STUCK,
    PLATFORM_PROFILES, Source, TOP_APPLICATIONS, TOP_ROWS,
};

use crate::compile::{compile, include, run};
use crate::region::Scratch;

/// Every member of a structure: the C structure's name, its own, its offset and
/// size, as the compiler has them.
macro_rules! members {
    ($structure:literal, $record:expr, $type:ty: $($member:ident)*) => {{
        let record: $type = $record;
        vec![$((
            $structure,
            stringify!($member),
            offset_of!($type, $member),
            size_of_val(&record.$member),
        )),*]
    }};
}

type Member = (&'static str, &'static str, usize, usize);

/// Of a structure that the library keeps to itself. `fields.c` reads it by these.
const FIELD_MEMBERS: [Member; 6] = [
    ("rstat_field", "valid", 0, 8),
    ("rstat_field", "offset", 8, 4),
    ("rstat_field", "kind", 12, 4),
    ("rstat_field", "name", 16, 32),
    ("rstat_field", "unit", 48, 24),
    ("rstat_field", "help", 72, 72),
];
const FIELD_BYTES: usize = 144;

/// Of another one, with pointers in it.
const APPEARANCE_MEMBERS: [Member; 6] = [
    ("rstat_appearance", "text", 0, 8),
    ("rstat_appearance", "tooltip", 8, 8),
    ("rstat_appearance", "alt", 16, 8),
    ("rstat_appearance", "classes", 24, 8),
    ("rstat_appearance", "percentage", 32, 4),
    ("rstat_appearance", "reserved", 36, 4),
];
const APPEARANCE_BYTES: usize = 40;

fn expected_members() -> Vec<Member> {
    let scalar = |field: &Field| {
        let bytes = if field.kind == Kind::U64 { 8 } else { 4 };
        ("rstat_snapshot", field.name, field.offset, bytes)
    };
    [
        FIELDS.iter().map(scalar).collect(),
        members!("rstat_snapshot", Snapshot::EMPTY, Snapshot:
            top_cpu top_memory top_io top_cpu_applications top_memory_applications
            top_io_applications blocked zombies gpus fans_rpm cores_online cores),
        members!("rstat_process", Process::default(), Process:
            pid count flags cpu_ppm rss_bytes read_bytes_per_s write_bytes_per_s comm),
        members!("rstat_application", Application::default(), Application:
            count flags cpu_ppm reserved rss_bytes read_bytes_per_s write_bytes_per_s name),
        members!("rstat_stuck", Stuck::default(), Stuck: pid threads comm),
        members!("rstat_gpu", Gpu::default(), Gpu:
            driver state valid busy_ppm frequency_mhz frequency_limit_mhz temperature_mc
            throttle power_uw memory_used_bytes memory_total_bytes),
        members!("rstat_history_point", HistoryPoint::default(), HistoryPoint:
            monotonic_ns valid cpu_busy_ppm cpu_temperature_mc cpu_frequency_khz memory_used_ppm
            swap_used_ppm gpu_busy_ppm load_1m_milli flags io_read_bytes_per_s io_write_bytes_per_s),
        FIELD_MEMBERS.to_vec(),
        APPEARANCE_MEMBERS.to_vec(),
    ]
    .concat()
}

/// Every constant of the header that Rust has as well.
fn expected_constants() -> Vec<(String, u64)> {
    let constants = [
        ("RSTAT_COMM_BYTES", COMM_BYTES as u64),
        ("RSTAT_APPLICATION_BYTES", APPLICATION_BYTES as u64),
        ("RSTAT_MAX_CORES", MAX_CORES as u64),
        ("RSTAT_MAX_GPUS", MAX_GPUS as u64),
        ("RSTAT_MAX_FANS", MAX_FANS as u64),
        ("RSTAT_MAX_STUCK", MAX_STUCK as u64),
        ("RSTAT_TOP_ROWS", TOP_ROWS as u64),
        ("RSTAT_TOP_APPLICATIONS", TOP_APPLICATIONS as u64),
        ("RSTAT_PROCESS_KERNEL_THREAD", Process::KERNEL_THREAD.into()),
        ("RSTAT_GPU_BUSY", Gpu::BUSY.into()),
        ("RSTAT_GPU_FREQUENCY", Gpu::FREQUENCY.into()),
        ("RSTAT_GPU_FREQUENCY_LIMIT", Gpu::FREQUENCY_LIMIT.into()),
        ("RSTAT_GPU_TEMPERATURE", Gpu::TEMPERATURE.into()),
        ("RSTAT_GPU_THROTTLE", Gpu::THROTTLE.into()),
        ("RSTAT_GPU_POWER", Gpu::POWER.into()),
        ("RSTAT_GPU_MEMORY", Gpu::MEMORY.into()),
        ("RSTAT_HISTORY_GPU_BUSY", HistoryPoint::GPU_BUSY.into()),
        ("RSTAT_KIND_U32", 1),
        ("RSTAT_KIND_I32", 2),
        ("RSTAT_KIND_U64", 3),
    ];
    let named = constants.into_iter().map(|(name, value)| (name.to_owned(), value));
    named.chain(expected_names()).chain(expected_validity_bits()).collect()
}

/// Numbers that name something, and bits, by the names that stand in tables.
fn expected_names() -> Vec<(String, u64)> {
    let listed = |prefix: &str, names: &[&str]| -> Vec<_> {
        let constant = |name: &&str| name.to_uppercase().replace(['-', ' '], "_");
        names.iter().map(|name| format!("{prefix}_{}", constant(name))).zip(1..).collect()
    };
    let bits = listed("RSTAT_THROTTLE", &throttle::NAMES);
    let bits = bits.into_iter().map(|(name, number)| (name, 1 << (number - 1)));
    [
        listed("RSTAT_SOURCE", &Source::NAMES),
        listed("RSTAT_PROFILE", &PLATFORM_PROFILES),
        listed("RSTAT_BATTERY", &BATTERY_STATUSES),
        listed("RSTAT_GPU", &Gpu::DRIVERS),
        listed("RSTAT_GPU", &Gpu::STATES),
        bits.collect(),
    ]
    .concat()
}

fn expected_validity_bits() -> Vec<(String, u64)> {
    [
        ("RSTAT_VALID_CPU", valid::CPU),
        ("RSTAT_VALID_MEMORY", valid::MEMORY),
        ("RSTAT_VALID_SWAP", valid::SWAP),
        ("RSTAT_VALID_LOAD", valid::LOAD),
        ("RSTAT_VALID_PROCESSES", valid::PROCESSES),
        ("RSTAT_VALID_PROCESS_CPU", valid::PROCESS_CPU),
        ("RSTAT_VALID_PROCESS_IO", valid::PROCESS_IO),
        ("RSTAT_VALID_CPU_TEMPERATURE", valid::CPU_TEMPERATURE),
        ("RSTAT_VALID_CPU_FREQUENCY", valid::CPU_FREQUENCY),
        ("RSTAT_VALID_CPU_FREQUENCY_LIMIT", valid::CPU_FREQUENCY_LIMIT),
        ("RSTAT_VALID_PLATFORM_PROFILE", valid::PLATFORM_PROFILE),
        ("RSTAT_VALID_GPU", valid::GPU),
        ("RSTAT_VALID_CONTEXT_SWITCHES", valid::CONTEXT_SWITCHES),
        ("RSTAT_VALID_SAMPLE_COST", valid::SAMPLE_COST),
        ("RSTAT_VALID_UNLISTED", valid::UNLISTED),
        ("RSTAT_VALID_STUCK", valid::STUCK),
        ("RSTAT_VALID_PROBE_COST", valid::PROBE_COST),
        ("RSTAT_VALID_PRESSURE_CPU", valid::PRESSURE_CPU),
        ("RSTAT_VALID_PRESSURE_MEMORY", valid::PRESSURE_MEMORY),
        ("RSTAT_VALID_PRESSURE_IO", valid::PRESSURE_IO),
        ("RSTAT_VALID_CPU_THROTTLE", valid::CPU_THROTTLE),
        ("RSTAT_VALID_CPU_THROTTLED", valid::CPU_THROTTLED),
        ("RSTAT_VALID_CPU_POWER", valid::CPU_POWER),
        ("RSTAT_VALID_BATTERY", valid::BATTERY),
        ("RSTAT_VALID_BATTERY_POWER", valid::BATTERY_POWER),
        ("RSTAT_VALID_FANS", valid::FANS),
        ("RSTAT_VALID_ZRAM", valid::ZRAM),
        ("RSTAT_VALID_ZSWAP", valid::ZSWAP),
        ("RSTAT_VALID_ZFS_ARC", valid::ZFS_ARC),
        ("RSTAT_VALID_DISK", valid::DISK),
        ("RSTAT_VALID_APPLICATIONS", valid::APPLICATIONS),
    ]
    .map(|(name, bit)| (name.to_owned(), bit))
    .to_vec()
}

#[test]
fn the_header_lays_structures_out_as_rust_does() {
    let mut source =
        String::from("#include <rstat_read.h>\n#include <stdio.h>\nint main(void)\n{\n");
    let mut expected = String::new();
    for (structure, name, offset, size) in expected_members() {
        writeln!(
            source,
            "printf(\"{structure}.{name} %zu %zu\\n\", offsetof(struct {structure}, {name}), \
             sizeof(((struct {structure} *)0)->{name}));"
        )
        .unwrap();
        writeln!(expected, "{structure}.{name} {offset} {size}").unwrap();
    }
    for (structure, size) in [
        ("rstat_snapshot", size_of::<Snapshot>()),
        ("rstat_process", size_of::<Process>()),
        ("rstat_application", size_of::<Application>()),
        ("rstat_stuck", size_of::<Stuck>()),
        ("rstat_gpu", size_of::<Gpu>()),
        ("rstat_history_point", size_of::<HistoryPoint>()),
        ("rstat_field", FIELD_BYTES),
        ("rstat_appearance", APPEARANCE_BYTES),
    ] {
        writeln!(source, "printf(\"{structure} %zu\\n\", sizeof(struct {structure}));").unwrap();
        writeln!(expected, "{structure} {size}").unwrap();
    }
    for (name, value) in expected_constants() {
        writeln!(source, "printf(\"{name} %llu\\n\", (unsigned long long){name});").unwrap();
        writeln!(expected, "{name} {value}").unwrap();
    }
    source.push_str("return 0;\n}\n");
    let scratch = Scratch::new();
    let file = scratch.path().join("layout.c");
    fs::write(&file, source).unwrap();
    let Some(program) = compile(&scratch, &file, &[]) else {
        return;
    };
    assert_eq!(run(&mut Command::new(program)), expected);
}

#[test]
fn every_constant_of_the_header_is_checked() {
    let header = fs::read_to_string(include().join("rstat_read.h")).unwrap();
    let mut defined: Vec<_> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .map(|(name, _)| name.to_owned())
        // The library's own, which its unit tests and `reading.c` check.
        .filter(|name| name != "RSTAT_OK")
        .filter(|name| !["RSTAT_ERR_", "RSTAT_ABI_"].iter().any(|own| name.starts_with(own)))
        .collect();
    let mut checked: Vec<_> = expected_constants().into_iter().map(|(name, _)| name).collect();
    defined.sort_unstable();
    checked.sort_unstable();
    assert_eq!(defined, checked);
}
