//! The processes that ended in an interval, a row for each name; kernel threads apart.

use crate::usage::Usage;

/// The most names of processes that ended in one interval.
pub const GONE_NAMES: usize = 512;
/// Places to find them by: a power of two, and twice as many.
const GONE_PLACES: usize = 2 * GONE_NAMES;

/// The processes that ended in the interval, a row for each name.
#[derive(Debug)]
pub struct Gone {
    /// With room for all: untouched memory costs nothing.
    rows: Vec<Usage>,
    /// Open addressing by name; 0 is empty, else a row plus 1.
    places: Box<[u16]>,
}

impl Default for Gone {
    fn default() -> Self {
        Self {
            rows: Vec::with_capacity(GONE_NAMES),
            places: vec![0; GONE_PLACES].into_boxed_slice(),
        }
    }
}

impl Gone {
    /// Starts an interval.
    pub fn clear(&mut self) {
        if !self.rows.is_empty() {
            self.places.fill(0);
            self.rows.clear();
        }
    }

    /// The rows, in the order of the first process of each name.
    pub fn rows(&self) -> &[Usage] {
        &self.rows
    }

    /// Adds to the row of the name; false if there is no row left.
    pub fn add(&mut self, usage: &Usage) -> bool {
        let (low, high) = usage.comm.0.split_at(8);
        let word = |half: &[u8]| u64::from_le_bytes(half.try_into().expect("8 bytes"));
        // 2^64 / golden ratio spreads the names over the places.
        let hash = (word(low) ^ word(high).rotate_left(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut place = (hash >> 32) as usize % GONE_PLACES;
        while let Some(row) = self.places[place].checked_sub(1) {
            let row = &mut self.rows[usize::from(row)];
            if (row.comm, row.kernel_thread) == (usage.comm, usage.kernel_thread) {
                row.absorb(usage);
                return true;
            }
            place = (place + 1) % GONE_PLACES;
        }
        if self.rows.len() == GONE_NAMES {
            return false;
        }
        self.rows.push(*usage);
        self.places[place] = self.rows.len() as u16;
        true
    }
}
