//! The probe's maps as arrays of records.
#![expect(unsafe_code, reason = "this file is the boundary to the probe's memory")]

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::slice;

use rstat_probe::{Cpu, Exited, Process, Shared};

use crate::loader::Mapping;

/// A type that is nothing but atomics, so that the kernel may write to it while the daemon holds a
/// shared reference.
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
    ///
    /// # Panics If the mapping is too short.
    pub fn new(mapping: Mapping, offset: usize, count: usize) -> Self {
        let records = Self { mapping, offset, count, kind: PhantomData };
        assert!(records.first().is_some(), "the map is smaller than its records");
        records
    }

    /// All records.
    pub fn all(&self) -> &[T] {
        let Some(first) = self.first() else { return &[] };
        // SAFETY: `first` checked length and alignment, the mapping lives as long as `self`,
        // and a `Record` may change under a shared reference.
        unsafe { slice::from_raw_parts(first.as_ptr(), self.count) }
    }

    fn first(&self) -> Option<NonNull<T>> {
        let bytes = self.count.checked_mul(size_of::<T>())?;
        self.mapping.at(self.offset, bytes, align_of::<T>()).map(NonNull::cast)
    }
}
