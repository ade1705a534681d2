//! What functions answer, and which version of them this is.
#![expect(unsafe_code, reason = "names without mangling are for C")]

use std::ffi::{CStr, c_char, c_int};

use rstat_shm::{Error, Unread};

use crate::report::Freshness;

/// The version of the header. A function or a member more is a minor version more; the
/// region has a version of its own.
const ABI_MAJOR: u32 = 1;
const ABI_MINOR: u32 = 1;

/// The results: `RSTAT_ERR_…` of the header, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
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
    Interrupted = -12,
    Unknown = -13,
    Field = -14,
    Template = -15,
    Seen = -16,
}

const TEXTS: [(Code, &CStr); 17] = [
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
    (Code::Interrupted, c"the reader was interrupted"),
    (Code::Unknown, c"the sample does not say"),
    (Code::Field, c"there is no field of that name"),
    (Code::Template, c"the template is wrong"),
    (Code::Seen, c"the latest sample was copied before"),
];

impl From<&Error> for Code {
    fn from(error: &Error) -> Self {
        match error {
            error if error.is_absent() => Self::Absent,
            Error::Untrusted { .. } => Self::Untrusted,
            Error::Foreign { .. } => Self::Foreign,
            Error::Io { .. } | Error::InUse { .. } => Self::System,
        }
    }
}

impl From<Unread> for Code {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Empty => Self::Empty,
            Unread::Busy => Self::Busy,
        }
    }
}

/// The code of a state without new samples.
pub fn check_state(state: Freshness) -> Result<(), Code> {
    match state {
        Freshness::Fresh => Ok(()),
        Freshness::Stale => Err(Code::Stale),
        Freshness::Stopped => Err(Code::Stopped),
        Freshness::Starting => Err(Code::Empty),
        Freshness::Absent => Err(Code::Absent),
        Freshness::Refused => Err(Code::Untrusted),
    }
}

/// The ABI of this library: major version times 65536 plus minor version.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_abi_version() -> u32 {
    ABI_MAJOR << 16 | ABI_MINOR
}

/// Text for a result; never null, never to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_strerror(code: c_int) -> *const c_char {
    let known = TEXTS.iter().find(|(known, _)| *known as c_int == code);
    known.map_or(c"no such result", |(_, text)| text).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_text() {
        for (index, (code, _)) in TEXTS.iter().enumerate() {
            assert_eq!(*code as c_int, -c_int::try_from(index).unwrap());
        }
    }

    const HEADER: &str = include_str!("../../include/rstat_read.h");

    #[test]
    fn the_header_has_the_same_version() {
        for (name, number) in [("MAJOR", ABI_MAJOR), ("MINOR", ABI_MINOR)] {
            let line = format!("#define RSTAT_ABI_{name} {number}");
            assert!(HEADER.lines().any(|other| other == line), "{line}");
        }
    }

    #[test]
    fn the_header_has_the_same_codes() {
        let defined: Vec<_> =
            HEADER.lines().filter(|line| line.starts_with("#define RSTAT_ERR_")).collect();
        let expected: Vec<_> = TEXTS[1..]
            .iter()
            .map(|(code, _)| {
                let name = format!("{code:?}").to_uppercase();
                format!("#define RSTAT_ERR_{name} ({})", *code as c_int)
            })
            .collect();
        assert_eq!(defined, expected);
    }
}
