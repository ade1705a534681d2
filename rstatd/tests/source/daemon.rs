//! The ticks of a daemon, in the test's own process.

use rstat_shm::Snapshot;
use rstatd::source::{Draft, Sources};

use crate::tree::Tree;

pub const SECOND_NS: u64 = 1_000_000_000;

/// Ticks of a second each, as the daemon makes them.
pub struct Daemon {
    /// The sources that were found.
    pub sources: Sources,
    draft: Box<Draft>,
    seconds: u64,
    /// The lines that were reported.
    pub events: Vec<String>,
}

impl Daemon {
    /// Looks for the sources.
    pub fn start(tree: &Tree) -> Self {
        let sources = Sources::discover(&tree.root());
        Self { sources, draft: Box::new(Draft::EMPTY), seconds: 100, events: Vec::new() }
    }

    /// One tick.
    pub fn tick(&mut self) -> &Snapshot {
        self.seconds += 1;
        let events = &mut self.events;
        let report = &mut |event: &str| events.push(event.to_owned());
        self.sources.read_due(self.seconds * SECOND_NS, &mut self.draft, report);
        self.draft.sample.valid = self.draft.known;
        &self.draft.sample
    }

    /// Several ticks; returns the sample of the last one.
    pub fn ticks(&mut self, count: usize) -> &Snapshot {
        for _ in 0..count {
            self.tick();
        }
        &self.draft.sample
    }
}

/// Figures of a sample, if their groups are known.
pub trait Known {
    fn known<T>(&self, groups: u64, figures: impl Fn(&Snapshot) -> T) -> Option<T>;
}

impl Known for Snapshot {
    fn known<T>(&self, groups: u64, figures: impl Fn(&Snapshot) -> T) -> Option<T> {
        self.has(groups).then(|| figures(self))
    }
}
