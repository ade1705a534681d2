//! The look of a tooltip: the detail, the lists, the span of the curves, the markup.

use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::KernelThreads;

use crate::text::markup::Ink;
use crate::text::sparkline::COLUMNS;

/// The default span of the curves.
const SPAN: Duration = Duration::from_secs(120);

/// The detail of a tooltip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// One line for each section, and the alerts.
    Compact,
    /// Compact, with the lists and the foot.
    #[default]
    Full,
    /// The full tooltip, and each CPU with its number and figure.
    Cores,
}

impl Detail {
    /// The spellings of options.
    pub const NAMES: [(&'static str, Self); 3] =
        [("compact", Self::Compact), ("full", Self::Full), ("cores", Self::Cores)];

    /// The next detail; the first follows the last.
    #[must_use]
    pub fn next(self) -> Self {
        Self::NAMES[(self as usize + 1) % Self::NAMES.len()].1
    }
}

/// The rows of the lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lists {
    /// Applications, where they are known.
    #[default]
    Applications,
    /// Processes.
    Processes,
}

/// The content and the look of a tooltip.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The detail.
    pub detail: Detail,
    /// The rows of the lists. The daemon names five applications; hidden kernel threads
    /// among them leave fewer rows.
    pub lists: Lists,
    /// Whether kernel threads are in the lists.
    pub kernel_threads: KernelThreads,
    /// The time that the curves show at least.
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
