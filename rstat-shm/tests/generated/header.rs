//! The structures and constants of `rstat_read.h`; its functions are written by hand.

use std::fmt::Write;
use std::fs;

use rstat_shm::fields::{
    GROUPS, Kind, Member, NAMES, Numbers, RECORDS, SIZES, point_members, record_members,
    snapshot_members,
};
use rstat_testbed::checked_in;

use crate::file;
use crate::text::{comment, constant, groups, named, number, number_of, row_bits, sentences};

const BEGIN: &str = "/* Generated from the table in rstat-shm/src/fields: do not edit. */\n";
const END: &str = "/* End of what is generated. */\n";

#[test]
fn the_header_has_the_structures_and_constants_of_the_table() {
    let path = file("../rstat-read/include/rstat_read.h");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the header has a generated part");
    let (_, after) = rest.split_once(END).expect("the generated part ends");
    checked_in::compare(&path, &format!("{before}{BEGIN}{}{END}{after}", generated()));
}

fn generated() -> String {
    let mut text = String::new();
    for size in SIZES {
        note(&mut text, "", size.help);
        writeln!(text, "#define RSTAT_{} {}", size.name, size.value).unwrap();
    }
    text.push('\n');
    let about = "Bits of rstat_snapshot.valid. A field with a clear bit is unknown, not \
                 zero. Fields without a bit are always known.";
    note(&mut text, "", about);
    for (bit, group) in GROUPS.iter().enumerate() {
        if !group.help.is_empty() {
            note(&mut text, "", group.help);
        }
        writeln!(text, "#define RSTAT_VALID_{} (UINT64_C(1) << {bit})", group.name).unwrap();
    }
    names(&mut text);
    for record in RECORDS {
        structure(&mut text, record.name, record.note, &record_members(record));
    }
    structure(&mut text, "snapshot", "One sample of the machine.", &snapshot_members());
    let help = "A sample of the past: a few figures to draw over time.";
    structure(&mut text, "history_point", help, &point_members());
    text
}

/// A comment on as many lines as it needs.
fn note(text: &mut String, indent: &str, said: &str) {
    let lines = comment(" *", &said.replace('`', ""));
    let lines = lines.trim_end().strip_prefix(" *").unwrap().replace('\n', &format!("\n{indent}"));
    writeln!(text, "{indent}/*{lines} */").unwrap();
}

fn names(text: &mut String) {
    for names in NAMES.iter().filter(|names| !names.c.is_empty()) {
        let kind = if names.of == Numbers::Bits { "Bits" } else { "Values" };
        text.push('\n');
        note(text, "", &format!("{kind} of {}.", names.field));
        for (index, word) in names.words.iter().enumerate() {
            if let Some(meaning) = names.meanings.get(index) {
                note(text, "", meaning);
            }
            let value = match names.of {
                Numbers::Bits => format!("(UINT32_C(1) << {index})"),
                _ => names.number(index).to_string(),
            };
            writeln!(text, "#define RSTAT_{}_{} {value}", names.c, constant(word)).unwrap();
        }
    }
}

fn structure(text: &mut String, name: &str, help: &str, members: &[Member]) {
    text.push('\n');
    note(text, "", help);
    writeln!(text, "struct rstat_{name} {{").unwrap();
    for (member_name, member) in named(members) {
        note(text, "\t", &sentences(member, &validity(name, member, members)));
        writeln!(text, "\t{};", declaration(&member_name, member)).unwrap();
    }
    writeln!(text, "}};").unwrap();
}

/// The bits with which a member is known.
fn validity(name: &str, member: &Member, members: &[Member]) -> String {
    let valid = match member {
        Member::Field(field) => field.valid,
        Member::List(list) => list.valid,
        Member::Reserved(..) => 0,
    };
    let mut bits: Vec<_> = groups(valid).map(|group| format!("RSTAT_VALID_{group}")).collect();
    if let Member::Field(field) = member {
        let row = row_bits(field, members).into_iter();
        let prefix = constant(&name.replace('_', " "));
        bits.extend(row.map(|bit| format!("RSTAT_{prefix}_{}", constant(bit))));
    }
    bits.join(", ")
}

fn declaration(name: &str, member: &Member) -> String {
    let ty = |kind: Kind| match number(kind) {
        "i32" => "int32_t".to_owned(),
        unsigned => format!("uint{}_t", &unsigned[1..]),
    };
    match *member {
        Member::Field(field) => match field.kind {
            Kind::Text(size) => format!("char {name}[RSTAT_{}]", size.name),
            kind => format!("{} {name}", ty(kind)),
        },
        Member::List(list) => {
            let row = number_of(list).map_or(format!("struct rstat_{}", list.record.name), ty);
            format!("{row} {name}[RSTAT_{}]", list.size)
        }
        Member::Reserved(_, kind, 1) => format!("{} {name}", ty(kind)),
        Member::Reserved(_, kind, count) => format!("{} {name}[{count}]", ty(kind)),
    }
}
