//! The tables of `PROTOCOL.md`, each the first below its heading, and the sizes of rows.

use std::fmt::Write;
use std::fs;

use rstat_shm::fields::{
    Field, GROUPS, Kind, Member, NAMES, Numbers, POINT_BYTES, RECORDS, Record, SNAPSHOT_BYTES,
    Unit, point_members, record_members, snapshot_members,
};
use rstat_shm::layout::{
    ABI_MAJOR, ABI_MINOR, HEADER_BYTES, HISTORY_OFFSET, HISTORY_POINTS, LAYOUT_HASH, POINT_STRIDE,
    SEGMENT_BYTES, SLOT_STRIDE, SLOTS, SLOTS_OFFSET,
};
use rstat_testbed::checked_in;

use crate::file;
use crate::text::{constant, groups, named, names_of, number, number_of, row_bits, sentences};

const ROW_HAS: &str = "A row has ";

#[test]
fn the_document_has_the_tables_that_follow_from_the_table() {
    let path = file("PROTOCOL.md");
    let mut text = fs::read_to_string(&path).unwrap();
    put(&mut text, "## Header", &header());
    put(&mut text, "## Snapshot", &members(&snapshot_members()));
    put(&mut text, "### Validity bits", &validity_bits());
    for record in RECORDS {
        put_bytes(&mut text, &heading(record), record.bytes());
        put(&mut text, &heading(record), &members(&record_members(record)));
    }
    put(&mut text, "## History point", &members(&point_members()));
    for names in NAMES {
        let column = if names.of == Numbers::Bits { "Bit" } else { "Number" };
        let mut table = format!("| {column} | Name | Meaning |\n|---|---|---|\n");
        for (index, word) in names.words.iter().enumerate() {
            let number = if names.of == Numbers::Bits { index as u64 } else { names.number(index) };
            let meaning = names.meanings.get(index).unwrap_or(&"");
            // The spelling of the columns *Valid*.
            let is_validity = names.title.starts_with("Validity bits");
            let name = if is_validity { constant(word) } else { (*word).to_owned() };
            writeln!(table, "| {number} | {name} | {meaning} |").unwrap();
        }
        put(&mut text, &format!("### {}", names.title), &table.replace("|  |", "| |"));
    }
    checked_in::compare(&path, &text);
}

/// Replaces the first table below a heading.
#[track_caller]
fn put(text: &mut String, heading: &str, table: &str) {
    let start = text.find(&format!("\n{heading}\n")).expect(heading);
    let start = start + text[start..].find("\n|").expect(heading) + 1;
    let end = start + text[start..].find("\n\n").expect(heading) + 1;
    text.replace_range(start..end, table);
}

/// Replaces the number in the first "A row has 56 bytes." below a heading.
#[track_caller]
fn put_bytes(text: &mut String, heading: &str, bytes: usize) {
    let start = text.find(&format!("\n{heading}\n")).expect(heading);
    let start = start + text[start..].find(ROW_HAS).expect(heading) + ROW_HAS.len();
    let end = start + text[start..].find(" bytes.").expect(heading);
    text.replace_range(start..end, &bytes.to_string());
}

fn heading(record: &Record) -> String {
    let name = if record.name == "gpu" { "GPU".to_owned() } else { record.name.replace('_', " ") };
    let (first, rest) = name.split_at(1);
    format!("### {}{rest}", first.to_uppercase())
}

