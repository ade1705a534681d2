//! `PROTOCOL.md` against the code: every row of its tables.

use std::any::type_name_of_val;
use std::collections::HashMap;
use std::mem::offset_of;

use rstat_shm::Snapshot;
use rstat_shm::fields::{FIELDS, Kind};
use rstat_shm::layout::{
    BOOT_ID_AT, CONSTANTS, HEAD_AT, HEADER_BYTES, HISTORY_OFFSET, HISTORY_POINTS, MAGIC,
    POINT_STRIDE, SEGMENT_BYTES, SLOT_STRIDE, SLOTS, SLOTS_OFFSET, STATE_AT, WAKE_AT, WriterState,
};
use rstat_shm::snapshot::{
    Application, BATTERY_STATUSES, Gpu, HistoryPoint, PLATFORM_PROFILES, Process, Source, Stuck,
    throttle, valid,
};

/// Place, name and type of a member.
pub type Member = (usize, String, String);

const PROTOCOL: &str = include_str!("../../PROTOCOL.md");

/// The rows of the first table below a heading, each by the names of its columns.
fn table(heading: &str) -> Vec<HashMap<&'static str, &'static str>> {
    let (_, section) = PROTOCOL.split_once(&format!("\n{heading}\n")).expect(heading);
    let mut rows = section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let columns = rows.next().expect(heading);
    rows.skip(1).map(|cells| columns.iter().copied().zip(cells).collect()).collect()
}

pub fn size_of_type(name: &str) -> usize {
    if let Some((element, count)) = name.trim_end_matches(']').split_once('[') {
        return size_of_type(element) * count.parse::<usize>().unwrap();
    }
    match name {
        "bytes" => 1,
        "u16" => 2,
        "u32" | "i32" => 4,
        "u64" => 8,
        "process" => size_of::<Process>(),
        "application" => size_of::<Application>(),
        "stuck" => size_of::<Stuck>(),
        "gpu" => size_of::<Gpu>(),
        "snapshot" => size_of::<Snapshot>(),
        _ => panic!("no such type: {name}"),
    }
}

/// A Rust type as the document writes it.
fn written(rust: &str) -> String {
    if let Some((_, bytes)) = rust.split_once("::Text<") {
        return format!("bytes[{}]", bytes.trim_end_matches('>'));
    }
    let short = rust.rsplit("::").next().unwrap();
    match short.strip_suffix(']').and_then(|array| array.split_once("; ")) {
        Some((element, count)) => format!("{}[{count}]", written(element.trim_start_matches('['))),
        None => short.to_lowercase(),
    }
}

#[test]
fn types_are_written_as_the_document_has_them() {
    assert_eq!(written("u32"), "u32");
    assert_eq!(written("[u32; 256]"), "u32[256]");
    assert_eq!(written("[rstat_shm::snapshot::Process; 5]"), "process[5]");
    assert_eq!(written("rstat_shm::snapshot::Text<16>"), "bytes[16]");
}

/// Place, name and type of every row; that they fill `bytes` without a gap.
fn record(heading: &str, bytes: usize) -> Vec<Member> {
    let mut next = 0;
    let mut rows = Vec::new();
    for row in table(heading) {
        let offset: usize = row["Offset"].parse().unwrap();
        assert_eq!(offset, next, "{heading}: {}", row["Name"]);
        next = offset + size_of_type(row["Type"]);
        rows.push((offset, row["Name"].to_owned(), row["Type"].to_owned()));
    }
    assert_eq!(next, bytes, "{heading}");
    rows
}

/// Place, name and type of the members, as the compiler has them.
macro_rules! members {
    ($record:expr, $type:ty: $($member:ident)*) => {{
        let record: $type = $record;
        vec![$((
            offset_of!($type, $member),
            stringify!($member).to_owned(),
            written(type_name_of_val(&record.$member)),
        )),*]
    }};
}

pub fn scalars() -> Vec<Member> {
    let one = |kind| match kind {
        Kind::U32 => "u32",
        Kind::I32 => "i32",
        Kind::U64 => "u64",
    };
    FIELDS.iter().map(|it| (it.offset, it.name.to_owned(), one(it.kind).to_owned())).collect()
}

pub fn arrays() -> Vec<Member> {
    members!(Snapshot::EMPTY, Snapshot:
        top_cpu top_memory top_io top_cpu_applications top_memory_applications
        top_io_applications blocked zombies gpus fans_rpm cores_online cores)
}

pub fn process_members() -> Vec<Member> {
    members!(Process::default(), Process:
        pid count flags cpu_ppm rss_bytes read_bytes_per_s write_bytes_per_s comm)
}

pub fn application_members() -> Vec<Member> {
    members!(Application::default(), Application:
        count flags cpu_ppm reserved rss_bytes read_bytes_per_s write_bytes_per_s name)
}

pub fn stuck_members() -> Vec<Member> {
    members!(Stuck::default(), Stuck: pid threads comm)
}

