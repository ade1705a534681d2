//! What C programs hand over, as types that check it.
//!
//! Readers and places for numbers arrive as `Option<&…>`: null, or what the header asks
//! for. The types below are the arguments for which Rust has no such type. Each has one
//! pointer inside that other files cannot set, so a value is always an argument of C's.
#![expect(unsafe_code, reason = "this file is the boundary to the caller's memory")]

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::{ptr, slice};

use rstat_shm::{Room, Snapshot};

use super::code::Code;

/// Where a handle is put: memory of the caller's that may be uninitialised.
pub type Handle<T> = MaybeUninit<Option<Box<T>>>;

/// A string: null, or bytes that end with a zero and stay unchanged during the call.
#[repr(transparent)]
pub struct Text<'a>(*const c_char, PhantomData<&'a CStr>);

impl<'a> Text<'a> {
    /// The string, unless the pointer is null.
    pub fn get(&self) -> Option<&'a CStr> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: not null, so the header has the caller pass a string that ends with a zero
        // and stays as it is until the function returns.
        Some(unsafe { CStr::from_ptr(self.0) })
    }
}

/// An array of strings: null, or as many as the argument beside it says.
#[repr(transparent)]
pub struct Texts<'a>(*const Text<'a>);

impl<'a> Texts<'a> {
    /// The strings; none if the pointer is null.
    ///
    /// # Safety
    ///
    /// `count` is the argument beside this one.
    pub unsafe fn get(&self, count: usize) -> &[Text<'a>] {
        if self.0.is_null() {
            return &[];
        }
        // SAFETY: not null, so the caller has `count` pointers there, each null or a string.
        unsafe { slice::from_raw_parts(self.0, count) }
    }
}

/// Where a structure or a text is put: null, or as many bytes as the argument beside it
/// says. They are the call's alone, and may be uninitialised.
#[repr(transparent)]
pub struct Place<T>(*mut T);

impl<T> Place<T> {
    /// The bytes.
    ///
    /// # Safety
    ///
    /// `size` is the argument beside this one.
    pub unsafe fn bytes(&mut self, size: usize) -> Result<&mut [MaybeUninit<u8>], Code> {
        if self.0.is_null() {
            return Err(Code::Argument);
        }
        // A size may stand for "as many as you like"; no slice is longer than this.
        let size = size.min(isize::MAX as usize);
        // SAFETY: not null, so the caller has `size` bytes there for this call alone.
        Ok(unsafe { slice::from_raw_parts_mut(self.0.cast(), size) })
    }

    /// The same as words, for structures that are copied as such: they have to be aligned.
    ///
    /// # Safety
    ///
    /// The caller has `count` words there: what the arguments beside this one say.
    pub unsafe fn words(&mut self, count: usize) -> Result<Room<'_>, Code> {
        if self.0.is_null() || !self.0.is_aligned() || align_of::<T>() < align_of::<u64>() {
            return Err(Code::Argument);
        }
        // SAFETY: not null, aligned, and `count` words that are there for this call alone.
        let words: &mut [MaybeUninit<u64>] =
            unsafe { slice::from_raw_parts_mut(self.0.cast(), count) };
        Ok(Room::from(words))
    }
}

/// A sample of the caller's: null, or as many bytes as the argument beside it says.
#[repr(transparent)]
pub struct Sample(*const Snapshot);

impl Sample {
    /// The sample in our version: zeros where the caller's version ends.
    ///
    /// # Safety
    ///
    /// `size` is the argument beside this one.
    pub unsafe fn get(&self, size: usize) -> Result<Snapshot, Code> {
        if self.0.is_null() {
            return Err(Code::Argument);
        }
        let mut ours = Snapshot::EMPTY;
        let known = size.min(size_of::<Snapshot>());
        let into = ptr::from_mut(ours.as_words_mut()).cast();
        // SAFETY: the caller has `size` bytes there, which a function of ours has filled;
        // `known` bytes are on both sides, and any bytes are words.
        unsafe { ptr::copy_nonoverlapping(self.0.cast::<u8>(), into, known) };
        Ok(ours)
    }
}

/// Whether a structure of the caller's has a size that one of its versions had: all
/// consist of words of 8 bytes, and without the first `least` bytes nothing of it can
/// be understood.
pub fn check_size(size: usize, least: usize) -> Result<(), Code> {
    let is_known = (least..=isize::MAX as usize).contains(&size) && size.is_multiple_of(8);
    if is_known { Ok(()) } else { Err(Code::Argument) }
}

/// Copies a structure of ours: bytes that the caller's version lacks are left out, bytes that
/// ours lacks become zero.
pub fn put<T>(into: &mut [MaybeUninit<u8>], ours: &T) {
    // SAFETY: all bytes of a structure can be looked at as what may be uninitialised.
    let ours: &[MaybeUninit<u8>] =
        unsafe { slice::from_raw_parts(ptr::from_ref(ours).cast(), size_of::<T>()) };
    let (known, unknown) = into.split_at_mut(ours.len().min(into.len()));
    known.copy_from_slice(&ours[..known.len()]);
    unknown.fill(MaybeUninit::new(0));
}

/// Copies text and a zero behind it.
pub fn put_text(into: &mut [MaybeUninit<u8>], text: &str) -> Result<(), Code> {
    let bytes = text.bytes().chain([0]);
    let into = into.get_mut(..=text.len()).ok_or(Code::Argument)?;
    into.iter_mut().zip(bytes).for_each(|(into, byte)| *into = MaybeUninit::new(byte));
    Ok(())
}

/// Copies as much of a text as there is room for, in whole characters.
pub fn put_some(into: &mut [MaybeUninit<u8>], text: &str) {
    let length = (0..into.len().min(text.len() + 1)).rev().find(|&end| text.is_char_boundary(end));
    if let Some(length) = length {
        // There is room for it.
        let _ = put_text(into, &text[..length]);
    }
}
