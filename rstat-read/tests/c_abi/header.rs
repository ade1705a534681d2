//! The header lays out structures as the table says, and C has the table's constants.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use rstat_read::{HistoryPoint, Snapshot};
use rstat_shm::fields::{
    GROUPS, Member, NAMES, RECORDS, SIZES, point_members, record_members, snapshot_members,
};

use crate::compile::{compile, include, run};
use crate::region::Scratch;

/// Of a structure that the library keeps to itself. `fields.c` reads it by these.
const FIELD_MEMBERS: [(&str, usize, usize); 6] = [
    ("valid", 0, 8),
    ("offset", 8, 4),
    ("kind", 12, 4),
    ("name", 16, 32),
    ("unit", 48, 24),
    ("help", 72, 72),
];
const FIELD_BYTES: usize = 144;

/// Of another one, with pointers in it.
const APPEARANCE_MEMBERS: [(&str, usize, usize); 6] = [
    ("text", 0, 8),
    ("tooltip", 8, 8),
    ("alt", 16, 8),
    ("classes", 24, 8),
    ("percentage", 32, 4),
    ("reserved", 36, 4),
];
const APPEARANCE_BYTES: usize = 40;

/// Every member that has a name: structure, name, offset and size.
fn expected_members() -> Vec<(String, &'static str, usize, usize)> {
    let mut expected = Vec::new();
    let mut add = |structure: &str, members: Vec<Member>| {
        for member in members {
            let name = match member {
                Member::Field(field) => field.name,
                Member::List(list) => list.name,
                Member::Reserved(..) => continue,
            };
            let structure = format!("rstat_{structure}");
            expected.push((structure, name, member.offset(), member.bytes()));
        }
    };
    add("snapshot", snapshot_members());
    add("history_point", point_members());
    for record in RECORDS {
        add(record.name, record_members(record));
    }
    let of = |structure: &str, members: [(&'static str, usize, usize); 6]| {
        members.map(|(name, offset, size)| (structure.to_owned(), name, offset, size))
    };
    expected.extend(of("rstat_field", FIELD_MEMBERS));
    expected.extend(of("rstat_appearance", APPEARANCE_MEMBERS));
    expected
}

/// Every constant of the header that Rust has as well.
fn expected_constants() -> Vec<(String, u64)> {
    let kinds = (1..).zip(["U32", "I32", "U64"]);
    let mut constants: Vec<_> =
        kinds.map(|(number, kind)| (format!("RSTAT_KIND_{kind}"), number)).collect();
    constants.extend(SIZES.iter().map(|it| (format!("RSTAT_{}", it.name), it.value as u64)));
    let groups = GROUPS.iter().enumerate();
    constants.extend(groups.map(|(bit, it)| (format!("RSTAT_VALID_{}", it.name), 1 << bit)));
    for names in NAMES.iter().filter(|names| !names.c.is_empty()) {
        for (index, word) in names.words.iter().enumerate() {
            let word = word.to_uppercase().replace(['-', ' '], "_");
            constants.push((format!("RSTAT_{}_{word}", names.c), names.number(index)));
        }
    }
    constants
}

#[test]
fn the_header_lays_structures_out_as_the_table_does() {
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
    let records = RECORDS.iter().map(|record| (format!("rstat_{}", record.name), record.bytes()));
    let others = [
        ("rstat_snapshot", size_of::<Snapshot>()),
        ("rstat_history_point", size_of::<HistoryPoint>()),
        ("rstat_field", FIELD_BYTES),
        ("rstat_appearance", APPEARANCE_BYTES),
    ];
    for (structure, size) in records.chain(others.map(|(name, size)| (name.to_owned(), size))) {
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
