//! How a tooltip looks: the detail, the lists, the span of the curves, the markup.

use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::KernelThreads;

use crate::text::markup::Ink;
use crate::text::sparkline::COLUMNS;

/// What a curve shows unless somebody wants more or less.
const SPAN: Duration = Duration::from_secs(120);

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A line for each section, and the alerts.
    Compact,
    /// The lists and the foot as well.
    #[default]
    Full,
    /// And each CPU with its number and figure.
    Cores,
}

impl Detail {
    /// As options spell them.
    pub const NAMES: [(&'static str, Self); 3] =
        [("compact", Self::Compact), ("full", Self::Full), ("cores", Self::Cores)];

    /// The next one, and the first after the last.
    #[must_use]
    pub fn next(self) -> Self {
        Self::NAMES[(self as usize + 1) % Self::NAMES.len()].1
    }
}

/// Of what the lists are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lists {
    /// Of applications, where they are known.
    #[default]
    Applications,
    /// Of processes.
    Processes,
}

/// What a tooltip has in it, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// How much is told.
    pub detail: Detail,
    /// Of what the lists are. Of applications the daemon names five, kernel
    /// threads among them: hidden, they leave fewer.
    pub lists: Lists,
    /// Whether kernel threads are in the lists.
    pub kernel_threads: KernelThreads,
    /// The time that the curves show, if samples are not so rare that it takes more.
    pub span: Duration,
    /// Markup and colours.
    pub ink: Ink,
}

impl Look {
    /// Points of the history that the curves need, besides a sample.
    pub fn points(&self, sample: &Snapshot) -> usize {
        let Self { span, .. } = self;
        (span.as_nanos() / u128::from(sample.period_ns.max(1))) as usize + COLUMNS
    }
}

impl Default for Look {
    fn default() -> Self {
        Self {
            detail: Detail::default(),
            lists: Lists::default(),
            kernel_threads: KernelThreads::default(),
            span: SPAN,
            ink: Ink::default(),
        }
    }
}
