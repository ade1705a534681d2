//! The structs and constants of `src/snapshot/`.

use std::fmt::Write;

use rstat_shm::fields::{
    COMPUTED, FIELDS, GROUPS, HISTORY, Kind, LISTS, Member, NAMES, Names, Numbers, RECORDS, SIZES,
    point_members, record_members, snapshot_members,
};
use rstat_testbed::checked_in;

use crate::file;
use crate::text::{comment, constant, groups, named, number, number_of, row_bits, sentences};

#[test]
fn the_validity_bits_are_those_of_the_table() {
    let mut text = String::from(
        "//! Bits of [`Snapshot::valid`](super::Snapshot::valid), one for each group of fields.\n",
    );
    text.push_str(BEGIN);
    for (bit, group) in GROUPS.iter().enumerate() {
        let fields = FIELDS.iter().filter(|it| it.valid >> bit & 1 == 1).map(|it| it.name);
        let lists = LISTS.iter().filter(|it| it.valid >> bit & 1 == 1).map(|it| it.name);
        let names: Vec<_> = fields.chain(lists).map(|name| format!("`{name}`")).collect();
        let mut sentences = format!("{}.", names.join(", "));
        if !group.help.is_empty() {
            write!(sentences, " {}", group.help).unwrap();
        }
        text.push_str(&comment("///", &sentences));
        writeln!(text, "pub const {}: u64 = 1 << {bit};", group.name).unwrap();
    }
    checked_in::compare(&file("src/snapshot/valid.rs"), &text);
}

const BEGIN: &str = "//!\n//! Generated from the table in `fields/`: do not edit.\n\n";

#[test]
fn the_records_are_those_of_the_table() {
    let mut text = format!("//! What the rows of a sample's lists are made of.\n{BEGIN}");
    text.push_str("use crate::snapshot::Text;\n#[cfg(doc)]\nuse crate::snapshot::valid;\n\n");
    for size in SIZES {
        text.push_str(&comment("///", size.help));
        writeln!(text, "pub const {}: usize = {};", size.name, size.value).unwrap();
    }
    modules(&mut text);
    for record in RECORDS {
        structure(&mut text, record.rust, record.note, "Copy, Default, ", &record_members(record));
    }
    checked_in::compare(&file("src/snapshot/records.rs"), &text);
}

#[test]
fn the_sample_and_the_history_point_are_those_of_the_table() {
    let mut text = format!("//! What a sample and a point of the history are made of.\n{BEGIN}");
    let mut records: Vec<_> = RECORDS.iter().map(|record| record.rust).collect();
    records.extend(LISTS.iter().map(|list| list.size));
    records.sort_unstable();
    records.dedup();
    writeln!(text, "#[cfg(doc)]\nuse crate::snapshot::valid;").unwrap();
    writeln!(text, "#[rustfmt::skip]\nuse crate::snapshot::{{{}}};", records.join(", ")).unwrap();
    structure(&mut text, "Snapshot", "One sample of the machine.", "", &snapshot_members());
    let help = "One point of the history: what bars draw over time.";
    structure(&mut text, "HistoryPoint", help, "Copy, Default, ", &point_members());
    history(&mut text);
    checked_in::compare(&file("src/snapshot/sample.rs"), &text);
}

/// The constants of names whose module is no struct.
fn modules(text: &mut String) {
    let is_module = |name: &str| name.starts_with(|first: char| first.is_ascii_lowercase());
    for names in NAMES.iter().filter(|names| is_module(names.rust)) {
        writeln!(text, "\n/// {}: {}s of `{}`.", names.title, kind(names), member(names)).unwrap();
        writeln!(text, "pub mod {} {{", names.rust).unwrap();
        constants(text, names.rust);
        writeln!(text, "}}").unwrap();
    }
}

fn constants(text: &mut String, rust: &str) {
    for names in NAMES.iter().filter(|names| names.rust == rust) {
        for (index, word) in names.words.iter().enumerate() {
            let default = format!("A {} of `{}`: {word}.", kind(names), member(names));
            text.push_str(&comment(
                "    ///",
                names.meanings.get(index).unwrap_or(&default.as_str()),
            ));
            let value = match names.of {
                Numbers::Bits => format!("1 << {index}"),
                _ => names.number(index).to_string(),
            };
            writeln!(text, "    pub const {}: u32 = {value};", constant(word)).unwrap();
        }
    }
}

