//! The processes that ended in an interval, a row for each name; kernel threads apart.

use crate::name_index::NameIndex;
use crate::usage::Usage;

/// The most names of processes that ended in one interval.
pub const GONE_NAMES: usize = 512;

/// The processes that ended in the interval, a row for each name.
#[derive(Debug)]
pub struct Gone {
    /// The rows, with room for all: untouched memory costs nothing.
    rows: Vec<Usage>,
    index: NameIndex,
}

impl Default for Gone {
    fn default() -> Self {
        Self {
            rows: Vec::with_capacity(GONE_NAMES),
            index: NameIndex::with_room_for(GONE_NAMES as u16),
        }
    }
}

impl Gone {
    /// Starts an interval.
    pub fn clear(&mut self) {
        if !self.rows.is_empty() {
            self.index.clear();
            self.rows.clear();
        }
    }

    /// The rows, in the order of the first process of each name.
    pub fn rows(&self) -> &[Usage] {
        &self.rows
    }

    /// Adds a process to the row of its name. Returns false if there is no row left.
    pub fn add(&mut self, usage: &Usage) -> bool {
        let found = self.index.find(&usage.comm.0, |row| {
            let row = &self.rows[row];
            (row.comm, row.kernel_thread) == (usage.comm, usage.kernel_thread)
        });
        match found {
            Ok(row) => self.rows[row].absorb(usage),
            Err(_) if self.rows.len() == GONE_NAMES => return false,
            Err(place) => {
                self.index.set(place, self.rows.len() as u16);
                self.rows.push(*usage);
            }
        }
        true
    }
}
