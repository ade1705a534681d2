//! `PROTOCOL.md` against the code: every row of its tables.

use std::collections::HashMap;
use std::mem::offset_of;

use rstat_shm::Snapshot;
use rstat_shm::layout::{
    ABI_MAJOR, ABI_MINOR, BOOT_ID_AT, CONSTANTS, HEAD_AT, HEADER_BYTES, MAGIC, STATE_AT, WAKE_AT,
    WriterState,
};
use rstat_shm::snapshot::{
    Application, FileSystem, Gpu, HistoryPoint, Interface, Process, ProcessState,
};

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

fn size_of_type(name: &str) -> usize {
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
        "process_state" => size_of::<ProcessState>(),
        "gpu" => size_of::<Gpu>(),
        "interface" => size_of::<Interface>(),
        "file_system" => size_of::<FileSystem>(),
        "snapshot" => size_of::<Snapshot>(),
        _ => panic!("no such type: {name}"),
    }
}

/// Offset and name of every row, which fill `bytes` without a gap.
fn record(heading: &str, bytes: usize) -> Vec<(usize, &'static str)> {
    let mut next = 0;
    let mut rows = Vec::new();
    for row in table(heading) {
        let offset: usize = row["Offset"].parse().unwrap();
        assert_eq!(offset, next, "{heading}: {}", row["Name"]);
        next = offset + size_of_type(row["Type"]);
        rows.push((offset, row["Name"]));
    }
    assert_eq!(next, bytes, "{heading}");
    rows
}

#[test]
fn every_record_is_drawn_as_the_compiler_lays_it_out() {
    let records = [
        ("snapshot", record("## Snapshot", size_of::<Snapshot>())),
        ("process", record("### Process", size_of::<Process>())),
        ("application", record("### Application", size_of::<Application>())),
        ("process_state", record("### Process state", size_of::<ProcessState>())),
        ("gpu", record("### GPU", size_of::<Gpu>())),
        ("interface", record("### Interface", size_of::<Interface>())),
        ("file_system", record("### File system", size_of::<FileSystem>())),
        ("point", record("## History point", size_of::<HistoryPoint>())),
    ];
    let offset = |record, name| {
        let (_, rows) = records.iter().find(|(known, _)| *known == record).unwrap();
        rows.iter().find(|(_, known)| *known == name).unwrap().0
    };
    let places = [
        (offset_of!(Snapshot, valid), offset("snapshot", "valid")),
        (offset_of!(Snapshot, cpu_temperature_mc), offset("snapshot", "cpu_temperature_mc")),
        (
            offset_of!(Snapshot, context_switches_per_s),
            offset("snapshot", "context_switches_per_s"),
        ),
        (offset_of!(Snapshot, top_cpu), offset("snapshot", "top_cpu")),
        (offset_of!(Snapshot, top_io_applications), offset("snapshot", "top_io_applications")),
        (offset_of!(Snapshot, zombies), offset("snapshot", "zombies")),
        (offset_of!(Snapshot, gpus), offset("snapshot", "gpus")),
        (offset_of!(Snapshot, file_systems), offset("snapshot", "file_systems")),
        (offset_of!(Snapshot, cores), offset("snapshot", "cores")),
        (offset_of!(Process, write_bytes_per_s), offset("process", "write_bytes_per_s")),
        (offset_of!(Application, rss_bytes), offset("application", "rss_bytes")),
        (offset_of!(ProcessState, threads), offset("process_state", "threads")),
        (offset_of!(Gpu, memory_total_bytes), offset("gpu", "memory_total_bytes")),
        (offset_of!(Interface, sent_bytes_per_s), offset("interface", "sent_bytes_per_s")),
        (offset_of!(FileSystem, available_bytes), offset("file_system", "available_bytes")),
        (offset_of!(HistoryPoint, flags), offset("point", "flags")),
    ];
    for (compiled, drawn) in places {
        assert_eq!(compiled, drawn);
    }
    record("## Slot", 8 + size_of::<Snapshot>());
}

#[test]
fn the_header_is_drawn_as_it_is_written() {
    record("## Header", HEADER_BYTES);
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC.to_le_bytes());
    for (offset, word) in CONSTANTS {
        header[offset..offset + 8].copy_from_slice(&word.to_le_bytes());
    }
    let version = format!("In version {ABI_MAJOR}.{ABI_MINOR}");
    let mut places = HashMap::new();
    for row in table("## Header") {
        let (name, value) = (row["Name"], row[&*version]);
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
fn the_drawing_has_the_parts_of_the_header_where_they_are() {
    let drawing = PROTOCOL.split("```").nth(1).unwrap();
    let offsets: Vec<usize> =
        drawing.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(offsets, [0, HEAD_AT, STATE_AT]);
}

#[test]
fn every_state_of_a_writer_is_listed() {
    let known: Vec<_> = (0..100).filter_map(WriterState::from_word).collect();
    let listed = table("### States");
    assert_eq!(known.len(), listed.len());
    for (state, row) in known.iter().zip(listed) {
        assert_eq!((*state as u64).to_string(), row["Number"]);
        assert_eq!(format!("{state:?}").to_lowercase(), row["Name"]);
    }
}