fn kind(names: &Names) -> &'static str {
    if names.of == Numbers::Bits { "bit" } else { "value" }
}

/// The member that has the numbers.
fn member(names: &Names) -> &'static str {
    names.field.rsplit('.').next().unwrap()
}

fn structure(text: &mut String, name: &str, help: &str, derives: &str, members: &[Member]) {
    let help = comment("///", help);
    write!(
        text,
        "\n{help}#[derive(Clone, {derives}Debug, PartialEq, Eq)]\n#[repr(C)]\npub struct {name} {{\n"
    )
    .unwrap();
    let mut sizes: Vec<(String, usize)> = Vec::new();
    for (member_name, member) in named(members) {
        let valid = validity(name, member, members);
        text.push_str(&comment("    ///", &sentences(member, &valid)));
        let (ty, element, count) = written(member);
        writeln!(text, "    pub {member_name}: {ty},").unwrap();
        match sizes.iter_mut().find(|(known, _)| *known == element) {
            Some((_, known)) => *known += count,
            None => sizes.push((element, count)),
        }
    }
    writeln!(text, "}}").unwrap();
    if NAMES.iter().any(|names| names.rust == name) {
        writeln!(text, "\nimpl {name} {{").unwrap();
        constants(text, name);
        writeln!(text, "}}").unwrap();
    }
    let terms = sizes.iter().map(|(element, count)| match count {
        1 => format!("size_of::<{element}>()"),
        count => format!("{count} * size_of::<{element}>()"),
    });
    let sum = terms.collect::<Vec<_>>().join(" + ");
    write!(
        text,
        "\n// No padding: the members fill the struct.\n#[rustfmt::skip]\nconst _: () = \
         assert!(size_of::<{name}>() == {sum});\n"
    )
    .unwrap();
}

/// Where a member is known, as a link to the bit.
fn validity(name: &str, member: &Member, members: &[Member]) -> String {
    let valid = match member {
        Member::Field(field) => field.valid,
        Member::List(list) => list.valid,
        Member::Reserved(..) => 0,
    };
    let mut bits: Vec<_> = groups(valid).map(|group| format!("[`valid::{group}`]")).collect();
    if let Member::Field(field) = member {
        let row = row_bits(field, members).into_iter();
        bits.extend(row.map(|bit| format!("[`{name}::{}`]", constant(bit))));
    }
    bits.join(", ")
}

/// The type of a member; the element that it consists of, and how many of these.
fn written(member: &Member) -> (String, String, usize) {
    match *member {
        Member::Field(field) => {
            let ty = match field.kind {
                Kind::Text(size) => format!("Text<{}>", size.name),
                kind => number(kind).to_owned(),
            };
            (ty.clone(), ty, 1)
        }
        Member::List(list) => {
            let row = number_of(list).map_or(list.record.rust, number);
            (format!("[{row}; {}]", list.size), row.to_owned(), list.rows)
        }
        Member::Reserved(_, kind, 1) => (number(kind).to_owned(), number(kind).to_owned(), 1),
        Member::Reserved(_, kind, count) => {
            (format!("[{}; {count}]", number(kind)), number(kind).to_owned(), count)
        }
    }
}

/// How a point is made of a sample.
fn history(text: &mut String) {
    text.push_str(
        "\nimpl From<&Snapshot> for HistoryPoint {\n    fn from(sample: &Snapshot) -> Self {\n        Self {\n",
    );
    for field in HISTORY {
        let is_computed = COMPUTED.iter().any(|it| it.field.name == field.name);
        let call = if is_computed { "().unwrap_or_default()" } else { "" };
        writeln!(text, "            {0}: sample.{0}{call},", field.name).unwrap();
    }
    if point_members().iter().any(|member| matches!(member, Member::Reserved(..))) {
        writeln!(text, "            ..Self::default()").unwrap();
    }
    text.push_str("        }\n    }\n}\n");
}
