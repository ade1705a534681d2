//! The names of processes that were born and gone between two ticks.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use rstat_probe::{EXITED_ROWS, Exited, row};

use super::names::Names;
use super::records::Records;
use super::slot::comm;
use crate::usage::{Usage, UsageSink};

/// Ticks without such a process after which a name loses its row.
const FORGET_AFTER_TICKS: u32 = 64;
/// Rows that one tick checks for names to forget.
const FORGET_ROWS_PER_TICK: usize = 16;
/// The common name of the processes for which no row was left.
const OVERFLOW_NAME: [u8; 16] = *b"(others)\0\0\0\0\0\0\0\0";

/// The map `exited`, and the last reading of each row.
pub struct ExitedNames {
    rows: Records<Exited>,
    last: Box<[Last]>,
    tick: u32,
    /// The next row to check for forgetting.
    oldest: usize,
}

#[derive(Clone, Copy, Default)]
struct Last {
    busy_ns: u64,
    read_bytes: u64,
    write_bytes: u64,
    count: u64,
    tick: u32,
}

impl ExitedNames {
    pub fn new(rows: Records<Exited>) -> Self {
        let last = vec![Last::default(); rows.all().len()].into_boxed_slice();
        for (word, bytes) in rows.all()[EXITED_ROWS].comm.iter().zip(OVERFLOW_NAME.chunks(8)) {
            word.store(u64::from_le_bytes(bytes.try_into().expect("8 bytes")), Relaxed);
        }
        Self { rows, last, tick: 0, oldest: 0 }
    }

    /// Adds what the processes of each name used in all their lives to `sink`.
    pub fn read(
        &mut self,
        touched: &[AtomicU64],
        names: &mut Names<'_>,
        sink: &mut impl UsageSink,
    ) {
        self.tick = self.tick.wrapping_add(1);
        for (word_index, word) in touched.iter().enumerate() {
            if word.load(Relaxed) == 0 {
                continue;
            }
            // Acquire: the rows are at least as new as their bits. A later addition sets its bit
            // again.
            let mut bits = word.swap(0, AcqRel);
            while bits != 0 {
                let index = word_index * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let Some(row) = self.rows.all().get(index) else { continue };
                let mut usage = difference(&mut self.last[index], row, self.tick);
                usage.application = names.find(usage.comm, row.cgroup.load(Relaxed), 0, false);
                // A bit set while the row was being read shows up again, with nothing new.
                if usage.count > 0 {
                    sink.add(&usage);
                }
            }
        }
        self.forget();
    }

    /// Frees a few of the rows that were not used for long. A process that exits in this very
    /// moment may be counted to the row's next name.
    fn forget(&mut self) {
        for _ in 0..FORGET_ROWS_PER_TICK {
            let row = &self.rows.all()[self.oldest];
            let age = || self.tick.wrapping_sub(self.last[self.oldest].tick);
            if row.state.load(Acquire) == row::READY && age() > FORGET_AFTER_TICKS {
                row.state.store(row::FREE, Release);
            }
            self.oldest = (self.oldest + 1) % EXITED_ROWS;
        }
    }
}

fn difference(last: &mut Last, row: &Exited, tick: u32) -> Usage {
    // The probe counts a process last. The count is read first, so it is never ahead of the other
    // numbers. If the others are ahead, the next tick has the difference.
    let count = row.count.load(Acquire);
    if count == last.count {
        return Usage::default();
    }
    let now = Last {
        busy_ns: row.busy_ns.load(Relaxed),
        read_bytes: row.read_bytes.load(Relaxed),
        write_bytes: row.write_bytes.load(Relaxed),
        count,
        tick,
    };
    let usage = Usage {
        pid: 0,
        count: now.count.wrapping_sub(last.count) as u32,
        kernel_thread: false,
        comm: comm(&row.comm),
        busy_ns: now.busy_ns.wrapping_sub(last.busy_ns),
        rss_bytes: 0,
        read_bytes: now.read_bytes.wrapping_sub(last.read_bytes),
        write_bytes: now.write_bytes.wrapping_sub(last.write_bytes),
        ..Usage::default()
    };
    *last = now;
    usage
}
