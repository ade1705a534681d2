//! A report that can be kept, for drawing a screen.

use rstat_shm::Snapshot;
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use crate::follow::Follower;
use crate::report::{Freshness, Report};
use crate::text::advice::Advice;

/// The machine at a moment.
pub struct Picture {
    /// The condition of the region.
    pub state: Freshness,
    /// The last good sample, if there was one.
    pub sample: Option<Snapshot>,
    /// All that the region remembers, oldest first.
    pub history: Vec<HistoryPoint>,
    /// Advice while no samples arrive; empty otherwise.
    pub advice: String,
}

impl Default for Picture {
    fn default() -> Self {
        let advice = "waiting for a sample".to_owned();
        Self { state: Freshness::Absent, sample: None, history: Vec::new(), advice }
    }
}

impl Picture {
    /// The picture of this moment.
    pub fn take(follower: &Follower) -> Self {
        let mut points = vec![HistoryPoint::default(); HISTORY_POINTS];
        Self::of(&follower.report(&mut points))
    }

    /// The picture of a report.
    pub fn of(report: &Report) -> Self {
        Self {
            state: report.state,
            sample: report.sample.cloned(),
            history: report.history.to_vec(),
            advice: Advice(report).to_string(),
        }
    }

    /// The picture of a sample and a history.
    #[cfg(test)]
    pub fn fresh(sample: &Snapshot, history: &[HistoryPoint]) -> Self {
        let age = std::time::Duration::ZERO;
        let path = std::path::Path::new("/dev/shm/rstat/v1");
        let sample = Some(sample);
        Self::of(&Report { state: Freshness::Fresh, sample, history, age, path, error: None })
    }
}
