//! The C ABI of `librstat_read.so`; `include/rstat_read.h` is its documentation.
//!
//! Every function checks its pointers, catches panics and answers with 0 or a
//! negative code. None prints, none touches a signal. A file here is a group of the
//! header's functions; what they have in common is below.

use std::ffi::c_int;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::time::Duration;

mod argument;
mod code;
mod fields;
mod format;
mod module;
mod reader;

use code::Code;

/// Runs the body of a function; a panic becomes a code and goes no further.
fn guard(body: impl FnOnce() -> Result<(), Code>) -> c_int {
    let result = panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Code::Internal));
    result.err().unwrap_or(Code::Ok) as c_int
}

/// The time that a caller waits: without end if the number is negative.
fn timeout(milliseconds: i64) -> Duration {
    u64::try_from(milliseconds).map_or(Duration::MAX, Duration::from_millis)
}

/// The standard library of this shared object is its own, so its message about a
/// panic is ours to silence: a library does not print.
fn silence() {
    static SILENT: Once = Once::new();
    if !cfg!(test) {
        SILENT.call_once(|| panic::set_hook(Box::new(|_| {})));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code() {
        assert_eq!(guard(|| panic!("caught; this message is expected")), Code::Internal as c_int);
        assert_eq!(guard(|| Ok(())), 0);
    }
}