fn header() -> String {
    let minor = format!("{ABI_MAJOR}.{ABI_MINOR}");
    let mut table =
        format!("| Offset | Type | Name | In version {minor} | Meaning |\n|---|---|---|---|---|\n");
    let number = |number: usize| number.to_string();
    let rows = [
        (0, "bytes[8]", "magic", "`rstatshm`".to_owned(), "what the file is"),
        (
            8,
            "u16",
            "abi_major",
            ABI_MAJOR.to_string(),
            "changes when a reader of the old layout would misread the new one",
        ),
        (10, "u16", "abi_minor", ABI_MINOR.to_string(), "changes when fields are appended"),
        (12, "u32", "header_bytes", number(HEADER_BYTES), "bytes of this header"),
        (16, "u64", "segment_bytes", number(SEGMENT_BYTES), "bytes of the file"),
        (24, "u32", "slots", number(SLOTS), "number of slots"),
        (28, "u32", "slot_stride", number(SLOT_STRIDE), "from one slot to the next"),
        (32, "u32", "slots_offset", number(SLOTS_OFFSET), "where slot 0 is"),
        (
            36,
            "u32",
            "snapshot_bytes",
            number(SNAPSHOT_BYTES),
            "of a snapshot, without its sequence",
        ),
        (40, "u32", "history_offset", number(HISTORY_OFFSET), "where point 0 is"),
        (44, "u32", "points", number(HISTORY_POINTS), "number of points"),
        (48, "u32", "point_stride", number(POINT_STRIDE), "from one point to the next"),
        (52, "u32", "point_bytes", number(POINT_BYTES), "of a history point, without its sequence"),
        (
            56,
            "u64",
            "layout_hash",
            format!("{LAYOUT_HASH:#018x}"),
            "differs between builds of one version whose records differ",
        ),
        (
            64,
            "u64",
            "boot_id_high",
            "varies".to_owned(),
            "first 16 hexadecimal digits of `/proc/sys/kernel/random/boot_id`, as a number",
        ),
        (72, "u64", "boot_id_low", "varies".to_owned(), "last 16 digits"),
        (80, "bytes[48]", "reserved", "0".to_owned(), ""),
        (
            128,
            "u64",
            "head",
            "varies".to_owned(),
            "number of the latest complete sample; 0: none yet",
        ),
        (136, "bytes[56]", "reserved", "0".to_owned(), ""),
        (192, "u64", "state", "varies".to_owned(), "what the daemon does: a [state](#states)"),
        (
            200,
            "u64",
            "wake",
            "varies".to_owned(),
            "grows by 1 with every sample and every change of state; its low half, the 4 bytes at 200, is a futex",
        ),
        (208, "bytes[48]", "reserved", "0".to_owned(), ""),
    ];
    for (offset, ty, name, value, meaning) in rows {
        writeln!(table, "| {offset} | {ty} | {name} | {value} | {meaning} |").unwrap();
    }
    table.replace("|  |", "| |")
}

fn validity_bits() -> String {
    let mut table = String::from("| Bit | Name | Meaning |\n|---|---|---|\n");
    for (bit, group) in GROUPS.iter().enumerate() {
        writeln!(table, "| {bit} | {} | {} |", group.name, group.help).unwrap();
    }
    table.replace("|  |", "| |")
}

fn members(members: &[Member]) -> String {
    let mut table = String::from(
        "| Offset | Type | Name | Unit | Valid | Meaning |\n|---|---|---|---|---|---|\n",
    );
    for (name, member) in named(members) {
        let (unit, valid) = match member {
            Member::Field(field) => (unit(field.unit), validity(field, members)),
            Member::List(list) if number_of(list).is_some() => {
                (unit(list.record.members[0].unit), validity_of(list.valid))
            }
            Member::List(list) => ("rows".to_owned(), validity_of(list.valid)),
            Member::Reserved(..) => ("count".to_owned(), "always".to_owned()),
        };
        let meaning = sentences(member, "");
        let offset = member.offset();
        let ty = written(member);
        writeln!(table, "| {offset} | {ty} | {name} | {unit} | {valid} | {meaning} |").unwrap();
    }
    table
}

/// A unit, with a link to what the numbers stand for.
fn unit(unit: Unit) -> String {
    match names_of(unit) {
        Some(names) => {
            format!("[{}](#{})", unit.name(), names.title.to_lowercase().replace(' ', "-"))
        }
        None => unit.name().to_owned(),
    }
}

fn validity_of(valid: u64) -> String {
    let names: Vec<_> = groups(valid).collect();
    if names.is_empty() { "always".to_owned() } else { names.join(", ") }
}

fn validity(field: &Field, members: &[Member]) -> String {
    let row: Vec<_> = row_bits(field, members).into_iter().map(constant).collect();
    if row.is_empty() { validity_of(field.valid) } else { row.join(", ") }
}

pub fn written(member: &Member) -> String {
    match *member {
        Member::Field(field) => match field.kind {
            Kind::Text(size) => format!("bytes[{}]", size.value),
            kind => number(kind).to_owned(),
        },
        Member::List(list) => {
            format!("{}[{}]", number_of(list).map_or(list.record.name, number), list.rows)
        }
        Member::Reserved(_, kind, 1) => number(kind).to_owned(),
        Member::Reserved(_, kind, count) => format!("{}[{count}]", number(kind)),
    }
}
