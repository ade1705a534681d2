//! Structures that the caller's version and ours may know differently much of.
#![expect(unsafe_code, reason = "this file is the boundary to the caller's memory")]

use std::ffi::c_char;
use std::ptr;

use super::Code;

/// Whether a structure of the caller's has a size that one of its versions had: all
/// consist of words of 8 bytes, and without the first `least` bytes nothing of it can
/// be understood.
pub fn check_size(size: usize, least: usize) -> Result<(), Code> {
    if size < least || !size.is_multiple_of(8) { Err(Code::Argument) } else { Ok(()) }
}

/// Copies a structure of ours to a caller whose version has `size` bytes of it: what
/// it does not know is left out, what we do not know is zero.
///
/// # Safety
///
/// `into` has `size` bytes to write to, none of them in `ours`; `T` has no padding.
pub unsafe fn copy_out<T: Copy>(ours: &T, into: *mut T, size: usize) {
    let known = size.min(size_of::<T>());
    let into: *mut u8 = into.cast();
    // SAFETY: `known` bytes are there on both sides, and they do not overlap.
    unsafe { ptr::copy_nonoverlapping(ptr::from_ref(ours).cast(), into, known) };
    // SAFETY: the caller's structure has `size` bytes, `known` or more.
    let rest = unsafe { into.add(known) };
    // SAFETY: from `known` to `size`, inside the caller's structure.
    unsafe { rest.write_bytes(0, size - known) };
}

/// Copies a caller's structure of `size` bytes over the beginning of ours; the rest
/// stays, and so does what we have no room for.
///
/// # Safety
///
/// `from` has `size` bytes to read, and `T` may consist of any bytes.
pub unsafe fn copy_in<T>(from: *const T, size: usize, ours: &mut T) {
    let known = size.min(size_of::<T>());
    // SAFETY: `known` bytes are there on both sides; a reference of ours that may be
    // written through does not overlap with the caller's memory.
    unsafe { ptr::copy_nonoverlapping(from.cast::<u8>(), ptr::from_mut(ours).cast(), known) };
}

/// Copies text and a zero behind it into a caller's array of `size` bytes.
///
/// # Safety
///
/// `into` is null or has `size` bytes to write to.
pub unsafe fn copy_text(text: &str, into: *mut c_char, size: usize) -> Result<(), Code> {
    if into.is_null() || size <= text.len() {
        return Err(Code::Argument);
    }
    let into: *mut u8 = into.cast();
    // SAFETY: there is room for all of it, and ours does not overlap with the caller's.
    unsafe { ptr::copy_nonoverlapping(text.as_ptr(), into, text.len()) };
    // SAFETY: `size` is at least one byte more.
    let end = unsafe { into.add(text.len()) };
    // SAFETY: as above.
    unsafe { end.write(0) };
    Ok(())
}

/// Copies as much of a text as there is room for, in whole characters.
///
/// # Safety
///
/// `into` is null or has `size` bytes to write to.
pub unsafe fn copy_some(text: &str, into: *mut c_char, size: usize) {
    let length = (0..size.min(text.len() + 1)).rev().find(|&end| text.is_char_boundary(end));
    if let Some(length) = length {
        // SAFETY: as promised to us. It can fail only where there is nobody to tell.
        let _ = unsafe { copy_text(&text[..length], into, size) };
    }
}
