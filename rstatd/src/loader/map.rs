//! Maps in the kernel, and memory that is shared with it.
//!
//! A [`Mapping`] hands out raw pointers and atomics and nothing else. BPF programs write to
//! it at any time, so no `&[u8]` may ever point into it. The caller knows the meaning of the
//! values.

#![expect(unsafe_code, reason = "memory shared with the kernel")]

use std::os::fd::{AsFd, AsRawFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

use memmap2::{MmapOptions, MmapRaw};

use super::error::Error;
use super::object::MapDefinition;
use super::refusal::{Refusal, Request};
use super::sys::{MapHandle, charged};

/// The elements of an array begin at multiples of this.
const ALIGNMENT: usize = 8;

/// A map in the kernel, which exists until this value, its mappings and the programs that use it
/// are gone.
#[derive(Debug)]
pub struct Map {
    name: String,
    handle: MapHandle,
}

impl Map {
    /// Creates a map and, for a section of variables, sets its value.
    pub(super) fn create(definition: &MapDefinition) -> Result<Self, Error> {
        let failed = |action, request| {
            move |errno| Error::Refused {
                action: format!("{action} map {}", definition.name),
                refusal: Refusal::new(request, errno),
            }
        };
        let handle = charged(|| MapHandle::create(definition));
        let handle = handle.map_err(failed("create", Request::CreateMap))?;
        if let Some(contents) = &definition.contents {
            handle.set_first(contents).map_err(failed("initialise", Request::InitialiseMap))?;
        }
        if definition.is_frozen() {
            handle.freeze().map_err(failed("freeze", Request::InitialiseMap))?;
        }
        Ok(Self { name: definition.name.clone(), handle })
    }

    /// The map's name in the object.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn handle(&self) -> &MapHandle {
        &self.handle
    }

    /// The most entries.
    pub fn max_entries(&self) -> u32 {
        self.handle.max_entries()
    }

    /// Maps an array that was made with `BPF_F_MMAPABLE`, to be read and written. The kernel
    /// refuses a frozen array, and any other map.
    pub fn mmap(&self) -> Result<Mapping, Error> {
        self.mmap_first(self.max_entries() as usize)
    }

    /// Maps the first `count` elements of such an array. The kernel keeps all elements, used or
    /// not, and counts the mapped ones as the process's memory.
    pub fn mmap_first(&self, count: usize) -> Result<Mapping, Error> {
        let element = (self.handle.value_size() as usize).next_multiple_of(ALIGNMENT);
        let length = element * count.min(self.max_entries() as usize);
        let pages = MmapOptions::new().len(length).map_raw(self.handle.as_fd().as_raw_fd());
        let pages = pages.map_err(|error| Error::Refused {
            action: format!("mmap map {}", self.name),
            refusal: Refusal::new(Request::MapMemory, error.into()),
        })?;
        Ok(Mapping { pages })
    }
}

/// An array in memory, shared with the programs that use it.
#[derive(Debug)]
pub struct Mapping {
    pages: MmapRaw,
}

impl Mapping {
    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether the mapping has no bytes: never, as the kernel maps no empty array.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The 64-bit number at a byte offset; `None` beyond the end or out of alignment.
    pub fn atomic_u64(&self, offset: usize) -> Option<&AtomicU64> {
        let pointer = self.at(offset, size_of::<u64>(), align_of::<AtomicU64>())?;
        // SAFETY: `at` checked bounds and alignment, and the pages live as long as `self`.
        // Rust code reaches them through atomics, or through unsafe code that keeps to this.
        Some(unsafe { AtomicU64::from_ptr(pointer.as_ptr().cast()) })
    }

    /// The 32-bit number at a byte offset; `None` beyond the end or out of alignment.
    pub fn atomic_u32(&self, offset: usize) -> Option<&AtomicU32> {
        let pointer = self.at(offset, size_of::<u32>(), align_of::<AtomicU32>())?;
        // SAFETY: as for `atomic_u64`.
        Some(unsafe { AtomicU32::from_ptr(pointer.as_ptr().cast()) })
    }

    /// The address of `size` bytes, if all of them are in the array and aligned to `alignment`.
    pub(crate) fn at(&self, offset: usize, size: usize, alignment: usize) -> Option<NonNull<u8>> {
        let is_within = offset.checked_add(size)? <= self.pages.len();
        let start = NonNull::new(self.pages.as_mut_ptr().wrapping_add(offset))?;
        (is_within && start.addr().get().is_multiple_of(alignment)).then_some(start)
    }
}
