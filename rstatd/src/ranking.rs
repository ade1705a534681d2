//! Which processes used most: the top lists, filled in one pass.
//!
//! Nothing is allocated and nothing divided: a process is offered with what it
//! used, and the lists keep the few that used most.

use rstat_shm::snapshot::TOP_ROWS;

use crate::reading::Usage;

/// The top lists of one interval, and the sums over all processes.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// Most CPU time.
    pub cpu: Top,
    /// Most resident memory.
    pub memory: Top,
    /// Most bytes read and written.
    pub io: Top,
    /// Bytes that all processes read.
    pub read_bytes: u64,
    /// Bytes that all processes wrote.
    pub write_bytes: u64,
}

impl Ranking {
    /// Starts an interval.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes note of one process, or of all of one name that are gone.
    pub fn offer(&mut self, usage: &Usage) {
        self.read_bytes = self.read_bytes.wrapping_add(usage.read_bytes);
        self.write_bytes = self.write_bytes.wrapping_add(usage.write_bytes);
        self.cpu.offer(usage.busy_ns, usage);
        self.memory.offer(usage.rss_bytes, usage);
        self.io.offer(usage.read_bytes.saturating_add(usage.write_bytes), usage);
    }
}

/// The rows with the highest values, highest first; of equals, the first offered.
#[derive(Clone, Debug, Default)]
pub struct Top {
    values: [u64; TOP_ROWS],
    rows: [Usage; TOP_ROWS],
    count: usize,
}

impl Top {
    /// The rows, highest value first.
    pub fn rows(&self) -> &[Usage] {
        &self.rows[..self.count]
    }

    fn offer(&mut self, value: u64, usage: &Usage) {
        // Unused places have the value 0, so this also leaves out who used nothing.
        if value <= self.values[TOP_ROWS - 1] {
            return;
        }
        let place = self.values.partition_point(|other| *other >= value);
        self.values.copy_within(place..TOP_ROWS - 1, place + 1);
        self.rows.copy_within(place..TOP_ROWS - 1, place + 1);
        self.values[place] = value;
        self.rows[place] = *usage;
        self.count = TOP_ROWS.min(self.count + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(pid: u32, busy_ns: u64) -> Usage {
        Usage { pid, count: 1, busy_ns, ..Usage::default() }
    }

    #[test]
    fn the_highest_come_first_whatever_the_order_of_offers() {
        let check = |offers: &[u64], expected: &[u64]| {
            let mut ranking = Ranking::default();
            for (pid, busy_ns) in offers.iter().enumerate() {
                ranking.offer(&usage(pid as u32, *busy_ns));
            }
            let found: Vec<u64> = ranking.cpu.rows().iter().map(|row| row.busy_ns).collect();
            assert_eq!(found, expected, "{offers:?}");
        };
        check(&[], &[]);
        check(&[0, 0], &[]);
        check(&[3], &[3]);
        check(&[1, 2, 3, 4, 5, 6, 7], &[7, 6, 5, 4, 3]);
        check(&[7, 6, 5, 4, 3, 2, 1], &[7, 6, 5, 4, 3]);
        check(&[2, 9, 2, 9, 2, 0, 9, 5], &[9, 9, 9, 5, 2]);
        check(&[u64::MAX, 0, 1], &[u64::MAX, 1]);
    }

    #[test]
    fn of_equals_the_first_offered_stays_first() {
        let mut ranking = Ranking::default();
        for pid in 0..10 {
            ranking.offer(&usage(pid, 5));
        }
        let found: Vec<u32> = ranking.cpu.rows().iter().map(|row| row.pid).collect();
        assert_eq!(found, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_lists_are_independent_and_the_sums_count_everybody() {
        let mut ranking = Ranking::default();
        ranking.offer(&Usage { pid: 1, rss_bytes: 10, write_bytes: 1, ..Usage::default() });
        ranking.offer(&Usage { pid: 2, busy_ns: 10, read_bytes: 3, ..Usage::default() });
        assert_eq!(ranking.cpu.rows().len(), 1);
        assert_eq!(ranking.memory.rows()[0].pid, 1);
        assert_eq!(ranking.io.rows()[0].pid, 2);
        assert_eq!((ranking.read_bytes, ranking.write_bytes), (3, 1));
    }
}
