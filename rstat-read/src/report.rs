//! The machine at a moment: everything that an output may look at.

use std::path::Path;
use std::time::Duration;

use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Error, Snapshot};

/// The condition of a region, as its reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Samples arrive.
    Fresh,
    /// No sample has arrived for three periods, or the daemon has died.
    Stale,
    /// The daemon was stopped.
    Stopped,
    /// The region has no sample yet.
    Starting,
    /// The region does not exist.
    Absent,
    /// The file is not to be trusted, or this version cannot read it.
    Refused,
}

impl Freshness {
    /// All conditions.
    pub const ALL: [Self; 6] =
        [Self::Fresh, Self::Stale, Self::Stopped, Self::Starting, Self::Absent, Self::Refused];

    /// The names in all outputs, in the same order.
    pub const NAMES: &[&'static str] =
        &["fresh", "stale", "stopped", "starting", "absent", "refused"];

    /// The name in all outputs.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A sample, and what showing it needs.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The condition of the region.
    pub state: Freshness,
    /// The last good sample, if there was one.
    pub sample: Option<&'a Snapshot>,
    /// Points of the history up to that sample, oldest first.
    pub history: &'a [HistoryPoint],
    /// Time since the sample was taken; zero without one.
    pub age: Duration,
    /// The region's file.
    pub path: &'a Path,
    /// The reason why the region cannot be read.
    pub error: Option<&'a Error>,
}

impl Report<'_> {
    /// The report of a moment without any knowledge.
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
