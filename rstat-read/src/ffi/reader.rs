//! A reader of a region. [`Reader`] is made for threads, so its methods are all that
//! stands behind these functions.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{OsStr, c_int};
use std::mem::{MaybeUninit, offset_of};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::HistoryPoint;

use super::argument::{Handle, Place, Text, check_size};
use super::code::{Code, check_state};
use super::{guard, silence, timeout};
use crate::reader::{Deadline, Event, Reader};
use crate::report::Freshness;

/// The least of a snapshot that a caller may ask for: up to `valid`, without
/// which nothing else can be understood.
pub const LEAST_SNAPSHOT_BYTES: usize = offset_of!(Snapshot, valid) + 8;

/// The same of a point of the history.
const LEAST_POINT_BYTES: usize = offset_of!(HistoryPoint, valid) + 8;

/// Opens a region.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_open(path: Text, reader: Option<&mut Handle<Reader>>) -> c_int {
    silence();
    guard(|| {
        let reader = reader.ok_or(Code::Argument)?;
        reader.write(None);
        let path = path.get().map(|text| Path::new(OsStr::from_bytes(text.to_bytes())));
        let opened = Reader::open(path).map_err(|error| Code::from(&error))?;
        reader.write(Some(Box::new(opened)));
        Ok(())
    })
}

/// Closes a reader; null is none.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_close(reader: Option<Box<Reader>>) {
    guard(|| {
        drop(reader);
        Ok(())
    });
}

/// Copies the latest sample, as much of it as the caller's version knows.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_snapshot(
    reader: Option<&Reader>,
    into: Place<Snapshot>,
    size: usize,
) -> c_int {
    // SAFETY: the caller has passed this size with the place.
    unsafe { copy_sample(reader, into, size, |_| false) }
}

/// The same, if there is a sample that was not copied yet.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_snapshot_if_new(
    reader: Option<&Reader>,
    into: Place<Snapshot>,
    size: usize,
) -> c_int {
    // SAFETY: as above.
    unsafe { copy_sample(reader, into, size, Reader::has_seen_latest) }
}

/// Copies the latest sample, unless the caller needs none of it.
///
/// # Safety
///
/// `size` is the argument that the caller has passed with `into`.
unsafe fn copy_sample(
    reader: Option<&Reader>,
    mut into: Place<Snapshot>,
    size: usize,
    has_enough: impl FnOnce(&Reader) -> bool,
) -> c_int {
    guard(|| {
        let reader = reader.ok_or(Code::Argument)?;
        check_size(size, LEAST_SNAPSHOT_BYTES)?;
        // SAFETY: as promised to us.
        let words = unsafe { into.words(size / 8) }?;
        if has_enough(reader) {
            return Err(Code::Seen);
        }
        Ok(reader.snapshot_words(words)?)
    })
}

/// Copies the latest points of the history, as much of each as the caller's version knows.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_history(
    reader: Option<&Reader>,
    mut into: Place<HistoryPoint>,
    size: usize,
    count: Option<&mut usize>,
) -> c_int {
    guard(|| {
        let (reader, count) = reader.zip(count).ok_or(Code::Argument)?;
        let room = std::mem::take(count);
        check_size(size, LEAST_POINT_BYTES)?;
        let each = size / 8;
        // No slice is longer, and no region has as many points.
        let most = room.min(isize::MAX as usize / size);
        // SAFETY: the caller has room for so many points of that size.
        let words = unsafe { into.words(most * each) }?;
        *count = reader.history_words(words, each);
        Ok(())
    })
}

/// Sleeps until there is a sample that was not taken yet.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_wait(reader: Option<&Reader>, timeout_ms: i64) -> c_int {
    guard(|| {
        let reader = reader.ok_or(Code::Argument)?;
        let deadline = Deadline::after(timeout(timeout_ms));
        loop {
            match reader.wait(deadline.left()).ok_or(Code::Timeout)? {
                Event::Sample => return Ok(()),
                Event::Interrupted => return Err(Code::Interrupted),
                // A daemon is there again, and has no sample yet.
                Event::State if reader.reported() == Freshness::Fresh => {}
                Event::State => return check_state(reader.reported()),
            }
        }
    })
}

/// Ends waiting for good.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_interrupt(reader: Option<&Reader>) -> c_int {
    guard(|| {
        reader.ok_or(Code::Argument)?.interrupt().raise();
        Ok(())
    })
}

/// How the region does: 0 while samples arrive.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_state(reader: Option<&Reader>) -> c_int {
    guard(|| check_state(reader.ok_or(Code::Argument)?.state()))
}

/// How long ago the latest sample was taken.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_age(
    reader: Option<&Reader>,
    age_ns: Option<&mut MaybeUninit<u64>>,
) -> c_int {
    guard(|| {
        let (reader, age_ns) = reader.zip(age_ns).ok_or(Code::Argument)?;
        let age = reader.age().and_then(|age| u64::try_from(age.as_nanos()).ok());
        age_ns.write(age.unwrap_or(0));
        age.map(drop).ok_or(Code::Empty)
    })
}
