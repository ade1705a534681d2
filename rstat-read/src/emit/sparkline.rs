//! A curve of block characters from the history.

use std::fmt::{self, Write};
use std::ops::Range;

use rstat_shm::snapshot::HistoryPoint;

/// Columns of a curve.
pub const COLUMNS: usize = 24;

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The block for a value between nothing and `full`.
pub fn block(value: u64, full: u64) -> char {
    let last = LEVELS.len() as u128 - 1;
    let (value, full) = (u128::from(value.min(full)), u128::from(full.max(1)));
    LEVELS[((value * last + full / 2) / full) as usize]
}

/// The averages of one quantity over the last [`COLUMNS`] steps of time.
pub struct Curve([Option<u64>; COLUMNS]);

impl Curve {
    /// Columns `step_ns` wide that end with the latest point. A column in which
    /// nothing was sampled, or nothing was known, stays empty: that is a gap.
    pub fn new(
        history: &[HistoryPoint],
        step_ns: u64,
        value: impl Fn(&HistoryPoint) -> Option<u64>,
    ) -> Self {
        let latest_ns = history.last().map_or(0, |point| point.monotonic_ns);
        let mut columns = [None; COLUMNS];
        // Points are in the order of time, so those of a column lie together.
        let mut end = history.len();
        for back in 0..COLUMNS {
            let points = column(history, end, latest_ns, step_ns, back);
            end = points.start;
            let known = || history[points.clone()].iter().filter_map(&value);
            let sum: u128 = known().map(u128::from).sum();
            columns[COLUMNS - 1 - back] =
                sum.checked_div(known().count() as u128).map(|mean| mean as u64);
        }
        Self(columns)
    }

    /// The highest column.
    pub fn highest(&self) -> Option<u64> {
        self.0.iter().flatten().max().copied()
    }

    /// Writes the curve; a column of `full` is a full block.
    pub fn write(&self, out: &mut impl Write, full: u64) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|column| out.write_char(column.map_or(' ', |value| block(value, full))))
    }
}

/// The points before `end` that lie `back` steps before the latest, to the
/// nearest step: so samples that come a little early or late leave no gap.
fn column(
    history: &[HistoryPoint],
    end: usize,
    latest_ns: u64,
    step_ns: u64,
    back: usize,
) -> Range<usize> {
    let oldest_ns = (back as u64).saturating_mul(step_ns).saturating_add(step_ns / 2);
    let inside =
        |point: &&HistoryPoint| latest_ns.saturating_sub(point.monotonic_ns) < oldest_ns.max(1);
    let count = history[..end].iter().rev().take_while(inside).count();
    end - count..end
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn drawn(points: &[(u64, u32)]) -> String {
        let history: Vec<_> = points
            .iter()
            .map(|&(monotonic_ns, cpu_busy_ppm)| HistoryPoint {
                monotonic_ns,
                cpu_busy_ppm,
                ..HistoryPoint::default()
            })
            .collect();
        let curve = Curve::new(&history, SECOND, |point| Some(point.cpu_busy_ppm.into()));
        let mut out = String::new();
        curve.write(&mut out, 1_000_000).unwrap();
        assert_eq!(out.chars().count(), COLUMNS);
        out.trim_start().to_owned()
    }

    #[test]
    fn each_second_has_its_column() {
        assert_eq!(drawn(&[]), "");
        assert_eq!(drawn(&[(9 * SECOND, 0)]), "▁");
        assert_eq!(drawn(&[(8 * SECOND, 1_000_000), (9 * SECOND, 500_000)]), "█▅");
    }

    #[test]
    fn jitter_leaves_no_gap_and_a_pause_does() {
        let late = 40_000_000;
        assert_eq!(drawn(&[(SECOND, 0), (2 * SECOND + late, 0), (3 * SECOND, 0)]), "▁▁▁");
        assert_eq!(drawn(&[(SECOND, 0), (4 * SECOND, 0)]), "▁  ▁");
    }

    #[test]
    fn faster_samples_are_averaged() {
        let half = SECOND / 2;
        let points = [(8 * half, 0), (9 * half, 1_000_000), (10 * half, 0)];
        assert_eq!(drawn(&points), "▅▁");
    }

    #[test]
    fn a_clock_that_went_back_does_no_harm() {
        assert_eq!(drawn(&[(u64::MAX, 0), (0, 1_000_000)]).chars().last(), Some('▅'));
    }
}
