//! Of the program's own file only what is needed stays mapped, once the start is over.
//!
//! The start runs through most of the program: it links the probe, compares the kernel's
//! types, looks for devices. A tick needs a fifth of the pages. The others can be unmapped,
//! but would come back with those, because the kernel maps 64 KiB around a page that is
//! touched (`fault_around_bytes`). It maps one page at a time where a userfaultfd is to keep
//! track of what is written (`uffd_disable_fault_around`; of any memory since Linux 6.7, commit
//! d61ea1cb0095). So this registers the program's code and constants with one. Nothing is ever
//! protected from being written, so nothing waits for an answer and there is none to give.
//!
//! Nothing is read from the disk for it. What is not mapped stays in the page cache until the
//! kernel needs the memory, is among the first to go there, and is read again only when it is
//! needed after that.

#![expect(unsafe_code, reason = "this file is a boundary to the kernel")]

use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::sys::page_bytes;

/// From the kernel's include/uapi/linux/userfaultfd.h. Any user may ask for the faults of user
/// mode only.
const UFFD_USER_MODE_ONLY: libc::c_int = 1;
const UFFD_API: u64 = 0xAA;
const UFFD_FEATURE_WP_ASYNC: u64 = 1 << 15;
const UFFDIO_REGISTER_MODE_WP: u64 = 1 << 1;
const UFFDIO_API: libc::Ioctl = libc::_IOWR::<Api>(0xAA, 0x3F);
const UFFDIO_REGISTER: libc::Ioctl = libc::_IOWR::<Register>(0xAA, 0x00);

/// `struct uffdio_api`.
#[repr(C)]
struct Api {
    version: u64,
    features: u64,
    ioctls: u64,
}

/// `struct uffdio_register`.
#[repr(C)]
struct Register {
    start: u64,
    length: u64,
    mode: u64,
    ioctls: u64,
}

/// As long as this exists, the program's pages are mapped one at a time.
#[derive(Debug)]
pub struct NeededPages {
    _userfaultfd: OwnedFd,
}

impl NeededPages {
    /// Unmaps the program's code and constants. What of them is needed from now on comes back,
    /// page by page.
    ///
    /// Fails before Linux 6.7, and where userfaultfd(2) is not built in or is forbidden. Then
    /// all is mapped as before.
    pub fn keep() -> io::Result<Self> {
        let userfaultfd = open()?;
        for segment in constant_segments() {
            register(&userfaultfd, &segment)?;
            unmap(&segment)?;
        }
        Ok(Self { _userfaultfd: userfaultfd })
    }
}

fn open() -> io::Result<OwnedFd> {
    let flags = libc::O_CLOEXEC | UFFD_USER_MODE_ONLY;
    // SAFETY: takes a number, gives a descriptor.
    let descriptor = unsafe { libc::syscall(libc::SYS_userfaultfd, flags) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it for us.
    let userfaultfd = unsafe { OwnedFd::from_raw_fd(descriptor as libc::c_int) };
    let mut api = Api { version: UFFD_API, features: UFFD_FEATURE_WP_ASYNC, ioctls: 0 };
    // SAFETY: the request is about such a struct, which outlives the call.
    done(unsafe { libc::ioctl(userfaultfd.as_raw_fd(), UFFDIO_API, &raw mut api) })?;
    Ok(userfaultfd)
}

fn register(userfaultfd: &OwnedFd, pages: &Range<usize>) -> io::Result<()> {
    let mut register = Register {
        start: pages.start as u64,
        length: pages.len() as u64,
        mode: UFFDIO_REGISTER_MODE_WP,
        ioctls: 0,
    };
    // SAFETY: the request is about such a struct, which outlives the call. No page is
    // write-protected by it.
    done(unsafe { libc::ioctl(userfaultfd.as_raw_fd(), UFFDIO_REGISTER, &raw mut register) })
}

fn unmap(pages: &Range<usize>) -> io::Result<()> {
    // SAFETY: these pages are a file's and were never written to, so whoever touches one
    // again, as the return from this call does, finds the same in it. (A debugger writes to
    // them: its breakpoints are gone.)
    done(unsafe { libc::madvise(pages.start as *mut _, pages.len(), libc::MADV_DONTNEED) })
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The program's segments that are mapped without being writable, as ranges of addresses. Only
/// whole pages: one at an end might be a neighbour's too. What the linker relocates and makes
/// read-only afterwards (RELRO) lies in a writable one.
fn constant_segments() -> Vec<Range<usize>> {
    let mut segments = Vec::new();
    // SAFETY: the function is called with the pointer that is given here, to a vector that
    // outlives the call and that nobody else uses meanwhile.
    unsafe { libc::dl_iterate_phdr(Some(add_constant), (&raw mut segments).cast()) };
    segments
}

/// Adds those of the first object, which is the program, and ends there.
unsafe extern "C" fn add_constant(
    object: *mut libc::dl_phdr_info,
    _: libc::size_t,
    segments: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: dl_iterate_phdr(3) gives a valid one for the time of the call.
    let object = unsafe { &*object };
    // SAFETY: it is what `constant_segments` gave.
    let segments = unsafe { &mut *segments.cast::<Vec<Range<usize>>>() };
    // SAFETY: the program's headers are part of it, and constant.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()) };
    let page = page_bytes() as usize;
    let constant = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0);
    segments.extend(constant.filter_map(|header| {
        let start = (object.dlpi_addr + header.p_vaddr) as usize;
        let end = (start + header.p_memsz as usize) & !(page - 1);
        let start = start.next_multiple_of(page);
        (start < end).then_some(start..end)
    }));
    1
}
