//! Ends another thread's waiting.
//!
//! A region can only tell of what happens to it. A thread that sleeps there may have
//! an interrupt beside it, which other threads of the same process raise.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::time::Duration;

use crate::sys;

/// Raised by one thread, seen by others; those that sleep wake.
#[derive(Debug, Default)]
pub struct Interrupt(AtomicU32);

impl Interrupt {
    /// One that is not raised.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Wakes those who wait with this interrupt, and lets nobody else begin to.
    pub fn raise(&self) {
        // Pairs with the Acquire of `is_raised` and `clear`: who sees the interrupt sees why.
        if self.0.swap(1, AcqRel) == 0 {
            sys::private_wake(&self.0);
        }
    }

    /// Takes the interrupt back and says whether it was raised. What it was raised for is
    /// to be looked at afterwards: whoever raises it later is heard later.
    pub fn clear(&self) -> bool {
        self.0.swap(0, AcqRel) != 0
    }

    /// Whether it is raised.
    pub fn is_raised(&self) -> bool {
        self.0.load(Acquire) != 0
    }

    /// Sleeps until it is raised, for `timeout` at most; may wake without reason.
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
