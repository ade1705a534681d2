//! A reader in another language that knows `PROTOCOL.md` and nothing else.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rstat_shm::fields::{Kind, List, Member, point_members, record_members, snapshot_members};
use rstat_shm::layout::{
    self, HEADER_BYTES, HISTORY_OFFSET, HISTORY_POINTS, LAYOUT_HASH, MAGIC, POINT_STRIDE,
    SEGMENT_BYTES, SLOT_STRIDE, SLOTS, SLOTS_OFFSET,
};
use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Snapshot, Writer};

use crate::stage::{Stage, publish, sample, skip};

fn show_header(out: &mut String, boot_id: &str) {
    let digits = boot_id.trim().replace('-', "");
    let half = |range| u64::from_str_radix(&digits[range], 16).unwrap();
    let lines = [
        ("abi_major", u64::from(layout::ABI_MAJOR)),
        ("abi_minor", u64::from(layout::ABI_MINOR)),
        ("header_bytes", HEADER_BYTES as u64),
        ("segment_bytes", SEGMENT_BYTES as u64),
        ("slots", SLOTS as u64),
        ("slot_stride", SLOT_STRIDE as u64),
        ("slots_offset", SLOTS_OFFSET as u64),
        ("snapshot_bytes", size_of::<Snapshot>() as u64),
        ("history_offset", HISTORY_OFFSET as u64),
        ("points", HISTORY_POINTS as u64),
        ("point_stride", POINT_STRIDE as u64),
        ("point_bytes", size_of::<HistoryPoint>() as u64),
        ("layout_hash", LAYOUT_HASH),
        ("boot_id_high", half(0..16)),
        ("boot_id_low", half(16..32)),
    ];
    writeln!(out, "header.magic {:016x}", MAGIC.swap_bytes()).unwrap();
    for (name, value) in lines {
        writeln!(out, "header.{name} {value}").unwrap();
    }
}

/// All members of a record, from their bytes, one a line.
fn show_members(out: &mut String, name: &str, bytes: &[u8], members: &[Member]) {
    let mut reserved = 0;
    for member in members {
        let bytes = &bytes[member.offset()..];
        // The first is `reserved`, the next `reserved_2`.
        reserved += u32::from(matches!(member, Member::Reserved(..)));
        let suffix = if reserved > 1 { format!("_{reserved}") } else { String::new() };
        match *member {
            Member::Field(field) => {
                show_value(out, &format!("{name}.{}", field.name), bytes, field.kind);
            }
            Member::List(list) => show_list(out, &format!("{name}.{}", list.name), bytes, list),
            Member::Reserved(_, kind, 1) => {
                show_value(out, &format!("{name}.reserved{suffix}"), bytes, kind);
            }
            Member::Reserved(_, kind, count) => {
                for index in 0..count {
                    let bytes = &bytes[index * kind.bytes()..];
                    show_value(out, &format!("{name}.reserved{suffix}[{index}]"), bytes, kind);
                }
            }
        }
    }
}

fn show_list(out: &mut String, name: &str, bytes: &[u8], list: &List) {
    for row in 0..list.rows {
        let (bytes, name) = (&bytes[row * list.stride()..], format!("{name}[{row}]"));
        if list.record.name.is_empty() {
            show_value(out, &name, bytes, list.record.members[0].kind);
        } else {
            show_members(out, &name, bytes, &record_members(list.record));
        }
    }
}

fn show_value(out: &mut String, name: &str, bytes: &[u8], kind: Kind) {
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
    match kind {
        Kind::U64 => writeln!(out, "{name} {}", u64::from_le_bytes(bytes[..8].try_into().unwrap())),
        Kind::U32 => writeln!(out, "{name} {}", number(bytes)),
        Kind::I32 => writeln!(out, "{name} {}", number(bytes).cast_signed()),
        Kind::Text(size) => {
            write!(out, "{name} ").unwrap();
            bytes[..size.value].iter().for_each(|it| write!(out, "{it:02x}").unwrap());
            writeln!(out)
        }
    }
    .unwrap();
}

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// What the reader in Python should print of a region with these samples.
fn expected(published: &[Snapshot]) -> String {
    let mut out = String::new();
    show_header(&mut out, &fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap());
    writeln!(out, "head {}\nstate running\nhas_writer 1", published.len()).unwrap();
    let last = published.last().unwrap();
    show_members(&mut out, "snapshot", &bytes(last.as_words()), &snapshot_members());
    for (index, sample) in published.iter().enumerate() {
        let point = HistoryPoint::from(sample);
        show_members(
            &mut out,
            &format!("history[{index}]"),
            &bytes(point.as_words()),
            &point_members(),
        );
    }
    out
}

fn python(arguments: &[&str], path: &Path) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_region.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg(path).args(arguments);
    command
}

fn has_python(what: &str) -> bool {
    let found =
        Command::new("python3").arg("--version").output().is_ok_and(|it| it.status.success());
    if !found {
        skip(what, "there is no python3");
    }
    found
}

#[test]
fn a_reader_written_from_the_document_alone_reads_every_field() {
    if !has_python("the reader in Python") {
        return;
    }
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    let mut published: Vec<_> = (1..=9).map(|tag| sample(tag * 1_000_003)).collect();
    for sample in &mut published {
        writer.publish(sample);
    }
    let output = python(&[], &stage.path()).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_same_lines(&String::from_utf8(output.stdout).unwrap(), &expected(&published));
}

/// Thousands of lines are too many for one `assert_eq!`.
#[track_caller]
fn assert_same_lines(found: &str, expected: &str) {
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

#[test]
fn a_reader_written_from_the_document_alone_waits_for_a_sample() {
    if !has_python("waiting in Python") {
        return;
    }
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    let mut command = python(&["--wait"], &stage.path());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "waiting 1\n");
    publish(&mut writer, [2]);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(rest.contains("\nsnapshot.sequence 2\n"), "{rest}");
}

#[test]
fn a_reader_written_from_the_document_alone_refuses_what_ours_refuses() {
    if !has_python("refusals in Python") {
        return;
    }
    let stage = Stage::new();
    drop(Writer::open(&stage.path()).unwrap());
    fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o666)).unwrap();
    let output = python(&[], &stage.path()).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, format!("{}: others may write to it\n", stage.path().display()));
}
