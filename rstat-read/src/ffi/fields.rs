//! The scalars of a snapshot by name, for languages that cannot read the header.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{CStr, c_char, c_int};

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Field, Kind, Unit};

use super::code::Code;
use super::guard;
use super::memory::{check_size, copy_in, copy_out, copy_text};
use super::reader::LEAST_SNAPSHOT_BYTES;

const NAME_BYTES: usize = 32;
const UNIT_BYTES: usize = 24;
const HELP_BYTES: usize = 72;

/// A field as C sees it: `struct rstat_field`.
#[derive(Clone, Copy)]
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

/// The field of a C string's name.
///
/// # Safety
///
/// `name` is null or a C string.
unsafe fn find(name: *const c_char) -> Result<&'static Field, Code> {
    if name.is_null() {
        return Err(Code::Argument);
    }
    // SAFETY: not null, so a C string, which outlives this call.
    let name = unsafe { CStr::from_ptr(name) };
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
    fields::telling().count()
}

/// Describes one field.
///
/// # Safety
///
/// `into` is null or has `size` bytes to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_field_at(
    index: usize,
    into: *mut Description,
    size: usize,
) -> c_int {
    guard(|| {
        check_size(size, size_of::<Description>())?;
        let field = fields::telling().nth(index).ok_or(Code::Argument)?;
        if into.is_null() {
            return Err(Code::Argument);
        }
        // SAFETY: the caller's structure is not null and has `size` bytes; ours has no padding.
        unsafe { copy_out(&Description::from(field), into, size) };
        Ok(())
    })
}

/// The value of a field in a sample.
///
/// # Safety
///
/// `sample` is null or has `size` bytes to read; `field` is null or a C string; `value`
/// is null or points to a number to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_get(
    sample: *const Snapshot,
    size: usize,
    field: *const c_char,
    value: *mut i64,
) -> c_int {
    guard(|| {
        // SAFETY: null, or a number that is this thread's alone now.
        let value = unsafe { value.as_mut() }.ok_or(Code::Argument)?;
        *value = 0;
        check_size(size, LEAST_SNAPSHOT_BYTES)?;
        if sample.is_null() {
            return Err(Code::Argument);
        }
        // SAFETY: null or a C string.
        let field = unsafe { find(field) }?;
        // What the caller's version does not know lies behind its end.
        if field.offset >= size {
            return Err(Code::Unknown);
        }
        let mut ours = Snapshot::EMPTY;
        // SAFETY: the caller's sample has `size` bytes; a snapshot is nothing but integers.
        unsafe { copy_in(sample, size, &mut ours) };
        *value = field.value(&ours).ok_or(Code::Unknown)? as i64;
        Ok(())
    })
}

/// The name that a field's value stands for.
///
/// # Safety
///
/// `field` is null or a C string; `into` is null or has `size` bytes to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_value_name(
    field: *const c_char,
    value: i64,
    into: *mut c_char,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: null or a C string.
        let field = unsafe { find(field) }?;
        let Unit::Name(names) = field.unit else {
            return Err(Code::Unknown);
        };
        let index = usize::try_from(value).ok().and_then(|value| value.checked_sub(1));
        let name = index.and_then(|index| names.get(index)).ok_or(Code::Unknown)?;
        // SAFETY: null, or `size` bytes that are the caller's.
        unsafe { copy_text(name, into, size) }
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
