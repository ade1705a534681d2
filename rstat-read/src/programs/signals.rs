//! Signals that a thread waits for. A terminal has to be restored before the end, and a last
//! text written, which no signal handler may do. Nor can a handler end a sleep on a futex: a
//! signal between the look at the handler's flag and the sleep would be lost.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel's signals")]

use std::fs;
use std::ptr;

/// Signals that end programs.
const ENDING: [libc::c_int; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];

/// The kernel's `sigset_t` of 64-bit machines: the lowest bit is signal 1.
type SignalSet = u64;

/// Signals that are held back for [`Signals::wait`].
#[derive(Clone, Copy)]
pub struct Signals(SignalSet);

impl Signals {
    /// Holds back all signals that end this program, in this thread and its later threads.
    /// Leaves ignored signals alone (nohup): the kernel would deliver them to `wait`.
    pub fn ending() -> Self {
        Self::hold(set_of(ENDING) & !ignored())
    }

    /// The same with all signals that a bar may send: real-time signals, SIGUSR1, SIGUSR2.
    pub fn of_bars() -> Self {
        let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
        Self::hold(set_of(real_time.chain([libc::SIGUSR1, libc::SIGUSR2])))
    }

    fn hold(set: SignalSet) -> Self {
        change_mask(libc::SIG_BLOCK, set);
        Self(set)
    }

    /// Sleeps until a signal comes.
    pub fn wait(self) -> i32 {
        let (set, bytes) = (&raw const self.0, size_of::<SignalSet>());
        let (information, timeout) = (ptr::null_mut::<u8>(), ptr::null::<u8>());
        loop {
            // SAFETY: the set outlives the call, which only reads it, and has this size. Neither
            // information about the signal nor a timeout is asked for.
            let signal = unsafe {
                libc::syscall(libc::SYS_rt_sigtimedwait, set, information, timeout, bytes)
            };
            // Negative after a stop, say.
            if signal > 0 {
                return signal as i32;
            }
        }
    }

    /// Ends the program as the signal would have, so that its sender sees that.
    pub fn die_of(self, signal: i32) {
        change_mask(libc::SIG_UNBLOCK, self.0);
        raise(signal);
    }
}

/// Stops the program, as Ctrl-Z does where the terminal still does it; returns when
/// the program is continued.
#[cfg(feature = "watch")]
pub fn stop() {
    raise(libc::SIGTSTP);
}

fn set_of(signals: impl IntoIterator<Item = libc::c_int>) -> SignalSet {
    signals.into_iter().fold(0, |set, signal| set | 1 << (signal - 1))
}

/// The signals that this process ignores; none where `/proc` does not say.
fn ignored() -> SignalSet {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| SignalSet::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn change_mask(how: libc::c_int, set: SignalSet) {
    let (set, old, bytes) = (&raw const set, ptr::null_mut::<u8>(), size_of::<SignalSet>());
    // SAFETY: the set outlives the call, which only reads it, and has this size. The old mask
    // is not asked for.
    let _ = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, how, set, old, bytes) };
}

fn raise(signal: libc::c_int) {
    // SAFETY: takes and changes no memory.
    unsafe { libc::raise(signal) };
}
