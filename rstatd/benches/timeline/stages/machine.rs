//! The machine's figures, which are not under test: rstat's own sources for memory, load,
//! pressure, disks and sensors.
//!
//! All stages in Rust read each source in every sample, with files held open and one `pread` a
//! file.

use std::time::{Duration, Instant};

use rstat_testbed::sys;
use rstatd::source::{Draft, Root, Sources};

use super::figures::Machine;

/// The machine's files, and the time of their last reading.
pub struct MachineFiles {
    sources: Sources,
    draft: Box<Draft>,
}

impl MachineFiles {
    pub fn discover() -> Self {
        let mut sources = Sources::discover(&Root::default());
        sources.read_at_every_tick();
        Self { sources, draft: Box::new(Draft::EMPTY) }
    }

    /// Reads all files, and returns their figures and the time of the reading.
    pub fn read(&mut self) -> (Machine, Duration) {
        let begin = Instant::now();
        // The bench drops the reports of sources that come or go.
        self.sources.read_due(monotonic_ns(), &mut self.draft, &mut |_| {});
        (Machine::of(&self.draft), begin.elapsed())
    }
}

/// The time by CLOCK_MONOTONIC, the probe's clock.
pub fn monotonic_ns() -> u64 {
    sys::clock(libc::CLOCK_MONOTONIC).as_nanos() as u64
}

/// The interval between two samples.
#[derive(Default)]
pub struct Interval {
    last_ns: u64,
}

impl Interval {
    /// Ends one interval and begins the next.
    pub fn next_ns(&mut self) -> u64 {
        let now_ns = monotonic_ns();
        now_ns - std::mem::replace(&mut self.last_ns, now_ns)
    }
}
