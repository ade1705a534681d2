//! Ends another thread's wait for a sample.
//!
//! A region wakes its readers only for its own changes. So a thread that sleeps on a
//! region can name an [`Interrupt`], which other threads of the same process raise.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::time::Duration;

use crate::sys;

/// A flag that one thread raises, and that wakes the threads that wait for the flag.
#[derive(Debug, Default)]
pub struct Interrupt(AtomicU32);

impl Interrupt {
    /// An interrupt that is not raised.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Wakes all threads that wait with this interrupt. Until the next [`Self::clear`] every
    /// new wait ends at once.
    pub fn raise(&self) {
        // Pairs with the Acquire of `is_raised` and `clear`: a thread that sees the interrupt
        // also sees what was written before the raise.
        if self.0.swap(1, AcqRel) == 0 {
            sys::private_wake(&self.0);
        }
    }

    /// Lowers the interrupt and returns whether it was raised. Callers look for the reason
    /// after this call, so that an interrupt raised meanwhile ends the next wait.
    pub fn clear(&self) -> bool {
        self.0.swap(0, AcqRel) != 0
    }

    /// Whether the interrupt is raised.
    pub fn is_raised(&self) -> bool {
        self.0.load(Acquire) != 0
    }

    /// Sleeps until the interrupt is raised, for `timeout` at most. May wake early without
    /// a reason, as any futex may.
    pub fn wait(&self, timeout: Duration) {
        if !self.is_raised() {
            sys::private_wait(&self.0, timeout);
        }
    }

    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn an_interrupt_ends_the_sleep_of_all_and_stays_until_it_is_cleared() {
        let interrupt = Arc::new(Interrupt::new());
        let asleep = [(); 3].map(|()| {
            let interrupt = Arc::clone(&interrupt);
            thread::spawn(move || {
                while !interrupt.is_raised() {
                    interrupt.wait(Duration::from_secs(3_600));
                }
            })
        });
        interrupt.raise();
        interrupt.raise();
        for thread in asleep {
            thread.join().unwrap();
        }
        assert!(interrupt.clear());
        assert!(!interrupt.clear() && !interrupt.is_raised());
    }
}
