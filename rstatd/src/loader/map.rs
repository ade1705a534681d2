//! Maps in the kernel, and memory that is shared with it.
//!
//! A [`Mapping`] hands out raw pointers and atomics and nothing else: BPF programs write
//! to it at any time, so no `&T` and no `&[u8]` may ever point into it. What the values
//! mean is the caller's to know. The kernel's type information is mapped here too; that
//! never changes, and is a slice.

#![expect(unsafe_code, reason = "memory shared with the kernel")]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

use super::error::Error;
use super::kernel_types::KernelTypes;
use super::object::MapDefinition;
use super::refusal::{Refusal, Request};
use super::sys::{self, Errno, MapAttributes};

/// The elements of an array begin at multiples of this.
const ALIGNMENT: usize = 8;

/// A map that exists. It is gone when this, its mappings and the programs that use it are.
#[derive(Debug)]
pub struct Map {
    name: String,
    descriptor: OwnedFd,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    is_frozen: bool,
}

impl Map {
    /// Creates a map and, for a section of variables, sets its value.
    pub(super) fn create(definition: &MapDefinition) -> Result<Self, Error> {
        let failed = |action, request| {
            move |errno| Error::Map {
                action,
                map: definition.name.clone(),
                refusal: Refusal::new(request, errno),
            }
        };
        let attributes = MapAttributes {
            name: &definition.name,
            map_type: definition.map_type,
            key_size: definition.key_size,
            value_size: definition.value_size,
            max_entries: definition.max_entries,
            flags: definition.flags,
        };
        let descriptor = super::load::charged(|| sys::create_map(&attributes));
        let map = Self {
            name: definition.name.clone(),
            descriptor: descriptor.map_err(failed("create", Request::CreateMap))?,
            key_size: definition.key_size,
            value_size: definition.value_size,
            max_entries: definition.max_entries,
            is_frozen: definition.is_frozen(),
        };
        if let Some(contents) = &definition.contents {
            sys::set_first(map.as_fd(), map.value_size, contents)
                .map_err(failed("initialise", Request::InitialiseMap))?;
        }
        if map.is_frozen {
            sys::freeze_map(map.as_fd()).map_err(failed("freeze", Request::InitialiseMap))?;
        }
        Ok(map)
    }

    /// Its name in the object.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn key_size(&self) -> u32 {
        self.key_size
    }

    pub(super) fn value_size(&self) -> u32 {
        self.value_size
    }

    /// How many entries there may be.
    pub fn max_entries(&self) -> u32 {
        self.max_entries
    }

    /// Maps an array that was made with `BPF_F_MMAPABLE`, to be read and written. A
    /// frozen one is refused by the kernel, and anything else too.
    pub fn mmap(&self) -> Result<Mapping, Error> {
        self.mmap_first(self.max_entries as usize)
    }

    /// The same for its first `count` elements. The kernel has all of them, used or not,
    /// and counts as the process's memory what is mapped.
    pub fn mmap_first(&self, count: usize) -> Result<Mapping, Error> {
        let stride = (self.value_size as usize).next_multiple_of(ALIGNMENT);
        let length = stride * count.min(self.max_entries as usize);
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let pages = Pages::map(self.as_fd(), length, protection, libc::MAP_SHARED);
        let pages = pages.map_err(|errno| Error::Map {
            action: "mmap",
            map: self.name.clone(),
            refusal: Refusal::new(Request::MapMemory, errno),
        })?;
        Ok(Mapping { pages, stride })
    }
}

impl AsFd for Map {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// An array in memory, shared with the programs that use it.
#[derive(Debug)]
pub struct Mapping {
    pages: Pages,
    stride: usize,
}

// SAFETY: the memory belongs to no thread, and all access to it goes through atomics or
// through the caller's own unsafe code.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Where it begins: the first byte of element 0.
    pub fn as_ptr(&self) -> NonNull<u8> {
        self.pages.start
    }

    /// Its bytes.
    pub fn len(&self) -> usize {
        self.pages.length
    }

    /// Whether there is nothing: never, as the kernel maps no empty array.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes from one element to the next: the size of a value, rounded up to 8.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Where an element begins. It is aligned to 8 bytes and `stride` bytes long.
    pub fn element(&self, index: usize) -> Option<NonNull<u8>> {
        self.at(index.checked_mul(self.stride)?, self.stride, ALIGNMENT)
    }

    /// The 64-bit number at a byte offset; `None` beyond the end or out of alignment.
    pub fn atomic_u64(&self, offset: usize) -> Option<&AtomicU64> {
        let pointer = self.at(offset, size_of::<u64>(), align_of::<AtomicU64>())?;
        // SAFETY: `at` checked bounds and alignment, the pages live as long as `self`, and
        // Rust code gets at them through atomics, or unsafe code that has to keep to this.
        Some(unsafe { AtomicU64::from_ptr(pointer.as_ptr().cast()) })
    }

    /// The 32-bit number at a byte offset; `None` beyond the end or out of alignment.
    pub fn atomic_u32(&self, offset: usize) -> Option<&AtomicU32> {
        let pointer = self.at(offset, size_of::<u32>(), align_of::<AtomicU32>())?;
        // SAFETY: as for `atomic_u64`.
        Some(unsafe { AtomicU32::from_ptr(pointer.as_ptr().cast()) })
    }

    fn at(&self, offset: usize, size: usize, alignment: usize) -> Option<NonNull<u8>> {
        let is_within = offset.checked_add(size)? <= self.pages.length;
        if !is_within || !offset.is_multiple_of(alignment) {
            return None;
        }
        // SAFETY: the offset lies within the mapping.
        Some(unsafe { self.pages.start.add(offset) })
    }
}

/// The part of the running kernel's image that holds its type information.
#[derive(Debug)]
pub(super) struct KernelImage {
    pages: Pages,
}

impl KernelImage {
    pub(super) fn map_types() -> io::Result<Self> {
        let file = File::open(KernelTypes::PATH)?;
        let length = file.metadata()?.len() as usize;
        let pages = Pages::map(file.as_fd(), length, libc::PROT_READ, libc::MAP_PRIVATE);
        pages
            .map(|pages| Self { pages })
            .map_err(|Errno(number)| io::Error::from_raw_os_error(number))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        let start = self.pages.start.as_ptr().cast_const();
        // SAFETY: the mapping is that long and lives as long as `self`. The kernel keeps
        // its types in memory that is read-only, to itself too, until the machine stops.
        unsafe { std::slice::from_raw_parts(start, self.pages.length) }
    }
}

/// Mapped memory, unmapped when dropped.
#[derive(Debug)]
struct Pages {
    start: NonNull<u8>,
    length: usize,
}

impl Pages {
    fn map(
        file: BorrowedFd<'_>,
        length: usize,
        protection: i32,
        flags: i32,
    ) -> Result<Self, Errno> {
        let descriptor = file.as_raw_fd();
        // SAFETY: the kernel chooses an address that is free, so nothing is replaced.
        let start =
            unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, descriptor, 0) };
        if start == libc::MAP_FAILED {
            return Err(sys::last_errno());
        }
        match NonNull::new(start.cast()) {
            Some(start) => Ok(Self { start, length }),
            None => Err(Errno(libc::EFAULT)),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: `map` mapped exactly this, and whatever was lent of it is gone.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
