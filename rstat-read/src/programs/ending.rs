//! The end of programs that follow a region: with the reader of the output, or by a signal.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rstat_shm::Interrupt;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;

use crate::programs::signals::Signals;

/// The stack of the thread that watches the output, which needs next to nothing.
const WATCH_STACK_BYTES: usize = 64 << 10;

/// Ends the program when the output's reader is gone, even without anything to write. A
/// thread of its own sleeps in poll(2): a futex cannot be polled, and looking now and then
/// would be a wake-up.
pub(super) fn end_with_reader() {
    let watch = || {
        let output = io::stdout();
        // No events: POLLERR, POLLHUP and POLLNVAL come unasked, when the other end of a pipe
        // or socket is closed or the terminal is gone. A file or `/dev/null` never ends.
        let mut polled = [PollFd::new(&output, PollFlags::empty())];
        if retry_on_intr(|| poll(&mut polled, None)).is_ok() {
            process::exit(0);
        }
    };
    // Without the thread the next line fails.
    let _ = thread::Builder::new().stack_size(WATCH_STACK_BYTES).spawn(watch);
}

/// The end of a program that has a last action.
pub(super) struct Ending {
    signals: Signals,
    thread: JoinHandle<i32>,
}

impl Ending {
    /// From now on a signal that would end the program interrupts a follower instead.
    pub fn interrupt(interrupt: &Arc<Interrupt>) -> Self {
        let signals = Signals::ending();
        let interrupt = Arc::clone(interrupt);
        let thread = thread::spawn(move || {
            let signal = signals.wait();
            interrupt.raise();
            signal
        });
        Self { signals, thread }
    }

    /// Ends the program as the signal would have, once it has come.
    pub fn die(self) {
        if let Ok(signal) = self.thread.join() {
            self.signals.die_of(signal);
        }
    }
}
