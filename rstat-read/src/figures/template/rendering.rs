//! What a user's text is written with, besides the figures of a report.

use rstat_shm::snapshot::KernelThreads;

use super::escape::Escape;

/// How a template is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// For what consumer data from outside is escaped.
    pub escape: Escape,
    /// Whether the rows of top lists have kernel threads among them.
    pub kernel_threads: KernelThreads,
    /// What fills up to a width where the template does not say.
    pub filler: char,
}

impl Default for Rendering {
    fn default() -> Self {
        let (escape, kernel_threads) = (Escape::default(), KernelThreads::default());
        Self { escape, kernel_threads, filler: ' ' }
    }
}
