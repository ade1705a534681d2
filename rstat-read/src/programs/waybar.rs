//! `rstat-waybar`: follows a region and prints a line whenever there is
//! something new to say.
//!
//! It lives as long as somebody reads its output and wakes once a sample. It
//! handles no signal: Waybar waits for its modules to die of SIGTERM. And it
//! asks for no PR_SET_PDEATHSIG: that signal comes when the *thread* that
//! started us ends, which a bar may do at any time; a bar that dies closes the
//! pipe, and that is what ends us.

use std::path::Path;
use std::time::Duration;

use rstat_shm::snapshot::{HistoryPoint, KernelThreads};

use crate::emit;
use crate::follow::Follower;
use crate::programs::pace::{end_with_reader, skip_samples};
use crate::programs::{Failure, print};
use crate::report::State;

/// Points of the history that are read: 24 columns of a second each, from a
/// daemon that samples ten times a second.
const POINTS: usize = 256;

/// Time between two lines at least, unless somebody wants another.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is printed, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Time between two lines at least.
    pub interval: Duration,
    /// One line only.
    pub once: bool,
    /// Whether the lists have kernel threads in them.
    pub kernel_threads: KernelThreads,
}

impl Default for Options {
    fn default() -> Self {
        Self { interval: INTERVAL, once: false, kernel_threads: KernelThreads::default() }
    }
}

/// Prints lines until nobody reads them, or one if that is asked for.
pub fn run(path: Option<&Path>, options: Options) -> Result<(), Failure> {
    let Options { interval, once, kernel_threads } = options;
    let mut follower = Follower::new(path);
    let mut lines = emit::Waybar::new(kernel_threads);
    let mut points = vec![HistoryPoint::default(); POINTS];
    if !once {
        end_with_reader();
    }
    loop {
        let state = follower.wait();
        if let Some(line) = lines.line(&follower.report(&mut points)) {
            print(line)?;
        }
        if once {
            return Ok(());
        }
        if state == State::Fresh {
            skip_samples(&mut follower, interval);
        }
    }
}
