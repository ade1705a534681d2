//! The layouts of versions that were published: what they had stays where it was.
//!
//! `tests/layouts/` has one file a minor version, a line for each member: record, offset,
//! type and name. Version 1.0 is written anew with `RSTAT_BLESS` set until 1.1 begins.

use std::fmt::Write;
use std::fs;

use rstat_shm::fields::{
    GROUPS, Member, NAMES, RECORDS, point_members, record_members, snapshot_members,
};
use rstat_shm::layout::ABI_MINOR;
use rstat_testbed::checked_in;

use crate::document::written;
use crate::file;
use crate::text::named;

fn layout() -> String {
    let mut text = String::new();
    let mut record = |name: &str, members: &[Member]| {
        for (member, place) in named(members) {
            let (offset, ty) = (place.offset(), written(place));
            writeln!(text, "{name} {offset} {ty} {member}").unwrap();
        }
    };
    record("snapshot", &snapshot_members());
    record("history_point", &point_members());
    for it in RECORDS {
        record(it.name, &record_members(it));
    }
    for (bit, group) in GROUPS.iter().enumerate() {
        writeln!(text, "valid {bit} bit {}", group.name).unwrap();
    }
    for names in NAMES {
        let title = names.title.replace(' ', "_");
        for (index, word) in names.words.iter().enumerate() {
            writeln!(text, "{title} {} name {word}", names.number(index)).unwrap();
        }
    }
    text
}

/// The lines of each record, or of each table of bits or names, in order.
fn sections(layout: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in layout.lines() {
        let (name, rest) = line.split_once(' ').unwrap();
        match sections.last_mut().filter(|(last, _)| *last == name) {
            Some((_, lines)) => lines.push(rest),
            None => sections.push((name, vec![rest])),
        }
    }
    sections
}

/// What is wrong with a layout that has to begin as a published one does.
fn fault(published: &str, layout: &str) -> Option<String> {
    let now = sections(layout);
    for (name, mut lines) in sections(published) {
        // Spare words at a record's end are there to be used.
        while lines.last().is_some_and(|line| line.contains(" reserved")) {
            lines.pop();
        }
        let known = now.iter().find(|(other, _)| *other == name).map(|(_, lines)| lines);
        if let Some(line) = (0..).zip(&lines).find_map(|(index, line)| {
            (known.and_then(|known| known.get(index)) != Some(line)).then_some(line)
        }) {
            return Some(format!("{name} {line}"));
        }
    }
    None
}

#[test]
fn every_member_of_a_published_version_is_where_it_was() {
    let layout = layout();
    if ABI_MINOR == 0 {
        checked_in::compare(&file("tests/layouts/1.0"), &layout);
    }
    for entry in fs::read_dir(file("tests/layouts")).unwrap() {
        let path = entry.unwrap().path();
        let published = fs::read_to_string(&path).unwrap();
        assert!(published.lines().count() > 100, "{}", path.display());
        assert_eq!(fault(&published, &layout), None, "{}", path.display());
    }
}

#[test]
fn a_member_that_moved_or_went_is_noticed() {
    let published = "a 0 u32 x\na 4 u32 reserved\na 8 u64 y\nb 0 u64 z\nb 8 u64[2] reserved\n";
    let check = |layout: &str, expected: Option<&str>| {
        assert_eq!(fault(published, layout).as_deref(), expected, "{layout}");
    };
    check(published, None);
    check("a 0 u32 x\na 4 u32 reserved\na 8 u64 y\na 16 u64 new\nb 0 u64 z\nb 8 u64 new\n", None);
    check("a 0 u32 x\na 4 u32 reserved\na 8 u64 y\n", Some("b 0 u64 z"));
    check("a 0 u32 x\na 4 u32 new\na 8 u64 y\nb 0 u64 z\n", Some("a 4 u32 reserved"));
    check("a 0 u64 new\na 8 u32 x\nb 0 u64 z\n", Some("a 0 u32 x"));
}
