//! How fast programs that follow a region go, and when they end.

use std::io;
use std::os::fd::AsFd;
use std::process;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rstat_shm::{Interrupt, Snapshot};

use crate::follow::Follower;
use crate::programs::interval::Interval;
use crate::programs::signals::Signals;
use crate::sys;

/// The thread that watches the output needs next to nothing.
const WATCH_STACK_BYTES: usize = 64 << 10;
/// A sample may come this part of the interval early and is not skipped.
const EARLY_FRACTION: u32 = 10;

/// Ends the program when the output's reader is gone, even if there is nothing
/// to write. A thread of its own, asleep in poll(2), because a futex cannot be
/// polled and looking now and then would be a wake-up.
pub(super) fn end_with_reader() {
    let watch = || {
        if sys::wait_for_end_or_signal(io::stdout().as_fd(), None).is_ok() {
            process::exit(0);
        }
    };
    // Without the thread the next line finds out.
    let _ = thread::Builder::new().stack_size(WATCH_STACK_BYTES).spawn(watch);
}

/// How a program ends that has something left to do by then.
pub(super) struct Ending {
    signals: Signals,
    thread: JoinHandle<i32>,
}

impl Ending {
    /// From now on a signal that would end the program interrupts a follower instead.
    pub fn interrupt(interrupt: &Arc<Interrupt>) -> Self {
        let signals = Signals::block();
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

/// How long to look away after a sample that is so old: nothing if the next one does
/// not come too soon.
pub(crate) fn pause(sample: &Snapshot, age: Duration, interval: Duration) -> Option<Duration> {
    let soonest = interval.saturating_sub(interval / EARLY_FRACTION);
    let comes_too_soon = Duration::from_nanos(sample.period_ns) < soonest;
    comes_too_soon.then(|| soonest.saturating_sub(age))
}

/// Sleeps through the samples that come too soon after the one just shown: a
/// single sleep instead of a wake-up for each. The follower's interrupt ends it.
pub(super) fn skip_samples(follower: &mut Follower, interval: Interval) {
    let pause = follower.sample().and_then(|sample| {
        let interval = interval.duration(Duration::from_nanos(sample.period_ns));
        pause(sample, follower.age(), interval)
    });
    if let Some(pause) = pause {
        sleep(follower.interrupt(), pause);
        follower.skip();
    }
}

fn sleep(interrupt: &Interrupt, time: Duration) {
    // Without a deadline when the clock cannot count so far.
    let deadline = Instant::now().checked_add(time);
    while !interrupt.is_raised() {
        let left = deadline
            .map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return;
        }
        interrupt.wait(left);
    }
}
