//! The one table of what the region holds.
//!
//! A row says name, type, unit, validity and texts of a figure. Offsets, the structs in
//! Rust and C, `PROTOCOL.md`, all outputs and the layout's hash follow from the rows.
//! The structs are generated and checked in; `tests/region/generated.rs` says how.
//! The table does not use the structs' members, so it compiles while they are out of date.

mod groups;
mod lists;
mod members;
mod names;
mod place;
mod scalars;
mod unit;
mod value;

pub use groups::{GROUPS, Group};
pub use lists::{End, List, RECORDS, Record, SIZES, Size};
pub use members::{Member, point_members, record_members, snapshot_members};
pub use names::{
    BATTERY_STATUSES, GPU_DRIVERS, GPU_STATES, NAMES, Names, Numbers, PLATFORM_PROFILES, SOURCES,
    THROTTLE_BITS, WRITER_STATES,
};
pub use place::{
    ABI_MINOR, FIELDS, HISTORY, LAYOUT_HASH, PLACED_LISTS as LISTS, POINT_BYTES, SNAPSHOT_BYTES,
};
pub use scalars::{COMPUTED, Computed};
pub use unit::{Kind, Unit, name_of, names_of_bits};
pub use value::{Row, Value};

/// One number or text: a scalar of [`Snapshot`](crate::Snapshot), or a member of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, the unit last; the same in Rust, C and JSON.
    pub name: &'static str,
    /// Its name for people, who see it in a unit that suits it: `cpu.busy`. Empty
    /// for what says nothing to them.
    pub dotted: &'static str,
    /// Bytes from the start of the record.
    pub offset: usize,
    /// Its type.
    pub kind: Kind,
    /// What it counts.
    pub unit: Unit,
    /// The bits of [`Snapshot::valid`](crate::Snapshot::valid) that say it is known; 0: always.
    pub valid: u64,
    /// The bits of the row's own `valid` that say it is known; 0: always.
    pub row_valid: u32,
    /// Whether 0 stands for a value that is not known.
    pub is_zero_unknown: bool,
    /// One line for people.
    pub help: &'static str,
    /// The contract beyond that: sentences for programmers.
    pub note: Note,
    /// The minor version that brought it.
    pub since: u16,
    /// The minor version that brought it into the history.
    pub history: Option<u16>,
}

impl Field {
    const fn new(
        name: &'static str,
        dotted: &'static str,
        kind: Kind,
        unit: Unit,
        valid: u64,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            dotted,
            offset: 0,
            kind,
            unit,
            valid,
            row_valid: 0,
            is_zero_unknown: false,
            help,
            note: note(""),
            since: 0,
            history: None,
        }
    }

    const fn note(self, text: &'static str) -> Self {
        Self { note: note(text), ..self }
    }

    const fn in_history(self, since: u16) -> Self {
        Self { history: Some(since), ..self }
    }

    const fn in_row(self, row_valid: u32) -> Self {
        Self { row_valid, ..self }
    }

    const fn zero_is_unknown(self) -> Self {
        Self { is_zero_unknown: true, ..self }
    }

    /// Appends the field in a minor version behind all that was there before.
    #[must_use]
    pub const fn since(self, since: u16) -> Self {
        Self { since, ..self }
    }

    /// Whether the field says something to people.
    pub fn is_public(&self) -> bool {
        !self.dotted.is_empty()
    }
}

/// A contract, where somebody reads it: programs have no use for these texts.
#[cfg(feature = "notes")]
pub type Note = &'static str;
/// Nothing, as nobody reads contracts here.
#[cfg(not(feature = "notes"))]
pub type Note = ();

#[cfg(feature = "notes")]
const fn note(text: &'static str) -> Note {
    text
}
#[cfg(not(feature = "notes"))]
const fn note(_: &'static str) -> Note {}

/// The scalars that say something to people, in the order of their rows.
pub fn public() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| field.is_public())
}

/// The lists that say something to people, in the order of their rows.
pub fn public_lists() -> impl Iterator<Item = &'static List> {
    LISTS.iter().filter(|list| !list.dotted.is_empty())
}

/// The scalar of a name.
pub fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The list of a name.
pub fn find_list(name: &str) -> Option<&'static List> {
    LISTS.iter().find(|list| list.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_members_of_a_record_overlap() {
        let check = |name: &str, places: &mut Vec<(usize, usize)>, bytes: usize| {
            places.sort_unstable();
            let mut next = 0;
            for &(offset, size) in &*places {
                assert!(next <= offset, "{name}: {offset}");
                next = offset + size;
            }
            assert!(next <= bytes && bytes.is_multiple_of(8), "{name}: {next} of {bytes}");
        };
        let of = |fields: &[Field]| -> Vec<_> {
            fields.iter().map(|field| (field.offset, field.kind.bytes())).collect()
        };
        let mut snapshot = of(&FIELDS);
        snapshot.extend(LISTS.iter().map(|list| (list.offset, list.rows * list.stride())));
        check("snapshot", &mut snapshot, SNAPSHOT_BYTES);
        check("history point", &mut of(&HISTORY), POINT_BYTES);
        for record in RECORDS {
            check(record.name, &mut of(record.members), record.bytes());
        }
    }

    #[test]
    fn every_public_name_is_there_once() {
        let mut seen = HashSet::new();
        let fields =
            public().chain(COMPUTED.iter().map(|it| &it.field).filter(|it| it.is_public()));
        for field in fields {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
            assert!(field.dotted.chars().all(allowed), "{}", field.name);
            assert!(seen.insert(field.dotted), "{} twice", field.dotted);
            let other = FIELDS.iter().find(|other| other.name == field.dotted);
            assert!(other.is_none_or(|other| other.dotted == field.dotted), "{}", field.dotted);
        }
    }

    #[test]
    fn a_help_text_leaves_room_for_name_and_value_on_its_line() {
        let members = RECORDS.iter().flat_map(|record| record.members);
        for field in FIELDS.iter().chain(&HISTORY).chain(members) {
            assert!((1..=60).contains(&field.help.len()), "{}: {}", field.name, field.help);
        }
    }
}
