//! What a record is made of, byte by byte: its fields, its lists, and what is reserved.

use crate::fields::field::Field;
use crate::fields::lists::{List, Record};
use crate::fields::place::{FIELDS, HISTORY, PLACED, POINT_BYTES, SNAPSHOT_BYTES};
use crate::fields::unit::Kind;

/// A member of a record.
#[derive(Clone, Copy, Debug)]
pub enum Member {
    /// A number or a text.
    Field(&'static Field),
    /// A list.
    List(&'static List),
    /// So many numbers that are always 0, and where they lie.
    Reserved(usize, Kind, usize),
}

impl Member {
    /// Bytes from the start of the record.
    pub fn offset(&self) -> usize {
        match *self {
            Self::Field(field) => field.offset,
            Self::List(list) => list.offset,
            Self::Reserved(offset, ..) => offset,
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        match *self {
            Self::Field(field) => field.kind.bytes(),
            Self::List(list) => list.rows * list.stride(),
            Self::Reserved(_, kind, count) => kind.bytes() * count,
        }
    }
}

/// The members of a snapshot, in the order of their places.
pub fn snapshot_members() -> Vec<Member> {
    let lists = PLACED.iter().map(Member::List);
    filled(FIELDS.iter().map(Member::Field).chain(lists).collect(), SNAPSHOT_BYTES)
}

/// The members of a history point, in the order of their places.
pub fn point_members() -> Vec<Member> {
    filled(HISTORY.iter().map(Member::Field).collect(), POINT_BYTES)
}

/// The members of a list's row, in the order of their places.
pub fn record_members(record: &Record) -> Vec<Member> {
    filled(record.members.iter().map(Member::Field).collect(), record.bytes())
}

/// Fills every gap, so that a record has no padding.
fn filled(mut members: Vec<Member>, bytes: usize) -> Vec<Member> {
    members.sort_by_key(Member::offset);
    let mut all = Vec::new();
    let mut at = 0;
    let ends: Vec<_> = members.iter().map(Member::offset).skip(1).chain([bytes]).collect();
    for (member, end) in members.into_iter().zip(ends) {
        all.push(member);
        at = at.max(member.offset() + member.bytes());
        if at < end && at % 8 != 0 {
            all.push(Member::Reserved(at, Kind::U32, 1));
            at += 4;
        }
        if at < end {
            all.push(Member::Reserved(at, Kind::U64, (end - at) / 8));
        }
    }
    all
}
