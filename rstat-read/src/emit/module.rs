//! What a module of a bar shows: text, tooltip, classes and the like, from one
//! report after the other. How a bar is told is its output's business: JSON lines
//! for a program, widgets for a plugin.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use crate::emit::level::{Level, Levels};
use crate::emit::markup::Markup;
use crate::emit::module_options::Options;
use crate::emit::quantity::{degrees, percent};
use crate::emit::steady::Steady;
use crate::emit::text::{FIGURE_SPACE, UNKNOWN, right};
use crate::emit::tooltip::{Look, tooltip};
use crate::report::{Report, State};

/// Bytes that a tooltip with long lists takes, so that its buffer need not grow.
const TOOLTIP_BYTES: usize = 8 << 10;
/// More classes than a module ever has.
const CLASSES: usize = 16;
/// Columns of the figures in the bar.
const PERCENT_COLUMNS: usize = 3;
const DEGREE_COLUMNS: usize = 2;
/// For how long the figures of a daemon that has gone may stand for those that
/// its successor does not have in its first sample.
const HOLD_NS: u64 = 10_000_000_000;

/// What a module shows at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// What stands in the bar; empty hides the module.
    pub text: String,
    /// A word for the state, unless another was asked for.
    pub alt: String,
    /// What is shown to who points at it.
    pub tooltip: String,
    /// CSS classes: the state, then which figures are to blame.
    pub classes: Vec<&'static str>,
    /// 0 to 100; nothing while it is not known.
    pub percentage: Option<u8>,
}

/// A module and what it has to remember: levels, and figures that only tremble.
pub struct Module {
    options: Options,
    steady: Steady,
    levels: Levels,
    hidden: bool,
    /// The daemon whose sample was shown last.
    instance: Option<u64>,
    /// The sample that was passed over as its daemon's first.
    passed_over: Option<(u64, u64)>,
    appearance: Appearance,
}

impl Module {
    /// Nothing shown yet.
    pub fn new(options: Options) -> Self {
        let appearance = Appearance {
            tooltip: String::with_capacity(TOOLTIP_BYTES),
            classes: Vec::with_capacity(CLASSES),
            ..Appearance::default()
        };
        Self {
            options,
            steady: Steady::new(),
            levels: Levels::default(),
            hidden: false,
            instance: None,
            passed_over: None,
            appearance,
        }
    }

    /// How its tooltip looks from the next report on.
    pub fn look(&mut self) -> &mut Look {
        &mut self.options.look
    }

    /// What to show for a report.
    pub fn show(&mut self, report: &Report) -> &Appearance {
        // Writing to a string cannot fail, and none of our values does.
        let _ = self.write(report);
        &self.appearance
    }

    fn write(&mut self, report: &Report) -> fmt::Result {
        // An old sample has no level, and says nothing about the next one's.
        let fresh = report.state == State::Fresh;
        let sample = match report.sample {
            Some(sample) if fresh && self.is_passed_over(sample) => {
                if self.steady.age_ns(sample) > HOLD_NS {
                    return Ok(());
                }
                Some(self.steady.shown())
            }
            Some(sample) => {
                self.instance = Some(sample.instance);
                Some(self.steady.settle(sample))
            }
            None => None,
        };
        let Options { thresholds, quiet, look, .. } = &self.options;
        self.levels = match sample {
            Some(sample) if fresh => self.levels.next(sample, thresholds),
            _ => Levels::default(),
        };
        let gravest = self.levels.gravest(thresholds);
        let state = match report.state {
            State::Fresh => gravest.name(),
            State::Stale => "stale",
            State::Starting | State::Stopped | State::Absent | State::Refused => "offline",
        };

        let Appearance { text, alt, tooltip: page, classes, percentage } = &mut self.appearance;
        page.clear();
        tooltip(page, report, sample, self.levels, look)?;
        classes.clear();
        classes.push(state);
        classes.extend(self.levels.classes(thresholds));
        alt.clear();
        alt.push_str(state);
        text.clear();
        *percentage = None;
        match sample.filter(|_| fresh) {
            Some(sample) => {
                self.hidden = gravest == Level::Ok && quiet.holds(sample, self.hidden);
                if sample.has(valid::CPU) {
                    *percentage = Some(percent(sample.cpu_busy_ppm).min(100) as u8);
                }
                if !self.hidden {
                    write!(text, "{}", Figures(sample))?;
                }
            }
            None => text.push_str(word(report.state)),
        }
        if !text.is_empty() {
            pad(text, self.options.width, look.ink.markup);
        }
        Ok(())
    }

    /// A daemon's first sample has no rates, the share of the CPU among them. That
    /// a daemon was restarted is nobody's business: not for a moment does the bar
    /// lose its figures if there were some.
    fn is_passed_over(&mut self, sample: &Snapshot) -> bool {
        let number = (sample.instance, sample.sequence);
        let again = self.passed_over == Some(number);
        let is_first = self.instance.is_some_and(|instance| instance != sample.instance)
            && self.passed_over.is_none_or(|(instance, _)| instance != sample.instance);
        let had_figures = self.steady.shown().has(valid::CPU);
        let passed_over = had_figures && !sample.has(valid::CPU) && (again || is_first);
        self.passed_over = passed_over.then_some(number).or(self.passed_over);
        passed_over
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Fresh => "",
        State::Stale => "stale",
        State::Starting => "…",
        State::Stopped | State::Absent | State::Refused => "rstat off",
    }
}

/// Fills up to so many columns, with spaces as wide as digits before the text.
fn pad(out: &mut String, width: usize, markup: Markup) {
    let columns = markup.columns(out);
    for _ in columns..width {
        out.insert(0, FIGURE_SPACE);
    }
}

/// The text in the bar unless another is asked for: ` 23% 54°`.
struct Figures<'a>(&'a Snapshot);

impl Display for Figures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.has(valid::CPU) {
            right(f, PERCENT_COLUMNS, FIGURE_SPACE, percent(self.0.cpu_busy_ppm))?;
        } else {
            right(f, PERCENT_COLUMNS, FIGURE_SPACE, UNKNOWN)?;
        }
        f.write_str("%")?;
        if self.0.has(valid::CPU_TEMPERATURE) {
            f.write_str(" ")?;
            right(f, DEGREE_COLUMNS, FIGURE_SPACE, degrees(self.0.cpu_temperature_mc))?;
            f.write_str("°")?;
        }
        Ok(())
    }
}
