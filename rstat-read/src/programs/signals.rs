//! The signals that end programs, taken by a thread that waits for them: a terminal
//! has to be restored first, or a last text written, which no signal handler may do.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel's signals")]

use std::mem::MaybeUninit;
use std::ptr;

const ENDING: [libc::c_int; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];

/// The signals that end this program, blocked.
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
        // One that is ignored, as by nohup(1), ends nobody, and would if it was waited for.
        for signal in ENDING.into_iter().filter(|signal| !is_ignored(*signal)) {
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

fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is set, and there is room for what is.
    let known = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) } == 0;
    // SAFETY: zeros are an action, and so is what the kernel has put there.
    known && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Stops the program, as Ctrl-Z does where the terminal still does it; returns when
/// it is continued.
#[cfg(feature = "watch")]
pub fn stop() {
    // SAFETY: takes and changes no memory.
    unsafe { libc::raise(libc::SIGTSTP) };
}
