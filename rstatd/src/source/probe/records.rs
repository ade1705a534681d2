//! The probe's maps as arrays of records.
#![expect(unsafe_code, reason = "this file is the boundary to the probe's memory")]

use std::marker::PhantomData;
use std::slice;

use rstat_probe::{Cpu, Exited, Process, Shared};

use crate::loader::Mapping;

/// A type that is nothing but atomics, so that the kernel may write to it while
/// we hold a shared reference.
///
/// # Safety
/// All members are atomic integers; any bytes are a valid value.
unsafe trait Record {}

// SAFETY: its members are `AtomicU64`, `AtomicU32`, arrays and structures of them.
unsafe impl Record for Cpu {}
// SAFETY: as above.
unsafe impl Record for Process {}
// SAFETY: as above.
unsafe impl Record for Exited {}
// SAFETY: as above, and `AtomicI64`.
unsafe impl Record for Shared {}

/// A mapped array of records.
#[expect(private_bounds, reason = "only the probe's own records qualify")]
pub struct Records<T: Record> {
    mapping: Mapping,
    offset: usize,
    count: usize,
    kind: PhantomData<T>,
}

#[expect(private_bounds, reason = "only the probe's own records qualify")]
impl<T: Record> Records<T> {
    /// The `count` records that begin `offset` bytes into a mapping.
    pub fn new(mapping: Mapping, offset: usize, count: usize) -> Self {
        let end = count.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(offset));
        assert!(end.is_some_and(|end| end <= mapping.len()), "the map is smaller than its records");
        assert!((mapping.as_ptr().as_ptr() as usize + offset).is_multiple_of(align_of::<T>()));
        Self { mapping, offset, count, kind: PhantomData }
    }

    /// All records.
    pub fn all(&self) -> &[T] {
        // SAFETY: `new` checked that the offset lies in the mapping.
        let first = unsafe { self.mapping.as_ptr().add(self.offset) };
        // SAFETY: `new` checked length and alignment, the mapping lives as long
        // as `self`, and a `Record` may change under a shared reference.
        unsafe { slice::from_raw_parts(first.as_ptr().cast(), self.count) }
    }
}
