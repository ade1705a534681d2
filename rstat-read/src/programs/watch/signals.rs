//! The signals that end programs, taken by a thread that waits for them: the
//! terminal has to be restored first, which no signal handler may do.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel's signals")]

use std::mem::MaybeUninit;
use std::ptr;

const ENDING: [libc::c_int; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];

/// The signals that end programs, blocked.
#[derive(Clone, Copy)]
pub struct Signals(libc::sigset_t);

impl Signals {
    /// Blocks them, for this thread and all that it starts.
    pub fn block() -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: room for a set, which this call fills in.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        // SAFETY: filled in by the call above.
        let mut set = unsafe { set.assume_init() };
        for signal in ENDING {
            // SAFETY: an initialised set, and the number of a signal.
            unsafe { libc::sigaddset(&raw mut set, signal) };
        }
        // SAFETY: an initialised set; the old one is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
        Self(set)
    }

    /// Sleeps until one comes.
    pub fn wait(&self) -> i32 {
        let mut signal = 0;
        loop {
            // SAFETY: an initialised set, and an integer to write to.
            if unsafe { libc::sigwait(&raw const self.0, &raw mut signal) } == 0 {
                return signal;
            }
        }
    }

    /// Ends the program as the signal would have, so that who sent it sees that.
    pub fn die_of(&self, signal: i32) {
        // SAFETY: an initialised set; the old one is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const self.0, ptr::null_mut()) };
        // SAFETY: takes and changes no memory.
        unsafe { libc::raise(signal) };
    }
}

/// Stops the program, as Ctrl-Z does where the terminal still does it; returns when
/// it is continued.
pub fn stop() {
    // SAFETY: takes and changes no memory.
    unsafe { libc::raise(libc::SIGTSTP) };
}
