//! The C ABI of `librstat_read.so`; `include/rstat_read.h` is its documentation.
//!
//! Every function checks its pointers, catches panics and answers with 0 or a
//! negative code. None prints, none touches a signal. A `rstat_reader` is a boxed
//! [`Reader`]; who may use it when is said in the header.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::ptr;
use std::sync::Once;
use std::time::Duration;

use rstat_shm::layout::{ABI_MAJOR, ABI_MINOR};
use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Error, Snapshot, Unread};

use crate::reader::{Event, Reader};
use crate::report::State;

/// The results: `RSTAT_ERR_…` of the header, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
enum Code {
    Ok = 0,
    Argument = -1,
    Absent = -2,
    Untrusted = -3,
    Foreign = -4,
    System = -5,
    Empty = -6,
    Busy = -7,
    Timeout = -8,
    Stale = -9,
    Stopped = -10,
    Internal = -11,
}

const TEXTS: [(Code, &CStr); 12] = [
    (Code::Ok, c"no error"),
    (Code::Argument, c"an argument is null or out of range"),
    (Code::Absent, c"there is no region: rstatd does not run"),
    (Code::Untrusted, c"the region is one that somebody else could have written"),
    (Code::Foreign, c"the file is not a region of this version"),
    (Code::System, c"a system call failed"),
    (Code::Empty, c"there is no sample in the region yet"),
    (Code::Busy, c"the daemon publishes faster than this program copies"),
    (Code::Timeout, c"nothing happened in that time"),
    (Code::Stale, c"no new samples arrive"),
    (Code::Stopped, c"rstatd was stopped"),
    (Code::Internal, c"a bug in librstat_read"),
];

/// The least of a snapshot that a caller may ask for: up to `valid`, without
/// which nothing else can be understood.
const LEAST_SNAPSHOT_BYTES: usize = std::mem::offset_of!(Snapshot, valid) + 8;

/// The same of a point of the history.
const LEAST_POINT_BYTES: usize = std::mem::offset_of!(HistoryPoint, valid) + 8;

/// Runs the body of a function; a panic becomes a code and goes no further.
fn guard(body: impl FnOnce() -> Result<(), Code>) -> c_int {
    let result = panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Code::Internal));
    result.err().unwrap_or(Code::Ok) as c_int
}

/// The standard library of this shared object is its own, so its message about a
/// panic is ours to silence: a library does not print.
fn silence() {
    static SILENT: Once = Once::new();
    if !cfg!(test) {
        SILENT.call_once(|| panic::set_hook(Box::new(|_| {})));
    }
}

fn code_of_error(error: &Error) -> Code {
    match error {
        error if error.is_absent() => Code::Absent,
        Error::Untrusted { .. } => Code::Untrusted,
        Error::Foreign { .. } => Code::Foreign,
        Error::Io { .. } | Error::InUse { .. } => Code::System,
    }
}

fn check_state(state: State) -> Result<(), Code> {
    match state {
        State::Fresh => Ok(()),
        State::Stale => Err(Code::Stale),
        State::Stopped => Err(Code::Stopped),
        State::Starting => Err(Code::Empty),
        State::Absent => Err(Code::Absent),
        State::Refused => Err(Code::Untrusted),
    }
}

/// The ABI of this library: major version times 65536 plus minor version.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_abi_version() -> u32 {
    u32::from(ABI_MAJOR) << 16 | u32::from(ABI_MINOR)
}

