//! What every benchmark program shares: contenders measured in turns, and the table
//! in which their figures are held against a goal.
//!
//! On a machine that does other things as well only figures of the same moments can be
//! compared. So contenders take turns, and a ratio is the median of the rounds' own
//! ratios: a burst of foreign load hits both sides of some rounds and no median.

use std::time::Instant;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time, in nanoseconds.
    Nanoseconds,
    /// Memory or a file's size.
    Bytes,
    /// A share: 1 is all of it.
    Share,
    /// How many times.
    Times,
}

impl Unit {
    /// A figure for people: three significant digits, in the multiple that suits it.
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

/// Three significant digits, without an exponent.
fn significant(figure: f64) -> String {
    if figure == 0.0 || !figure.is_finite() {
        return figure.to_string();
    }
    let magnitude = figure.abs().log10().floor() as i32;
    format!("{figure:.*}", (2 - magnitude).max(0) as usize)
}

/// What a row's figure has to be.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Ours is at most so much, in the row's unit.
    AtMost(f64),
    /// Ours is at most so many times theirs.
    Ratio(f64),
    /// Ours is less than theirs.
    Ahead,
}

/// Whom ours is held against.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    /// Who it is.
    pub name: &'a str,
    /// Theirs, in the row's unit.
    pub figure: f64,
    /// Ours by theirs; see [`Rounds::ratio`].
    pub ratio: f64,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What was measured.
    pub what: &'a str,
    /// What the figures count.
    pub unit: Unit,
    /// Ours.
    pub ours: f64,
    /// Theirs, if there is anybody.
    pub against: Option<Against<'a>>,
    /// What is to be reached; nothing where the row only informs.
    pub goal: Option<Goal>,
}

impl Row<'_> {
    /// Whether the goal is met. One that needs somebody else's figure is missed without it.
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

/// Rows as they are measured, each printed at once, and how many goals they missed.
pub struct Table {
    name: &'static str,
    rows: usize,
    missed: usize,
}

impl Table {
    /// Prints the head of a program's table.
    pub fn new(name: &'static str) -> Self {
        println!("{}", line(&["what", "ours", "against", "theirs", "ratio", "goal", ""]));
        Self { name, rows: 0, missed: 0 }
    }

    /// Prints a row.
    pub fn row(&mut self, row: &Row) {
        self.rows += 1;
        self.missed += usize::from(row.is_met() == Some(false));
        println!("{}", line(&row.cells().each_ref().map(String::as_str)));
    }

    /// Prints how many rows there were and how many missed their goal.
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

/// What contenders took, round by round.
pub struct Rounds<const CONTENDERS: usize>(Vec<[f64; CONTENDERS]>);

/// Lets contenders take turns, `rounds` times. Each returns its figure. Every round
/// begins with another one, so that none always comes after the same.
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

    /// One contender as another one's counterpart in a [`Row`].
    pub fn against<'a>(&self, ours: usize, theirs: usize, name: &'a str) -> Against<'a> {
        Against { name, figure: self.median(theirs), ratio: self.ratio(ours, theirs) }
    }
}

/// The middle of some figures, or between the two in the middle. There must be one.
pub fn median(figures: Vec<f64>) -> f64 {
    percentile(figures, 50.0)
}

/// The figure below which so many per cent of them are, between neighbours if need be.
/// There must be one.
pub fn percentile(mut figures: Vec<f64>, percent: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let place = (figures.len() - 1) as f64 * percent / 100.0;
    let (below, above) = (figures[place.floor() as usize], figures[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// Nanoseconds that one call takes, averaged over `times` calls in a row.
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
        // The machine is ten times slower in one round: medians of each would be 1 to 3.
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
