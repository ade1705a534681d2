//! What is known of the machine at a moment: all that an output may look at.

use std::path::Path;
use std::time::Duration;

use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Error, Snapshot};

/// How a region does, as its reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Samples arrive.
    Fresh,
    /// None has arrived for three periods, or the daemon is gone without a word.
    Stale,
    /// The daemon left in order.
    Stopped,
    /// There is a region without a sample in it yet.
    Starting,
    /// There is no region.
    Absent,
    /// There is a file that may not be believed, or that this version cannot read.
    Refused,
}

impl Freshness {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Fresh, Self::Stale, Self::Stopped, Self::Starting, Self::Absent, Self::Refused];

    /// The word for it in all outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Absent => "absent",
            Self::Refused => "refused",
        }
    }
}

/// A sample and what has to be known to show it.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// How the region does.
    pub state: Freshness,
    /// The last good sample, if there was one.
    pub sample: Option<&'a Snapshot>,
    /// Points of the history up to that sample, oldest first.
    pub history: &'a [HistoryPoint],
    /// Time since the sample was taken; zero without one.
    pub age: Duration,
    /// The region's file.
    pub path: &'a Path,
    /// Why there is no region to read.
    pub error: Option<&'a Error>,
}

impl Report<'_> {
    /// That of a moment of which nothing is known.
    pub(crate) fn nothing() -> Self {
        Self {
            state: Freshness::Absent,
            sample: None,
            history: &[],
            age: Duration::ZERO,
            path: Path::new(""),
            error: None,
        }
    }
}