/// Text for a result; never null, never to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_strerror(code: c_int) -> *const c_char {
    let known = TEXTS.iter().find(|(known, _)| *known as c_int == code);
    known.map_or(c"no such result", |(_, text)| text).as_ptr()
}

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
        let opened = Reader::open(path).map_err(|error| code_of_error(&error))?;
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
/// `reader` is null or open and nobody else's meanwhile; `into` is null or has
/// `size` bytes to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_snapshot(
    reader: *mut Reader,
    into: *mut Snapshot,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that this thread alone uses now.
        let reader = unsafe { reader.as_mut() }.ok_or(Code::Argument)?;
        if into.is_null() || size < LEAST_SNAPSHOT_BYTES || !size.is_multiple_of(8) {
            return Err(Code::Argument);
        }
        let mut sample = Snapshot::EMPTY;
        let read = reader.snapshot(&mut sample);
        let known = size.min(size_of::<Snapshot>());
        let into: *mut u8 = into.cast();
        // SAFETY: `known` bytes are there on both sides, and a local variable of
        // ours does not overlap with the caller's.
        unsafe { ptr::copy_nonoverlapping(ptr::from_ref(&sample).cast(), into, known) };
        // SAFETY: the caller's buffer has `size` bytes, `known` or more.
        let rest = unsafe { into.add(known) };
        // A program of a later version than this library: what we do not know is
        // zero, and so are its validity bits, which lie in what we do know.
        // SAFETY: from `known` to `size`, inside the caller's buffer.
        unsafe { rest.write_bytes(0, size - known) };
        read.map_err(|unread| match unread {
            Unread::Empty => Code::Empty,
            Unread::Busy => Code::Busy,
        })
    })
}

/// Copies the latest points of the history, as much of each as the caller's version knows.
///
/// # Safety
///
/// `reader` is null or open and nobody else's meanwhile; `count` is null or points
/// to a number; `into` is null or has room for so many points of `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_history(
    reader: *mut Reader,
    into: *mut HistoryPoint,
    size: usize,
    count: *mut usize,
) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that this thread alone uses now.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        // SAFETY: null, or a number that is this thread's alone now.
        let count = unsafe { count.as_mut() }.ok_or(Code::Argument)?;
        let room = std::mem::take(count);
        if into.is_null() || size < LEAST_POINT_BYTES || !size.is_multiple_of(8) {
            return Err(Code::Argument);
        }
        let known = size.min(size_of::<HistoryPoint>());
        let into: *mut u8 = into.cast();
        reader.each_point(room, |point| {
            // SAFETY: `each_point` calls `room` times at most.
            let place = unsafe { into.add(*count * size) };
            // SAFETY: `known` bytes are there on both sides, and a point of ours does
            // not overlap with the caller's.
            unsafe { ptr::copy_nonoverlapping(ptr::from_ref(point).cast(), place, known) };
            // SAFETY: the caller's point has `size` bytes, `known` or more.
            let rest = unsafe { place.add(known) };
            // SAFETY: from `known` to `size`, inside the caller's point.
            unsafe { rest.write_bytes(0, size - known) };
            *count += 1;
        });
        Ok(())
    })
}

/// Sleeps until there is a sample that was not taken yet.
///
/// # Safety
///
/// `reader` is null or open and nobody else's meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_wait(reader: *mut Reader, timeout_ms: i64) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that this thread alone uses now.
        let reader = unsafe { reader.as_mut() }.ok_or(Code::Argument)?;
        // Negative: without end.
        let timeout = u64::try_from(timeout_ms).map_or(Duration::MAX, Duration::from_millis);
        match reader.wait(timeout) {
            Some(Event::Sample) => Ok(()),
            // Fresh again without a sample: the daemon was only late.
            Some(Event::State) => check_state(reader.told()).and(Err(Code::Timeout)),
            None => Err(Code::Timeout),
        }
    })
}

/// How the region does: 0 while samples arrive.
///
/// # Safety
///
/// `reader` is null or open and nobody else's meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_state(reader: *mut Reader) -> c_int {
    guard(|| {
        // SAFETY: null, or a reader that this thread alone uses now.
        let reader = unsafe { reader.as_mut() }.ok_or(Code::Argument)?;
        check_state(reader.state())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code() {
        assert_eq!(guard(|| panic!("caught; this message is expected")), Code::Internal as c_int);
        assert_eq!(guard(|| Ok(())), 0);
    }

    #[test]
    fn every_code_has_its_text() {
        for (index, (code, _)) in TEXTS.iter().enumerate() {
            assert_eq!(*code as c_int, -c_int::try_from(index).unwrap());
        }
    }
}
