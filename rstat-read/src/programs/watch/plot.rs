//! Plots of solid columns, in steps of an eighth of a line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// The steps of block characters, from an empty line to a full one.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The times that the columns of a plot stand for: the last one ends now.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    /// CLOCK_MONOTONIC of the latest sample.
    pub latest_ns: u64,
    /// Time between samples.
    pub period_ns: u64,
    /// Samples a column.
    pub samples: u64,
}

impl Timeline {
    /// The time of one column.
    pub fn step_ns(&self) -> u64 {
        self.period_ns.saturating_mul(self.samples).max(1)
    }

    /// The averages of known values in the last `width` columns, oldest first. `points` have
    /// times and come newest first.
    pub fn columns(
        &self,
        width: usize,
        points: impl Iterator<Item = (u64, Option<u64>)>,
    ) -> Vec<Option<u64>> {
        let step_ns = self.step_ns();
        // Columns of one sample are rounded, so that jitter leaves no gap. Columns of several
        // begin at fixed times, so that they do not tremble.
        let shift_ns =
            if self.samples == 1 { step_ns / 2 } else { step_ns - 1 - self.latest_ns % step_ns };
        let mut sums = vec![(0_u128, 0_u128); width];
        for (time_ns, value) in points {
            let back = self.latest_ns.saturating_sub(time_ns).saturating_add(shift_ns) / step_ns;
            let Some(column) = (width as u64).checked_sub(back + 1) else {
                break;
            };
            if let Some(value) = value {
                let (sum, count) = &mut sums[column as usize];
                *sum += u128::from(value);
                *count += 1;
            }
        }
        sums.into_iter()
            .map(|(sum, count)| sum.checked_div(count).map(|mean| mean as u64))
            .collect()
    }
}

/// The direction that columns grow in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the lower edge.
    Up,
    /// From the upper edge.
    Down,
}

/// Draws columns into all of `area`; a value of `full` fills the height. `colour` is the
/// colour of a line by the share of `full` at its upper end. Unknown values stay empty.
pub fn area(
    buffer: &mut Buffer,
    area: Rect,
    columns: &[Option<u64>],
    full: u64,
    direction: Direction,
    colour: impl Fn(f64) -> Color,
) {
    let eighths_high = u128::from(area.height) * 8;
    for (x, value) in (area.left()..area.right()).zip(columns) {
        let Some(value) = value else {
            continue;
        };
        let full = u128::from(full.max(1));
        let filled = (u128::from(*value).min(full) * eighths_high + full / 2) / full;
        // A known zero is a line, an unknown value is none.
        let filled = filled.max(1) as usize;
        for line in 0..area.height {
            let eighths = filled.saturating_sub(usize::from(line) * 8).min(8);
            if eighths == 0 {
                break;
            }
            let style = Style::new().fg(colour(f64::from(line + 1) / f64::from(area.height)));
            let (y, symbol, style) = match direction {
                Direction::Up => (area.bottom() - 1 - line, EIGHTHS[eighths], style),
                // There are no blocks that hang from above: the rest of the cell is drawn in
                // reverse.
                Direction::Down if eighths < 8 => {
                    let style = style.add_modifier(Modifier::REVERSED);
                    (area.top() + line, EIGHTHS[8 - eighths], style)
                }
                Direction::Down => (area.top() + line, EIGHTHS[8], style),
            };
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }
}

/// The block for a value between nothing and `full`; never quite empty.
pub fn block(value: u64, full: u64) -> &'static str {
    let full = u128::from(full.max(1));
    EIGHTHS[((u128::from(value).min(full) * 8 + full / 2) / full).max(1) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn drawn(values: &[Option<u64>], height: u16, direction: Direction) -> Vec<String> {
        let place = Rect::new(0, 0, values.len() as u16, height);
        let mut buffer = Buffer::empty(place);
        area(&mut buffer, place, values, 100, direction, |_| Color::Green);
        let line = |y| (0..place.width).map(|x| buffer[(x, y)].symbol()).collect();
        (0..height).map(line).collect()
    }

    #[test]
    fn columns_are_as_high_as_their_values() {
        let values = [Some(0), None, Some(50), Some(75), Some(100), Some(1_000)];
        assert_eq!(drawn(&values, 1, Direction::Up), ["▁ ▄▆██"]);
        assert_eq!(drawn(&values, 2, Direction::Up), ["   ▄██", "▁ ████"]);
        assert_eq!(drawn(&values, 2, Direction::Down), ["▇ ████", "   ▄██"]);
    }

    #[test]
    fn a_column_is_the_mean_of_its_samples_and_a_pause_is_a_gap() {
        let check = |samples, times: &[(u64, u64)], expected: &[Option<u64>]| {
            let timeline = Timeline { latest_ns: 100 * SECOND, period_ns: SECOND, samples };
            let points = times.iter().map(|&(back, value)| ((100 - back) * SECOND, Some(value)));
            assert_eq!(timeline.columns(expected.len(), points), expected);
        };
        check(1, &[(0, 4), (1, 6), (3, 8)], &[Some(8), None, Some(6), Some(4)]);
        check(2, &[(0, 4), (1, 6), (2, 8), (3, 2)], &[Some(2), Some(7), Some(4)]);
        check(1, &[], &[None, None]);
        check(1, &[(0, 1), (99, 5)], &[None, Some(1)]);
    }

    #[test]
    fn jitter_leaves_no_gap() {
        let timeline = Timeline { latest_ns: 10 * SECOND, period_ns: SECOND, samples: 1 };
        let times = [10 * SECOND, 9 * SECOND + 40_000_000, 8 * SECOND - 40_000_000];
        let points = times.map(|time_ns| (time_ns, Some(7)));
        assert_eq!(timeline.columns(3, points.into_iter()), [Some(7); 3]);
    }
}
