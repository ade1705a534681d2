//! What a source is: its description in the table, and the trait that reads it.

use std::io;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::MAX_CORES;

use super::files::Root;

/// A sample in the making, kept from tick to tick: a field that no source writes keeps its value.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The sample, in which sources write their own fields but no validity bit.
    pub sample: Snapshot,
    /// The groups that are known by their sources. A figure that depends on two sources may be
    /// unknown all the same: see [`derive`](crate::sampler::derive).
    pub known: u64,
    /// Frequency of each CPU, by CPU number; 0 where the frequency is unknown. No reader sees these
    /// frequencies.
    pub cpu_khz: [u32; MAX_CORES],
}

impl Draft {
    /// A draft in which nothing is known.
    pub const EMPTY: Self = Self { sample: Snapshot::EMPTY, known: 0, cpu_khz: [0; MAX_CORES] };

    /// Notes which of an entry's groups are known after a reading: none after an error.
    pub fn settle(&mut self, groups: u64, reading: &io::Result<u64>) {
        let known = *reading.as_ref().unwrap_or(&0);
        debug_assert_eq!(known & !groups, 0, "groups of another entry");
        self.known = self.known & !groups | known;
    }
}

/// Something that fills in its part of a sample.
pub trait Source {
    /// Reads the current values at the time `now_ns`, which is 0 outside of ticks. Reads and
    /// computes first and writes last, so that an error leaves nothing half new. Returns the groups
    /// that are known now: some or all groups of the entry.
    fn read(&mut self, now_ns: u64, draft: &mut Draft) -> io::Result<u64>;

    /// Forgets the source's counters, after a suspend or an error. The next reading then knows no
    /// rate.
    fn forget(&mut self) {}

    /// For `--check`: the files that are read and why these were chosen.
    fn origin(&self) -> String;
}

/// Looks for a source; the error says in one line what is missing.
pub type Discover = fn(&Root) -> Result<Box<dyn Source>, String>;

/// Directories and the files or links in them. In both, `*` is any text of a name.
pub type Files = &'static [(&'static str, &'static [&'static str])];

/// One row of the table of sources.
pub struct Entry {
    /// The name in `--check` and `--bench`: what the source measures.
    pub name: &'static str,
    /// The groups of fields that the source fills in, bits of [`rstat_shm::snapshot::valid`].
    pub groups: u64,
    /// The shortest time between two readings, in which the last values stay.
    pub period_ms: u64,
    /// Looks for the source.
    pub discover: Discover,
    /// The devices that the source reads, as text to compare. When the text differs after an event,
    /// the daemon looks for the source anew.
    pub devices: fn(&Root) -> String,
    /// The files that the source reads: `--record` copies them.
    pub files: Files,
    /// The sentence of `--check`: `{name}` is a field's value, and a part in brackets is left out
    /// when one of its fields is unknown.
    pub check: &'static str,
}

/// Writes a figure, if it is known. Returns its validity bit, or 0 for an unknown figure.
pub fn put<T, B: Default>(place: &mut T, value: Option<T>, bit: B) -> B {
    let Some(value) = value else { return B::default() };
    *place = value;
    bit
}

/// The devices of a source that has no devices.
pub fn no_devices(_: &Root) -> String {
    String::new()
}

/// A source that has answered once, or its error. The answer goes into a draft of its own: a rate
/// over the microseconds until the first tick would mean nothing.
pub fn tried(mut source: impl Source + 'static) -> Result<Box<dyn Source>, String> {
    match source.read(0, &mut { Draft::EMPTY }) {
        Ok(_) => Ok(Box::new(source)),
        Err(error) => Err(error.to_string()),
    }
}
