//! A row of the table: one number or text of the region.

use crate::fields::unit::{Kind, Unit};

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
    pub(super) const fn new(
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

    pub(super) const fn note(self, text: &'static str) -> Self {
        Self { note: note(text), ..self }
    }

    pub(super) const fn in_history(self, since: u16) -> Self {
        Self { history: Some(since), ..self }
    }

    pub(super) const fn in_row(self, row_valid: u32) -> Self {
        Self { row_valid, ..self }
    }

    pub(super) const fn zero_is_unknown(self) -> Self {
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
pub(super) const fn note(text: &'static str) -> Note {
    text
}
#[cfg(not(feature = "notes"))]
pub(super) const fn note(_: &'static str) -> Note {}

/// Finds the offsets of the members of one record: each lies at the next multiple of its
/// own size.
pub(super) const fn place<const N: usize>(mut members: [Field; N]) -> [Field; N] {
    let (mut at, mut index) = (0_usize, 0);
    while index < N {
        at = at.next_multiple_of(members[index].kind.alignment());
        members[index].offset = at;
        at += members[index].kind.bytes();
        index += 1;
    }
    members
}
