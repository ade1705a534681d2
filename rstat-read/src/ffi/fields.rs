//! The scalars of a snapshot by name, for languages that cannot read the header.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Field, Kind, Unit};

use super::argument::{Place, Sample, Text, check_size, put, put_text};
use super::code::Code;
use super::guard;
use super::reader::LEAST_SNAPSHOT_BYTES;

const NAME_BYTES: usize = 32;
const UNIT_BYTES: usize = 24;
const HELP_BYTES: usize = 72;

/// A field as C sees it: `struct rstat_field`.
#[repr(C)]
pub struct Description {
    valid: u64,
    offset: u32,
    kind: u32,
    name: [u8; NAME_BYTES],
    unit: [u8; UNIT_BYTES],
    help: [u8; HELP_BYTES],
}

impl From<&Field> for Description {
    fn from(field: &Field) -> Self {
        Self {
            valid: field.valid,
            offset: field.offset as u32,
            kind: match field.kind {
                Kind::U32 => 1,
                Kind::I32 => 2,
                Kind::U64 => 3,
                // No scalar is a text.
                Kind::Text(_) => 0,
            },
            name: padded(field.name),
            unit: padded(field.unit.name()),
            help: padded(field.help),
        }
    }
}

/// Text with at least one zero behind it.
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let length = text.len().min(N - 1);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    bytes
}

/// The field of that name.
fn find(name: &Text) -> Result<&'static Field, Code> {
    let name = name.get().ok_or(Code::Argument)?;
    name.to_str().ok().and_then(fields::find).ok_or(Code::Field)
}

/// Bytes of this library's snapshot.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_snapshot_size() -> usize {
    size_of::<Snapshot>()
}

/// How many fields there are.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_field_count() -> usize {
    fields::public().count()
}

/// Describes one field.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_field_at(index: usize, mut into: Place<Description>, size: usize) -> c_int {
    guard(|| {
        check_size(size, size_of::<Description>())?;
        let field = fields::public().nth(index).ok_or(Code::Argument)?;
        // SAFETY: the caller has passed this size with the place.
        let into = unsafe { into.bytes(size) }?;
        put(into, &Description::from(field));
        Ok(())
    })
}

/// The value of a field in a sample.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_get(
    sample: Sample,
    size: usize,
    field: Text,
    value: Option<&mut MaybeUninit<i64>>,
) -> c_int {
    guard(|| {
        let value = value.ok_or(Code::Argument)?;
        value.write(0);
        check_size(size, LEAST_SNAPSHOT_BYTES)?;
        // SAFETY: the caller has passed this size with the sample.
        let sample = unsafe { sample.get(size) }?;
        let field = find(&field)?;
        // What the caller's version does not know lies behind its end.
        if field.offset >= size {
            return Err(Code::Unknown);
        }
        value.write(field.value(&sample).ok_or(Code::Unknown)? as i64);
        Ok(())
    })
}

/// The name that a field's value stands for.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_value_name(
    field: Text,
    value: i64,
    mut into: Place<c_char>,
    size: usize,
) -> c_int {
    guard(|| {
        let field = find(&field)?;
        let Unit::Name(names) = field.unit else {
            return Err(Code::Unknown);
        };
        let index = usize::try_from(value).ok().and_then(|value| value.checked_sub(1));
        let name = index.and_then(|index| names.get(index)).ok_or(Code::Unknown)?;
        // SAFETY: the caller has passed this size with the place.
        put_text(unsafe { into.bytes(size) }?, name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_room_and_a_zero_behind_it() {
        for field in fields::FIELDS {
            assert!(field.name.len() < NAME_BYTES, "{}", field.name);
            assert!(field.unit.name().len() < UNIT_BYTES, "{}", field.name);
            assert!(field.help.len() < HELP_BYTES, "{}", field.name);
        }
    }
}
