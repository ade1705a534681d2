//! What all benchmark programs share: contenders measured in turns, and a table that
//! compares their figures with goals.
//!
//! On a machine with other work only figures of the same moments are comparable. So
//! contenders take turns, and a ratio is the median of the rounds' own ratios. A burst of
//! foreign load then hits both sides of some rounds, and leaves the median alone.

use std::time::Instant;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time, in nanoseconds.
    Nanoseconds,
    /// Memory or a file's size.
    Bytes,
    /// A share; 1 is the whole.
    Share,
    /// A number of events or things.
    Times,
}

impl Unit {
    /// Formats a figure for people: three significant digits and a suitable prefix.
    pub fn show(self, figure: f64) -> String {
        let (scale, name) = match self {
            Self::Nanoseconds if figure >= 1e9 => (1e-9, " s"),
            Self::Nanoseconds if figure >= 1e6 => (1e-6, " ms"),
            Self::Nanoseconds if figure >= 1e3 => (1e-3, " µs"),
            Self::Nanoseconds => (1.0, " ns"),
            Self::Bytes if figure >= 1024.0 * 1024.0 => (1.0 / 1024.0 / 1024.0, " MiB"),
            Self::Bytes if figure >= 1024.0 => (1.0 / 1024.0, " KiB"),
            Self::Bytes => (1.0, " B"),
            Self::Share => (100.0, " %"),
            Self::Times => (1.0, ""),
        };
        format!("{}{name}", significant(figure * scale))
    }
}

/// Formats three significant digits, without an exponent.
fn significant(figure: f64) -> String {
    if figure == 0.0 || !figure.is_finite() {
        return figure.to_string();
    }
    let magnitude = figure.abs().log10().floor() as i32;
    format!("{figure:.*}", (2 - magnitude).max(0) as usize)
}

/// The goal for a row's figure.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Our figure is at most this, in the row's unit.
    AtMost(f64),
    /// Our figure is at most the rival's, multiplied by this.
    Ratio(f64),
    /// Our figure is below the rival's.
    Ahead,
}

/// The rival that a row compares ours with.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    /// The rival's name.
    pub name: &'a str,
    /// The rival's figure, in the row's unit.
    pub figure: f64,
    /// Our figure divided by the rival's; see [`Rounds::ratio`].
    pub ratio: f64,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The measured operation.
    pub what: &'a str,
    /// The unit of the figures.
    pub unit: Unit,
    /// Our figure.
    pub ours: f64,
    /// The rival, if there is one.
    pub against: Option<Against<'a>>,
    /// The goal; `None` where the row only informs.
    pub goal: Option<Goal>,
}

impl Row<'_> {
    /// Whether the goal is met. A goal that needs a rival's figure is missed without a rival.
    pub fn is_met(&self) -> Option<bool> {
        let ratio = self.against.map_or(f64::INFINITY, |against| against.ratio);
        self.goal.map(|goal| match goal {
            Goal::AtMost(most) => self.ours <= most,
            Goal::Ratio(most) => ratio <= most,
            Goal::Ahead => ratio < 1.0,
        })
    }

    fn cells(&self) -> [String; 7] {
        let theirs = |show: fn(&Against, Unit) -> String| {
            self.against.map_or_else(|| "-".to_owned(), |against| show(&against, self.unit))
        };
        let goal = self.goal.map_or_else(
            || "-".to_owned(),
            |goal| match goal {
                Goal::AtMost(most) => format!("<= {}", self.unit.show(most)),
                Goal::Ratio(most) => format!("<= {} x", significant(most)),
                Goal::Ahead => "< 1 x".to_owned(),
            },
        );
        let verdict = self.is_met().map_or("-", |met| if met { "met" } else { "missed" });
        [
            self.what.to_owned(),
            self.unit.show(self.ours),
            theirs(|against, _| against.name.to_owned()),
            theirs(|against, unit| unit.show(against.figure)),
            theirs(|against, _| format!("{} x", significant(against.ratio))),
            goal,
            verdict.to_owned(),
        ]
    }
}

/// A table that prints each row as soon as it is measured, and counts missed goals.
pub struct Table {
    name: &'static str,
    rows: usize,
    missed: usize,
}

impl Table {
    /// Starts a program's table and prints its head.
    pub fn new(name: &'static str) -> Self {
        println!("{}", line(&["what", "ours", "against", "theirs", "ratio", "goal", ""]));
        Self { name, rows: 0, missed: 0 }
    }

    /// Prints a row and counts it.
    pub fn row(&mut self, row: &Row) {
        self.rows += 1;
        self.missed += usize::from(row.is_met() == Some(false));
        println!("{}", line(&row.cells().each_ref().map(String::as_str)));
    }

    /// Prints the number of rows and the number of missed goals.
    pub fn finish(self) {
        println!("{}: {} rows, {} missed", self.name, self.rows, self.missed);
    }
}

fn line(cells: &[&str; 7]) -> String {
    let [what, ours, against, theirs, ratio, goal, verdict] = cells;
    format!(
        "{what:<52} | {ours:>8} | {against:<24} | {theirs:>8} | {ratio:>8} | {goal:>11} | {verdict}"
    )
}

