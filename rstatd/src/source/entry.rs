//! What a source is: its description in the table, and the trait that reads it.

use std::io;

use super::files::Root;
use crate::reading::Reading;

/// Something that fills in its part of a [`Reading`].
pub trait Source {
    /// Reads the current values. On an error the source's fields are cleared.
    fn read(&mut self, reading: &mut Reading) -> io::Result<()>;

    /// For `--check`: the files that are read and why these were chosen.
    fn origin(&self) -> String;
}

/// Looks for a source; the error says in one line what is missing.
pub type Discover = fn(&Root) -> Result<Box<dyn Source>, String>;

/// One row of the table of sources.
pub struct Entry {
    /// What it measures, as `--check` and `--bench` call it.
    pub name: &'static str,
    /// Shortest time between two readings; in between the last values stand.
    pub period_ms: u64,
    /// Looks for it.
    pub discover: Discover,
    /// Which devices it is about, as text to compare: when that is another one after
    /// an event, they are looked for anew.
    pub devices: fn(&Root) -> String,
    /// Copies its fields from the first reading into the second: from the one
    /// before to let them stand, from an empty one to clear them.
    pub copy: fn(&Reading, &mut Reading),
}

/// A source that has answered once, or what it said instead.
pub fn tried(mut source: impl Source + 'static) -> Result<Box<dyn Source>, String> {
    match source.read(&mut { Reading::EMPTY }) {
        Ok(()) => Ok(Box::new(source)),
        Err(error) => Err(error.to_string()),
    }
}