pub fn gpu_members() -> Vec<Member> {
    members!(Gpu::default(), Gpu:
        driver state valid busy_ppm frequency_mhz frequency_limit_mhz temperature_mc throttle
        power_uw memory_used_bytes memory_total_bytes)
}

pub fn point_members() -> Vec<Member> {
    members!(HistoryPoint::default(), HistoryPoint:
        monotonic_ns valid cpu_busy_ppm cpu_temperature_mc cpu_frequency_khz memory_used_ppm
        swap_used_ppm gpu_busy_ppm load_1m_milli flags io_read_bytes_per_s io_write_bytes_per_s)
}

#[test]
fn every_record_is_drawn_as_the_compiler_lays_it_out() {
    let snapshot = [scalars(), arrays()].concat();
    assert_eq!(record("## Snapshot", size_of::<Snapshot>()), snapshot);
    assert_eq!(record("### Process", size_of::<Process>()), process_members());
    assert_eq!(record("### Application", size_of::<Application>()), application_members());
    assert_eq!(record("### Stuck", size_of::<Stuck>()), stuck_members());
    assert_eq!(record("### GPU", size_of::<Gpu>()), gpu_members());
    assert_eq!(record("## History point", size_of::<HistoryPoint>()), point_members());
    record("## Slot", 8 + size_of::<Snapshot>());
}

#[test]
fn every_field_has_its_unit_validity_and_meaning() {
    let bits: HashMap<_, u64> =
        bits("### Validity bits").into_iter().chain([("always", 0)]).collect();
    let rows = table("## Snapshot");
    for (field, row) in FIELDS.iter().zip(&rows) {
        assert_eq!(row["Unit"], field.unit.name(), "{}", field.name);
        assert_eq!(bits[row["Valid"]], field.valid, "{}", field.name);
        assert!(!row["Meaning"].is_empty(), "{}", field.name);
    }
    for point in table("## History point") {
        let same = FIELDS.iter().find(|field| field.name == point["Name"]);
        assert!(bits.contains_key(point["Valid"]), "{}", point["Name"]);
        if let Some(field) = same {
            assert_eq!(bits[point["Valid"]], field.valid, "{}", field.name);
        }
    }
    let arrays = [
        valid::PROCESS_CPU,
        valid::PROCESSES,
        valid::PROCESS_IO,
        valid::APPLICATIONS,
        valid::APPLICATIONS,
        valid::APPLICATIONS,
        valid::STUCK,
        valid::STUCK,
        valid::GPU,
        valid::FANS,
        valid::CPU,
        valid::CPU,
    ];
    let drawn: Vec<_> = rows[FIELDS.len()..].iter().map(|row| bits[row["Valid"]]).collect();
    assert_eq!(drawn, arrays);
}

/// The rows of a table of bits.
fn bits(heading: &str) -> Vec<(&'static str, u64)> {
    table(heading)
        .iter()
        .map(|row| (row["Name"], 1 << row["Bit"].parse::<u32>().unwrap()))
        .collect()
}

#[test]
fn the_validity_bits_are_the_code_s() {
    let code = [
        ("CPU", valid::CPU),
        ("MEMORY", valid::MEMORY),
        ("SWAP", valid::SWAP),
        ("LOAD", valid::LOAD),
        ("PROCESSES", valid::PROCESSES),
        ("PROCESS_CPU", valid::PROCESS_CPU),
        ("PROCESS_IO", valid::PROCESS_IO),
        ("CPU_TEMPERATURE", valid::CPU_TEMPERATURE),
        ("CPU_FREQUENCY", valid::CPU_FREQUENCY),
        ("CPU_FREQUENCY_LIMIT", valid::CPU_FREQUENCY_LIMIT),
        ("PLATFORM_PROFILE", valid::PLATFORM_PROFILE),
        ("GPU", valid::GPU),
        ("CONTEXT_SWITCHES", valid::CONTEXT_SWITCHES),
        ("SAMPLE_COST", valid::SAMPLE_COST),
        ("UNLISTED", valid::UNLISTED),
        ("STUCK", valid::STUCK),
        ("PROBE_COST", valid::PROBE_COST),
        ("PRESSURE_CPU", valid::PRESSURE_CPU),
        ("PRESSURE_MEMORY", valid::PRESSURE_MEMORY),
        ("PRESSURE_IO", valid::PRESSURE_IO),
        ("CPU_THROTTLE", valid::CPU_THROTTLE),
        ("CPU_THROTTLED", valid::CPU_THROTTLED),
        ("CPU_POWER", valid::CPU_POWER),
        ("BATTERY", valid::BATTERY),
        ("BATTERY_POWER", valid::BATTERY_POWER),
        ("FANS", valid::FANS),
        ("ZRAM", valid::ZRAM),
        ("ZSWAP", valid::ZSWAP),
        ("ZFS_ARC", valid::ZFS_ARC),
        ("DISK", valid::DISK),
        ("APPLICATIONS", valid::APPLICATIONS),
    ];
    assert_eq!(bits("### Validity bits"), code);
    assert!(FIELDS.iter().all(|field| code.iter().any(|(_, bit)| field.valid & !bit == 0)));
}

