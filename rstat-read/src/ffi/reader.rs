//! A reader of a region. [`Reader`] is made for threads, so its methods are all that
//! stands behind these functions.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::mem::{MaybeUninit, offset_of};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{ptr, slice};

use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Room, Snapshot};

use super::code::{Code, check_state};
use super::memory::check_size;
use super::{guard, silence};
use crate::reader::{Event, Reader};
use crate::report::State;

/// The least of a snapshot that a caller may ask for: up to `valid`, without
/// which nothing else can be understood.
pub const LEAST_SNAPSHOT_BYTES: usize = offset_of!(Snapshot, valid) + 8;

/// The same of a point of the history.
const LEAST_POINT_BYTES: usize = offset_of!(HistoryPoint, valid) + 8;

/// Opens a region.
///
/// # Safety
///
/// `path` is null or a C string; `reader` is null or points to a pointer to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_open(path: *const c_char, reader: *mut *mut Reader) -> c_int {
    silence();
    guard(|| {
        if reader.is_null() {
            return Err(Code::Argument);
        }
        // SAFETY: not null, and the caller's to write to.
        unsafe { reader.write(ptr::null_mut()) };
        let path = (!path.is_null()).then(|| {
            // SAFETY: not null, so a C string, which outlives this call.
            let text = unsafe { CStr::from_ptr(path) };
            Path::new(OsStr::from_bytes(text.to_bytes()))
        });
        let opened = Reader::open(path).map_err(|error| Code::from(&error))?;
        // SAFETY: as above.
        unsafe { reader.write(Box::into_raw(Box::new(opened))) };
        Ok(())
    })
}

/// Closes a reader; null is none.
///
/// # Safety
///
/// `reader` is null or came from [`rstat_open`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_close(reader: *mut Reader) {
    guard(|| {
        if !reader.is_null() {
            // SAFETY: a box that `rstat_open` gave away and now gets back, once.
            drop(unsafe { Box::from_raw(reader) });
        }
        Ok(())
    });
}

/// Copies the latest sample, as much of it as the caller's version knows.
///
/// # Safety
///
/// `reader` is null or open; `into` is null or has `size` bytes to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_snapshot(
    reader: *const Reader,
    into: *mut Snapshot,
    size: usize,
) -> c_int {
    // SAFETY: as promised to us.
    unsafe { copy_sample(reader, into, size, |_| false) }
}

/// The same, if there is a sample that was not copied yet.
///
/// # Safety
///
/// `reader` is null or open; `into` is null or has `size` bytes to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_snapshot_if_new(
    reader: *const Reader,
    into: *mut Snapshot,
    size: usize,
) -> c_int {
    // SAFETY: as promised to us.
    unsafe { copy_sample(reader, into, size, Reader::has_seen_latest) }
}

/// Copies the latest sample, unless the caller needs none of it.
///
/// # Safety
///
/// `reader` is null or open; `into` is null or has `size` bytes to write to.
unsafe fn copy_sample(
    reader: *const Reader,
    into: *mut Snapshot,
    size: usize,
    has_enough: impl FnOnce(&Reader) -> bool,
) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that is open.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        check_size(size, LEAST_SNAPSHOT_BYTES)?;
        if into.is_null() || !into.is_aligned() {
            return Err(Code::Argument);
        }
        if has_enough(reader) {
            return Err(Code::Seen);
        }
        // SAFETY: not null, aligned, and `size` bytes that are this thread's alone now; no
        // byte need be initialised.
        let words: &mut [MaybeUninit<u64>] =
            unsafe { slice::from_raw_parts_mut(into.cast(), size / 8) };
        Ok(reader.snapshot_words(Room::from(words))?)
    })
}

/// Copies the latest points of the history, as much of each as the caller's version knows.
///
/// # Safety
///
/// `reader` is null or open; `count` is null or points to a number; `into` is null or
/// has room for so many points of `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_history(
    reader: *const Reader,
    into: *mut HistoryPoint,
    size: usize,
    count: *mut usize,
) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that is open.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        // SAFETY: null, or a number that is this thread's alone now.
        let count = unsafe { count.as_mut() }.ok_or(Code::Argument)?;
        let room = std::mem::take(count);
        check_size(size, LEAST_POINT_BYTES)?;
        if into.is_null() || !into.is_aligned() {
            return Err(Code::Argument);
        }
        let each = size / 8;
        // No slice is longer, and no region has as many points.
        let most = room.min(isize::MAX as usize / size);
        // SAFETY: not null, aligned, and `room` points of `size` bytes that are this thread's
        // alone now; no byte need be initialised.
        let words: &mut [MaybeUninit<u64>] =
            unsafe { slice::from_raw_parts_mut(into.cast(), most * each) };
        *count = reader.history_words(Room::from(words), each);
        Ok(())
    })
}

/// Sleeps until there is a sample that was not taken yet.
///
/// # Safety
///
/// `reader` is null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_wait(reader: *const Reader, timeout_ms: i64) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that is open.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        // Negative: without end.
        let timeout = u64::try_from(timeout_ms).map_or(Duration::MAX, Duration::from_millis);
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let left = deadline.map_or(Duration::MAX, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            match reader.wait(left).ok_or(Code::Timeout)? {
                Event::Sample => return Ok(()),
                Event::Interrupted => return Err(Code::Interrupted),
                // A daemon is there again, and has no sample yet.
                Event::State if reader.told() == State::Fresh => {}
                Event::State => return check_state(reader.told()),
            }
        }
    })
}

/// Ends waiting for good.
///
/// # Safety
///
/// `reader` is null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_interrupt(reader: *const Reader) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that is open.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        reader.interrupt().raise();
        Ok(())
    })
}

/// How the region does: 0 while samples arrive.
///
/// # Safety
///
/// `reader` is null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_state(reader: *const Reader) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that is open.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        check_state(reader.state())
    })
}

/// How long ago the latest sample was taken.
///
/// # Safety
///
/// `reader` is null or open; `age_ns` is null or points to a number to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_age(reader: *const Reader, age_ns: *mut u64) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that is open.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        // SAFETY: null, or a number that is this thread's alone now.
        let age_ns = unsafe { age_ns.as_mut() }.ok_or(Code::Argument)?;
        *age_ns = 0;
        let age = reader.age().ok_or(Code::Empty)?;
        *age_ns = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
        Ok(())
    })
}