/// The figures of all contenders, round by round.
pub struct Rounds<const CONTENDERS: usize>(Vec<[f64; CONTENDERS]>);

/// Lets contenders take turns, `rounds` times. Each contender returns its figure. Every
/// round begins with another contender, so that none always follows the same rival.
pub fn interleave<const CONTENDERS: usize>(
    rounds: usize,
    mut contenders: [&mut dyn FnMut() -> f64; CONTENDERS],
) -> Rounds<CONTENDERS> {
    let measured = (0..rounds).map(|round| {
        let mut figures = [0.0; CONTENDERS];
        for turn in 0..CONTENDERS {
            let whose = (round + turn) % CONTENDERS;
            figures[whose] = contenders[whose]();
        }
        figures
    });
    Rounds(measured.collect())
}

impl<const CONTENDERS: usize> Rounds<CONTENDERS> {
    /// The median of one contender's figures.
    pub fn median(&self, whose: usize) -> f64 {
        median(self.0.iter().map(|figures| figures[whose]).collect())
    }

    /// The median of the rounds' ratios of one contender to another.
    pub fn ratio(&self, ours: usize, theirs: usize) -> f64 {
        median(self.0.iter().map(|figures| figures[ours] / figures[theirs]).collect())
    }

    /// The contender `theirs` as the rival of `ours` in a [`Row`].
    pub fn against<'a>(&self, ours: usize, theirs: usize, name: &'a str) -> Against<'a> {
        Against { name, figure: self.median(theirs), ratio: self.ratio(ours, theirs) }
    }
}

/// The middle figure, or the mean of the two in the middle. `figures` must not be empty.
pub fn median(figures: Vec<f64>) -> f64 {
    percentile(figures, 50.0)
}

/// The percentile of some figures: `percent` per cent of them lie below. Between two figures
/// the result is interpolated. `figures` must not be empty.
pub fn percentile(mut figures: Vec<f64>, percent: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let index = (figures.len() - 1) as f64 * percent / 100.0;
    let (below, above) = (figures[index.floor() as usize], figures[index.ceil() as usize]);
    below + (above - below) * index.fract()
}

/// The nanoseconds of one call, averaged over `times` calls in a row.
pub fn nanoseconds_each(times: u32, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..times {
        call();
    }
    start.elapsed().as_nanos() as f64 / f64::from(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_with_three_digits_in_a_unit_that_suits_them() {
        for (unit, figure, shown) in [
            (Unit::Nanoseconds, 4.567, "4.57 ns"),
            (Unit::Nanoseconds, 999.4, "999 ns"),
            (Unit::Nanoseconds, 12_345.0, "12.3 µs"),
            (Unit::Nanoseconds, 2.5e9, "2.50 s"),
            (Unit::Bytes, 1_572_864.0, "1.50 MiB"),
            (Unit::Share, 0.000_1, "0.0100 %"),
            (Unit::Times, 0.0, "0"),
            (Unit::Times, 1234.0, "1234"),
        ] {
            assert_eq!(unit.show(figure), shown);
        }
    }

    #[test]
    fn a_ratio_is_that_of_the_same_rounds() {
        // In one round the machine is ten times slower. The ratio of the medians would be 1 to 3.
        let mut fast = [1.0, 1.0, 10.0].into_iter();
        let mut slow = [2.0, 3.0, 20.0].into_iter();
        let rounds = interleave(3, [&mut || fast.next().unwrap(), &mut || slow.next().unwrap()]);
        assert_eq!((rounds.median(0), rounds.median(1)), (1.0, 3.0));
        assert_eq!(rounds.ratio(0, 1).to_string(), "0.5");
    }

    #[test]
    fn a_goal_is_met_at_its_bound_and_missed_beyond() {
        let met = |ours, ratio, goal| {
            let against = Some(Against { name: "them", figure: ours / ratio, ratio });
            let row = Row { what: "it", unit: Unit::Times, ours, against, goal: Some(goal) };
            row.is_met().unwrap()
        };
        assert!(met(5.0, 9.0, Goal::AtMost(5.0)) && !met(5.1, 0.1, Goal::AtMost(5.0)));
        assert!(met(9.0, 1.5, Goal::Ratio(1.5)) && !met(1.0, 1.6, Goal::Ratio(1.5)));
        assert!(met(9.0, 0.99, Goal::Ahead) && !met(9.0, 1.0, Goal::Ahead));
        let alone = Row { what: "it", unit: Unit::Times, ours: 1.0, against: None, goal: None };
        assert_eq!(alone.is_met(), None);
        assert_eq!(Row { goal: Some(Goal::Ahead), ..alone }.is_met(), Some(false));
    }

    #[test]
    fn percentiles_lie_between_neighbours() {
        let figures = vec![4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(figures.clone()).to_string(), "2.5");
        assert_eq!(percentile(figures.clone(), 0.0).to_string(), "1");
        assert_eq!(percentile(figures, 100.0).to_string(), "4");
    }
}
