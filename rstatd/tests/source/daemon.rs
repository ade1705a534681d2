//! A daemon's ticks, without the daemon.

use std::mem;

use rstatd::reading::Reading;
use rstatd::source::{Event, Sources};

use crate::tree::Tree;

pub const SECOND_NS: u64 = 1_000_000_000;

/// Ticks of a second each, as the daemon makes them.
pub struct Daemon {
    /// What it found.
    pub sources: Sources,
    /// Two that take turns.
    reading: Reading,
    previous: Reading,
    seconds: u64,
    /// What it reported.
    pub events: Vec<String>,
}

impl Daemon {
    /// Finds the sources.
    pub fn start(tree: &Tree) -> Self {
        let sources = Sources::discover(&tree.root());
        let (reading, previous) = (Reading::EMPTY, Reading::EMPTY);
        Self { sources, reading, previous, seconds: 100, events: Vec::new() }
    }

    /// One tick.
    pub fn tick(&mut self) -> &Reading {
        self.seconds += 1;
        mem::swap(&mut self.reading, &mut self.previous);
        self.reading.monotonic_ns = self.seconds * SECOND_NS;
        let events = &mut self.events;
        let report = &mut |event: Event<'_>| events.push(event.to_string());
        self.sources.read_due(&mut self.reading, &self.previous, report);
        &self.reading
    }

    /// So many, and what the last one read.
    pub fn ticks(&mut self, count: usize) -> &Reading {
        for _ in 0..count {
            self.tick();
        }
        &self.reading
    }
}
