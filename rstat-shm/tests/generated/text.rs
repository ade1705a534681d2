//! Names and sentences of the table as every language needs them.

use std::fmt::Write;

use rstat_shm::fields::{Field, GROUPS, Kind, List, Member, NAMES, Names, Unit};

/// Columns that a line has at most.
const WIDTH: usize = 100;

/// The constant of a name: `LOW_POWER` of `low-power`.
pub fn constant(name: &str) -> String {
    name.to_uppercase().replace(['-', ' '], "_")
}

/// The names of the groups of a snapshot's `valid`.
pub fn groups(valid: u64) -> impl Iterator<Item = &'static str> {
    let is_set = move |bit: usize| valid >> bit & 1 == 1;
    GROUPS.iter().enumerate().filter(move |(bit, _)| is_set(*bit)).map(|(_, group)| group.name)
}

/// The table of names that a field's unit has.
pub fn names_of(unit: Unit) -> Option<&'static Names> {
    let (Unit::Name(words) | Unit::Bits(words)) = unit else {
        return None;
    };
    NAMES.iter().find(|names| !words.is_empty() && names.words == words)
}

/// The bits of a row's own `valid` that a member needs, by the record's table of bits.
pub fn row_bits(field: &Field, members: &[Member]) -> Vec<&'static str> {
    let valid = members.iter().find_map(|member| match member {
        Member::Field(other) if other.name == "valid" && field.row_valid != 0 => Some(other.unit),
        _ => None,
    });
    let Some(names) = valid.and_then(names_of) else {
        return Vec::new();
    };
    let is_set = |bit: &usize| field.row_valid >> bit & 1 == 1;
    (0..names.words.len()).filter(is_set).map(|bit| names.words[bit]).collect()
}

/// What a member is: its help as the beginning of a sentence, its groups, its contract.
pub fn sentences(member: &Member, valid: &str) -> String {
    let (help, note) = match member {
        Member::Field(field) => (capital(field.help), field.note),
        Member::List(list) => (list.note.trim_end_matches('.').to_owned(), ""),
        Member::Reserved(..) => ("Always 0".to_owned(), ""),
    };
    let mut text = help;
    if !valid.is_empty() {
        write!(text, "; {valid}").unwrap();
    }
    text.push('.');
    if !note.is_empty() {
        write!(text, " {note}").unwrap();
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Lines of a comment that begin with `start`.
pub fn comment(start: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = start.to_owned();
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line != start {
            writeln!(lines, "{line}").unwrap();
            start.clone_into(&mut line);
        }
        write!(line, " {word}").unwrap();
    }
    writeln!(lines, "{line}").unwrap();
    lines
}

/// The name of every member; what is reserved is numbered from the second on.
pub fn named(members: &[Member]) -> Vec<(String, &Member)> {
    let mut reserved = 0;
    let name = |member: &Member| match member {
        Member::Field(field) => field.name.to_owned(),
        Member::List(list) => list.name.to_owned(),
        Member::Reserved(..) => {
            reserved += 1;
            if reserved == 1 { "reserved".to_owned() } else { format!("reserved_{reserved}") }
        }
    };
    let names: Vec<_> = members.iter().map(name).collect();
    names.into_iter().zip(members).collect()
}

/// A number's type as `PROTOCOL.md` and Rust have it.
pub fn number(kind: Kind) -> &'static str {
    match kind {
        Kind::U32 => "u32",
        Kind::I32 => "i32",
        Kind::U64 => "u64",
        Kind::Text(_) => panic!("a text is no number"),
    }
}

/// The type of a list's rows, where these are numbers.
pub fn number_of(list: &List) -> Option<Kind> {
    list.record.name.is_empty().then(|| list.record.members[0].kind)
}
