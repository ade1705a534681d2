//! Where everything lies: offsets, sizes and the layout's hash follow from the rows.
//!
//! The members of a later minor version lie after all members of earlier ones, in whole words.

use crate::fields::field::{Field, place};
use crate::fields::groups::GROUPS;
use crate::fields::lists::{End, LISTS, List, RECORDS, Record};
use crate::fields::names::is_same;
use crate::fields::scalars::{COMPUTED, SCALARS};
use crate::fields::unit::Kind;

/// Changes when members are appended: the highest minor version of any row.
pub const ABI_MINOR: u16 = {
    let (mut minor, mut index) = (0, 0);
    while index < SCALARS.len() {
        minor = highest(minor, &SCALARS[index]);
        index += 1;
    }
    index = 0;
    while index < COMPUTED.len() {
        minor = highest(minor, &COMPUTED[index].field);
        index += 1;
    }
    index = 0;
    while index < LISTS.len() {
        minor = if LISTS[index].since > minor { LISTS[index].since } else { minor };
        index += 1;
    }
    minor
};

const fn highest(minor: u16, field: &Field) -> u16 {
    let minor = if field.since > minor { field.since } else { minor };
    match field.history {
        Some(history) if history > minor => history,
        _ => minor,
    }
}

/// Bytes of a history point of version 1.0. Later members take its spare words first.
const FIRST_POINT_BYTES: usize = 80;

struct Places {
    fields: [Field; SCALARS.len()],
    lists: [List; LISTS.len()],
    bytes: usize,
}

const PLACES: Places = {
    let mut fields = [SCALARS[0]; SCALARS.len()];
    let mut lists = [LISTS[0]; LISTS.len()];
    let (mut at, mut minor) = (0_usize, 0);
    loop {
        let mut index = 0;
        while index < SCALARS.len() {
            if SCALARS[index].since == minor {
                fields[index] = SCALARS[index];
                fields[index].offset = at.next_multiple_of(SCALARS[index].kind.bytes());
                at = fields[index].offset + SCALARS[index].kind.bytes();
            }
            index += 1;
        }
        index = 0;
        while index < LISTS.len() {
            if LISTS[index].since == minor {
                let first = &LISTS[index].record.members[0];
                lists[index] = LISTS[index];
                lists[index].offset = at.next_multiple_of(first.kind.alignment());
                at = lists[index].offset + LISTS[index].rows * LISTS[index].stride();
            }
            index += 1;
        }
        at = at.next_multiple_of(8);
        if minor == ABI_MINOR {
            break;
        }
        minor += 1;
    }
    let mut index = 0;
    while index < LISTS.len() {
        lists[index].end_offset = match LISTS[index].end {
            End::Member(name) => find(LISTS[index].record.members, name).offset,
            End::Count(name) => find(&fields, name).offset,
            End::Bitmap(name) => find_list(&lists, name).offset,
            End::Full => 0,
        };
        index += 1;
    }
    Places { fields, lists, bytes: at }
};

/// All scalars, in the order of their rows.
pub static FIELDS: [Field; SCALARS.len()] = PLACES.fields;
/// All lists, in the order of their rows.
pub static PLACED: [List; LISTS.len()] = PLACES.lists;
/// Bytes of a snapshot.
pub const SNAPSHOT_BYTES: usize = PLACES.bytes;

const HISTORY_FIELDS: usize = {
    let (mut count, mut index) = (0, 0);
    while index < SCALARS.len() + COMPUTED.len() {
        count += row_of_history(index).history.is_some() as usize;
        index += 1;
    }
    count
};

/// What a history point may have: the scalars, then the computed figures.
const fn row_of_history(index: usize) -> Field {
    if index < SCALARS.len() { SCALARS[index] } else { COMPUTED[index - SCALARS.len()].field }
}

/// The members of a history point, in the order of their places.
pub static HISTORY: [Field; HISTORY_FIELDS] = {
    let mut fields = [SCALARS[0]; HISTORY_FIELDS];
    let (mut count, mut minor) = (0, 0);
    loop {
        let mut index = 0;
        while index < SCALARS.len() + COMPUTED.len() {
            let row = row_of_history(index);
            if matches!(row.history, Some(since) if since == minor) {
                fields[count] = row;
                count += 1;
            }
            index += 1;
        }
        if minor == ABI_MINOR {
            break;
        }
        minor += 1;
    }
    place(fields)
};

/// Bytes of a history point.
pub const POINT_BYTES: usize = {
    let last = &HISTORY[HISTORY.len() - 1];
    let bytes = (last.offset + last.kind.bytes()).next_multiple_of(8);
    if bytes > FIRST_POINT_BYTES { bytes } else { FIRST_POINT_BYTES }
};

/// Distinguishes builds of one version that have different records: FNV-1a over the names,
/// offsets and types of all members, and over the groups.
pub const LAYOUT_HASH: u64 = {
    let mut hash = fields_hash(0xcbf2_9ce4_8422_2325, &PLACES.fields);
    hash = fields_hash(hash, &HISTORY);
    let mut index = 0;
    while index < RECORDS.len() {
        hash = record_hash(hash, RECORDS[index]);
        index += 1;
    }
    index = 0;
    while index < LISTS.len() {
        let list = &PLACES.lists[index];
        hash = fnv1a(hash, list.name.as_bytes());
        hash = fnv1a(hash, list.record.name.as_bytes());
        hash = fnv1a(hash, &list.offset.to_le_bytes());
        hash = fnv1a(hash, &list.rows.to_le_bytes());
        index += 1;
    }
    index = 0;
    while index < GROUPS.len() {
        hash = fnv1a(hash, GROUPS[index].name.as_bytes());
        index += 1;
    }
    hash
};

const fn record_hash(hash: u64, record: &Record) -> u64 {
    fields_hash(fnv1a(hash, record.name.as_bytes()), record.members)
}

const fn fields_hash(mut hash: u64, fields: &[Field]) -> u64 {
    let mut index = 0;
    while index < fields.len() {
        let field = &fields[index];
        let is_signed = matches!(field.kind, Kind::I32);
        hash = fnv1a(hash, field.name.as_bytes());
        hash = fnv1a(hash, &field.offset.to_le_bytes());
        hash = fnv1a(hash, &[field.kind.bytes() as u8, is_signed as u8]);
        index += 1;
    }
    hash
}

const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    hash
}

const fn find<'a>(fields: &'a [Field], name: &str) -> &'a Field {
    let mut index = 0;
    while !is_same(fields[index].name, name) {
        index += 1;
    }
    &fields[index]
}

const fn find_list<'a>(lists: &'a [List], name: &str) -> &'a List {
    let mut index = 0;
    while !is_same(lists[index].name, name) {
        index += 1;
    }
    &lists[index]
}