#[test]
fn the_bits_of_a_gpu_are_the_code_s() {
    let code = [
        ("BUSY", Gpu::BUSY),
        ("FREQUENCY", Gpu::FREQUENCY),
        ("FREQUENCY_LIMIT", Gpu::FREQUENCY_LIMIT),
        ("TEMPERATURE", Gpu::TEMPERATURE),
        ("THROTTLE", Gpu::THROTTLE),
        ("POWER", Gpu::POWER),
        ("MEMORY", Gpu::MEMORY),
    ];
    assert_eq!(bits("### Validity bits of a GPU"), code.map(|(name, bit)| (name, bit.into())));
    for (name, bit) in bits("### Throttle bits") {
        assert_eq!(throttle::names(bit as u32).collect::<Vec<_>>(), [name]);
    }
    assert_eq!(bits("### Throttle bits").len(), throttle::NAMES.len());
}

#[test]
fn the_header_is_drawn_as_it_is_written() {
    record("## Header", HEADER_BYTES);
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC.to_le_bytes());
    for (offset, word) in CONSTANTS {
        header[offset..offset + 8].copy_from_slice(&word.to_le_bytes());
    }
    let mut places = HashMap::new();
    for row in table("## Header") {
        let (name, value) = (row["Name"], row["In version 1.0"]);
        let offset: usize = row["Offset"].parse().unwrap();
        let bytes = &header[offset..offset + size_of_type(row["Type"])];
        places.insert(name, offset);
        if value == "varies" {
            continue;
        }
        let expected = match value.strip_prefix("0x") {
            _ if name == "magic" => {
                u64::from_le_bytes(value.trim_matches('`').as_bytes().try_into().unwrap())
            }
            Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
            None => value.parse().unwrap(),
        };
        let (number, rest) = bytes.split_at(bytes.len().min(8));
        let mut word = [0; 8];
        word[..number.len()].copy_from_slice(number);
        assert_eq!(u64::from_le_bytes(word), expected, "{name}");
        assert!(rest.iter().all(|&byte| byte == 0), "{name}");
    }
    assert_eq!(places["boot_id_high"], BOOT_ID_AT);
    assert_eq!(places["boot_id_low"], BOOT_ID_AT + 8);
    assert_eq!(places["head"], HEAD_AT);
    assert_eq!(places["state"], STATE_AT);
    assert_eq!(places["wake"], WAKE_AT);
}

#[test]
fn the_drawing_has_every_part_where_it_is() {
    let drawing = PROTOCOL.split("```").nth(1).unwrap();
    let offsets: Vec<usize> =
        drawing.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    let slots = (1..SLOTS).map(|slot| SLOTS_OFFSET + slot * SLOT_STRIDE);
    let last_point = HISTORY_OFFSET + (HISTORY_POINTS - 1) * POINT_STRIDE;
    let expected: Vec<_> = [0, HEAD_AT, STATE_AT, HEADER_BYTES]
        .into_iter()
        .chain(slots)
        .chain([HISTORY_OFFSET, HISTORY_OFFSET + POINT_STRIDE, last_point])
        .chain([last_point + POINT_STRIDE, SEGMENT_BYTES])
        .collect();
    assert_eq!(offsets, expected);
    let pad = SLOT_STRIDE - 8 - size_of::<Snapshot>();
    let padding = if pad > 0 { format!(" pad ({pad})") } else { String::new() };
    let slot = format!("sequence (8) snapshot ({}){padding}", size_of::<Snapshot>());
    assert!(drawing.contains(&slot), "{slot}");
    assert!(PROTOCOL.contains(&format!("The file is {SEGMENT_BYTES} bytes long")));
}

fn names(heading: &str) -> Vec<(u64, &'static str)> {
    table(heading).iter().map(|row| (row["Number"].parse().unwrap(), row["Name"])).collect()
}

#[test]
fn every_number_that_names_something_is_listed() {
    let from_one =
        |names: &[&'static str]| -> Vec<_> { (1..).zip(names.iter().copied()).collect() };
    assert_eq!(names("### Platform profiles"), from_one(&PLATFORM_PROFILES));
    assert_eq!(names("### Battery statuses"), from_one(&BATTERY_STATUSES));
    assert_eq!(names("### GPU drivers"), from_one(&Gpu::DRIVERS));
    assert_eq!(names("### GPU states"), from_one(&Gpu::STATES));

    let sources = names("### Sources");
    let known: Vec<_> = (0..100)
        .filter_map(|number| Some((u64::from(number), Source::from_number(number)?.name())))
        .collect();
    assert_eq!(sources, known);

    let known: Vec<_> = (0..100)
        .filter_map(|number| {
            Some((number, format!("{:?}", WriterState::from_word(number)?).to_lowercase()))
        })
        .collect();
    let states: Vec<_> =
        names("### States").into_iter().map(|(number, name)| (number, name.to_owned())).collect();
    assert_eq!(states, known);
}
