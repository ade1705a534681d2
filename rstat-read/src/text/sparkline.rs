//! A curve of block characters from the history.

use std::fmt::{self, Write};
use std::time::Duration;

use rstat_shm::snapshot::HistoryPoint;

/// Columns of a curve.
pub const COLUMNS: usize = 20;
/// A point stands for the time since the point before, and half a period more: a sample
/// that comes a little late leaves no gap.
const COVER_HALF_PERIODS: u64 = 3;

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The block for a value between nothing and `full`.
pub fn block(value: u64, full: u64) -> char {
    let last = LEVELS.len() as u128 - 1;
    let (value, full) = (u128::from(value.min(full)), u128::from(full.max(1)));
    LEVELS[((value * last + full / 2) / full) as usize]
}

/// The scale of a curve: the width of columns, and the distance of points. Columns begin at
/// fixed times, so a complete column moves to the left and changes no more.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    step_ns: u64,
    period_ns: u64,
}

impl Scale {
    /// Columns that together show `span`, each as wide as a period at least.
    pub fn new(span: Duration, period_ns: u64) -> Self {
        let span_ns = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let step_ns = (span_ns / COLUMNS as u64).max(period_ns).max(1);
        Self { step_ns, period_ns }
    }

    /// The time before a point that the point stands for.
    fn cover_ns(self) -> u64 {
        self.period_ns.saturating_mul(COVER_HALF_PERIODS) / 2
    }
}

/// The averages of one quantity over the last [`COLUMNS`] steps of time.
pub struct Curve([Option<u64>; COLUMNS]);

impl Curve {
    /// The curve that ends with the latest point. A column without a sample, or without a
    /// known value, is a gap.
    pub fn new(
        history: &[HistoryPoint],
        scale: Scale,
        value: impl Fn(&HistoryPoint) -> Option<u64>,
    ) -> Self {
        let last = history.last().map_or(0, |point| point.monotonic_ns / scale.step_ns);
        let mut sums = [(0_u128, 0_u128); COLUMNS];
        let mut columns = [None; COLUMNS];
        let column = |step| {
            let back = usize::try_from(last.saturating_sub(step)).ok()?;
            (COLUMNS - 1).checked_sub(back)
        };
        for point in history {
            let (Some(value), Some(at)) =
                (value(point), column(point.monotonic_ns / scale.step_ns))
            else {
                continue;
            };
            // A column without a point of its own has the next point that covers its beginning.
            let covered_ns = point.monotonic_ns.saturating_sub(scale.cover_ns());
            let first = column(covered_ns.div_ceil(scale.step_ns)).unwrap_or(0);
            for empty in &mut columns[first.min(at)..at] {
                *empty = empty.or(Some(value));
            }
            let (sum, count) = &mut sums[at];
            (*sum, *count) = (*sum + u128::from(value), *count + 1);
            columns[at] = sum.checked_div(*count).map(|mean| mean as u64);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn drawn(step_ns: u64, points: &[(u64, u32)]) -> String {
        let history: Vec<_> = points
            .iter()
            .map(|&(monotonic_ns, cpu_busy_ppm)| HistoryPoint {
                monotonic_ns,
                cpu_busy_ppm,
                ..HistoryPoint::default()
            })
            .collect();
        let scale = Scale::new(Duration::from_nanos(step_ns * COLUMNS as u64), SECOND);
        let curve = Curve::new(&history, scale, |point| Some(point.cpu_busy_ppm.into()));
        let mut out = String::new();
        curve.write(&mut out, 1_000_000).unwrap();
        assert_eq!(out.chars().count(), COLUMNS);
        out.trim_start().to_owned()
    }

    #[test]
    fn each_second_has_its_column() {
        assert_eq!(drawn(SECOND, &[]), "");
        assert_eq!(drawn(5 * SECOND, &[(9 * SECOND, 0)]), "▁");
        let points: Vec<_> = (5..10).map(|at| (at * SECOND, at as u32 * 100_000)).collect();
        assert_eq!(drawn(SECOND, &points), "▅▅▅▆▇▇");
    }

    #[test]
    fn jitter_leaves_no_gap_and_a_pause_does() {
        let late = 40_000_000;
        let early = |at| at * SECOND - late;
        // Two points in a second and none in the next.
        let points = [(early(31), 0), (early(32) + 2 * late, 0), (early(34), 0), (34 * SECOND, 0)];
        assert_eq!(drawn(SECOND, &points).trim_end().matches(' ').count(), 0);
        assert_eq!(drawn(SECOND, &[(30 * SECOND, 0), (34 * SECOND, 0)]), "▁▁  ▁▁");
    }

    #[test]
    fn points_of_a_column_are_averaged_and_a_complete_one_stands() {
        let mut points: Vec<_> =
            (100..110).map(|at| (at * SECOND, if at < 105 { 1_000_000 } else { 0 })).collect();
        assert_eq!(drawn(5 * SECOND, &points), "█▁");
        points.push((110 * SECOND, 1_000_000));
        assert_eq!(drawn(5 * SECOND, &points), "█▁█");
        points.push((111 * SECOND, 0));
        assert_eq!(drawn(5 * SECOND, &points), "█▁▅");
    }

    #[test]
    fn a_column_is_never_narrower_than_a_period() {
        let points: Vec<_> = (100..104).map(|at| (at * SECOND, 0)).collect();
        assert!(drawn(1, &points).chars().all(|block| block == '▁'));
    }

    #[test]
    fn a_clock_that_went_back_does_no_harm() {
        assert!(drawn(SECOND, &[(u64::MAX, 0), (0, 1_000_000)]).ends_with('▅'));
    }
}
