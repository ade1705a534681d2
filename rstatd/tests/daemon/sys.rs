//! The system calls that only these tests need and std does not offer.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::ffi::{CStr, CString};
use std::{io, ptr};

use rstat_testbed::sys::{end_with_parent, reap};
pub use rstat_testbed::sys::{ends_with_us, signal, with_default_signals};

/// A process that cannot go on in the same program says so with this exit code.
const NO_EXEC: libc::c_int = 127;

/// Starts a program under a number of our choice, and waits for its end.
pub fn run_numbered(pid: u32, argv: &[CString], environment: &CStr) -> io::Result<()> {
    let mut arguments: Vec<_> = argv.iter().map(|argument| argument.as_ptr()).collect();
    arguments.push(ptr::null());
    let environment = [environment.as_ptr(), ptr::null()];
    // `struct clone_args` (clone3(2)) up to `set_tid_size`, all words of 64 bits.
    let set_tid = [pid.cast_signed()];
    let mut clone = [0_u64; 10];
    clone[4] = libc::SIGCHLD as u64;
    clone[8] = set_tid.as_ptr() as u64;
    clone[9] = set_tid.len() as u64;
    let size = size_of_val(&clone);
    // SAFETY: as fork: the child has no stack or memory of the parent's to share.
    // It makes two system calls, and then it is another program or none.
    match unsafe { libc::syscall(libc::SYS_clone3, clone.as_mut_ptr(), size) } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {
            if end_with_parent().is_ok() {
                // SAFETY: both arrays end with a null and outlive the call.
                let _ =
                    unsafe { libc::execve(arguments[0], arguments.as_ptr(), environment.as_ptr()) };
            }
            // SAFETY: ends this process without running what belongs to the parent.
            unsafe { libc::_exit(NO_EXEC) }
        }
        _ => {}
    }
    reap(pid);
    Ok(())
}

/// Makes a FIFO.
pub fn make_fifo(path: &CStr) -> io::Result<()> {
    // SAFETY: the path ends with a zero and outlives the call.
    match unsafe { libc::mkfifo(path.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
