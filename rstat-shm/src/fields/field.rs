//! A row of the table: one number or text of the region.

use crate::fields::unit::{Kind, Unit};

/// One number or text: a scalar of [`Snapshot`](crate::Snapshot), or a member of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name, the unit last; the same in Rust, C and JSON.
    pub name: &'static str,
    /// The name for people, such as `cpu.busy`: they see the value in the displayed unit. Empty
    /// for a field that people do not see.
    pub dotted: &'static str,
    /// Bytes from the start of the record.
    pub offset: usize,
    /// The type of the number or text.
    pub kind: Kind,
    /// The unit of the number.
    pub unit: Unit,
    /// The bits of [`Snapshot::valid`](crate::Snapshot::valid) that are all set when the field is
    /// known; 0: always known.
    pub valid: u64,
    /// The bits of the row's own `valid` that are all set when the field is known; 0: always known.
    pub row_valid: u32,
    /// Whether 0 stands for a value that is not known.
    pub is_zero_unknown: bool,
    /// One line for people.
    pub help: &'static str,
    /// The contract, which `help` does not have: sentences for programmers.
    pub note: Note,
    /// The minor version that added the field.
    pub since: u16,
    /// The minor version that added the field to the history.
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

    /// Adds the field in a minor version, after all members of earlier versions.
    #[must_use]
    pub const fn since(self, since: u16) -> Self {
        Self { since, ..self }
    }

    /// Whether people see the field.
    pub fn is_public(&self) -> bool {
        !self.dotted.is_empty()
    }
}

/// A contract, for tests and generated files: programs have no use for these texts.
#[cfg(feature = "notes")]
pub type Note = &'static str;
/// Nothing, as programs have no use for contracts.
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
