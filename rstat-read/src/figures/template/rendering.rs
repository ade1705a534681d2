//! The rendering of a user's text, besides the figures of a report.

use rstat_shm::snapshot::KernelThreads;

use super::escape::Escape;

/// The rendering of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// The reader of the text; data from outside is escaped accordingly.
    pub escape: Escape,
    /// Whether the rows of top lists have kernel threads among them.
    pub kernel_threads: KernelThreads,
    /// The default filler up to a width.
    pub filler: char,
}

impl Default for Rendering {
    fn default() -> Self {
        let (escape, kernel_threads) = (Escape::default(), KernelThreads::default());
        Self { escape, kernel_threads, filler: ' ' }
    }
}
