//! The command line of `rstat-watch`.

use std::path::PathBuf;
use std::time::Duration;

use rstat_options::{Opt, Program, Section, path, put};

use crate::pace::Interval;

/// What is shown, and how often.
pub struct WatchOptions {
    /// The region.
    pub path: Option<PathBuf>,
    /// The least time between two screens.
    pub interval: Interval,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { path: None, interval: Interval::Time(Duration::from_millis(250)) }
    }
}

/// `rstat-watch`.
pub static PROGRAM: Program<WatchOptions> = Program {
    name: "rstat-watch",
    about: "Shows the machine live on a whole terminal, with plots of the last minutes.",
    usage: &["[OPTION]..."],
    sections: &[Section {
        title: "Options",
        options: &[
            Opt::text(
                "interval",
                "TIME",
                "the least time between two screens: seconds (default 0.25), or\nsamples such as 3x, every third; samples in between are skipped",
                |it, text| put(&mut it.interval, Interval::parse(text)),
            ),
            Opt::os(
                "shm",
                "PATH",
                "read the region PATH instead of $RSTAT_SHM or, without that,\n/dev/shm/rstat/v1",
                |it, value| put(&mut it.path, path(value).map(Some)),
            ),
        ],
    }],
    notes: &["
The key q ends it; the last line of the screen names the other keys. It stays when rstatd
goes and shows the next one's samples.

Exit codes: 0 done, 1 the output failed, 2 the command line is wrong or there is no
terminal.
"],
};
