//! The appearance of a bar's module: text, tooltip, classes and the like, which follows from one
//! report after the other. Outputs bring the appearance to a bar: as JSON lines, or as widgets of a
//! plugin.

use std::fmt::{self, Write};
use std::mem;

use rstat_shm::Snapshot;
use rstat_shm::fields::{Unit, Value};
use rstat_shm::snapshot::valid;

use crate::figures::hysteresis::Hysteresis;
use crate::figures::level::Level;
use crate::figures::levels::Levels;
use crate::figures::quantity::{degrees, percent};
use crate::figures::template::{Escape, Rendering};
use crate::figures::throttled::Throttled;
use crate::module::look::Look;
use crate::module::options::{ICON, ModuleOptions};
use crate::module::tooltip::{Alerts, tooltip};
use crate::report::{Freshness, Report};
use crate::text::columns::{FIGURE_SPACE, UNKNOWN, right};
use crate::text::markup::Markup;

/// The size of a tooltip's buffer, so that long lists need no larger one.
const TOOLTIP_BYTES: usize = 8 << 10;
/// More classes than a module ever has.
const CLASSES: usize = 16;
/// Columns of the figures in the bar.
const PERCENT_COLUMNS: usize = 3;
const DEGREE_COLUMNS: usize = 2;
/// How long the figures of a stopped daemon may replace those that the first sample of its
/// successor lacks.
const HOLD_NS: u64 = 10_000_000_000;

/// The appearance of a module at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// The text in the bar; empty text hides the module.
    pub text: String,
    /// A word for the state, unless the user wants another text.
    pub alt: String,
    /// The text for a pointer above the module.
    pub tooltip: String,
    /// CSS classes: the state, then the figures with a level.
    pub classes: Vec<&'static str>,
    /// 0 to 100; `None` while the figure is unknown.
    pub percentage: Option<u8>,
}

/// A module that remembers levels and the last shown figures.
pub struct Module {
    options: ModuleOptions,
    hysteresis: Hysteresis,
    alerts: Alerts,
    hidden: bool,
    /// The daemon of the last shown sample.
    instance: Option<u64>,
    /// The first sample of a daemon, which the module passed over.
    passed_over: Option<(u64, u64)>,
    /// The page, if the tooltip has other text, too.
    page: String,
    appearance: Appearance,
    /// The appearance before, and room for the next one.
    before: Appearance,
}

impl Module {
    /// A module that has shown nothing yet.
    pub fn new(options: ModuleOptions) -> Self {
        let [appearance, before] = [(); 2].map(|()| Appearance {
            tooltip: String::with_capacity(TOOLTIP_BYTES),
            classes: Vec::with_capacity(CLASSES),
            ..Appearance::default()
        });
        let levels = Levels::new(&options.thresholds);
        let alerts = Alerts { levels, throttled: Throttled::default() };
        Self {
            options,
            hysteresis: Hysteresis::new(),
            alerts,
            // No daemon was there before, so the module shows the first sample as it is.
            hidden: true,
            instance: None,
            passed_over: None,
            page: String::new(),
            appearance,
            before,
        }
    }

    /// The look of the tooltip, from the next report on.
    pub fn look(&mut self) -> &mut Look {
        &mut self.options.look
    }

    /// The appearance for a report.
    pub fn show(&mut self, report: &Report) -> &Appearance {
        self.next(report);
        &self.appearance
    }

    /// The appearance for a report, if it differs from the one before.
    pub fn next(&mut self, report: &Report) -> Option<&Appearance> {
        let fresh = report.state == Freshness::Fresh;
        let is_passed_over =
            report.sample.is_some_and(|sample| fresh && self.is_passed_over(sample));
        if is_passed_over && report.sample.is_some_and(|it| self.hysteresis.age_ns(it) > HOLD_NS) {
            return None;
        }
        mem::swap(&mut self.appearance, &mut self.before);
        // Writing to a string cannot fail, and none of our values does.
        let _ = self.write(report, is_passed_over);
        (self.appearance != self.before).then_some(&self.appearance)
    }

    fn write(&mut self, report: &Report, is_passed_over: bool) -> fmt::Result {
        // An old sample has no level, and no influence on the next sample's.
        let fresh = report.state == Freshness::Fresh;
        let sample = match report.sample {
            Some(_) if is_passed_over => Some(self.hysteresis.shown()),
            Some(sample) => {
                self.instance = Some(sample.instance);
                self.alerts.throttled.count(sample);
                Some(self.hysteresis.settle(sample))
            }
            None => None,
        };
        let ModuleOptions { quiet, look, .. } = &self.options;
        let report = &Report { sample, ..*report };
        self.alerts.levels.next(report);
        let gravest = self.alerts.levels.gravest();
        let state = match report.state {
            Freshness::Fresh => gravest.name(),
            Freshness::Stale => "stale",
            Freshness::Starting | Freshness::Stopped | Freshness::Absent | Freshness::Refused => {
                "offline"
            }
        };

        self.appearance.classes.clear();
        self.appearance.classes.push(state);
        self.appearance.classes.extend(self.alerts.levels.classes());
        self.appearance.alt.clear();
        self.appearance.tooltip.clear();
        self.appearance.text.clear();
        self.appearance.percentage = None;
        let Some(sample) = sample.filter(|_| fresh) else {
            self.appearance.alt.push_str(state);
            self.appearance.text.push_str(word(report.state));
            pad(&mut self.appearance.text, self.options.width, look.ink.markup);
            return tooltip(&mut self.appearance.tooltip, report, sample, &self.alerts, look);
        };
        self.hidden = gravest == Level::Ok && quiet.holds(sample, self.hidden);
        let shown = Shown { options: &self.options, report: *report, sample, alerts: &self.alerts };
        shown.write(&mut self.appearance, &mut self.page, self.hidden)
    }

    /// Whether a sample is the first of a new daemon, without rates and without the share of
    /// the CPU. A bar with figures keeps them, so a restart is invisible.
    fn is_passed_over(&mut self, sample: &Snapshot) -> bool {
        let number = (sample.instance, sample.sequence);
        let again = self.passed_over == Some(number);
        let is_first = self.instance.is_some_and(|instance| instance != sample.instance)
            && self.passed_over.is_none_or(|(instance, _)| instance != sample.instance);
        let had_figures = self.hysteresis.shown().has(valid::CPU);
        let passed_over = had_figures && !sample.has(valid::CPU) && (again || is_first);
        self.passed_over = passed_over.then_some(number).or(self.passed_over);
        passed_over
    }
}

/// The known figures while samples arrive.
struct Shown<'a> {
    options: &'a ModuleOptions,
    report: Report<'a>,
    sample: &'a Snapshot,
    alerts: &'a Alerts,
}

impl Shown<'_> {
    fn write(&self, into: &mut Appearance, page: &mut String, hidden: bool) -> fmt::Result {
        let Self { options, report, sample, alerts } = self;
        into.percentage = self.percentage();
        let icon = self.icon(into.percentage);
        if !hidden {
            if let Some(format) = &options.text {
                format.render_with(
                    &mut into.text,
                    report,
                    self.rendering(FIGURE_SPACE),
                    &|_| icon,
                )?;
            } else {
                let gap = if icon.is_empty() { "" } else { " " };
                write!(into.text, "{icon}{gap}")?;
                figures(&mut into.text, sample)?;
            }
            pad(&mut into.text, options.width, options.look.ink.markup);
        }
        match &options.alt {
            Some(format) => format.render(&mut into.alt, report, self.rendering(' '))?,
            None => into.alt.push_str(into.classes[0]),
        }
        let Some(format) = &options.tooltip else {
            return tooltip(&mut into.tooltip, report, Some(sample), alerts, &options.look);
        };
        page.clear();
        tooltip(page, report, Some(sample), alerts, &options.look)?;
        let slot = |name: &str| if name == ICON { icon } else { page.as_str() };
        format.render_with(&mut into.tooltip, report, self.rendering(' '), &slot)
    }

    fn rendering(&self, filler: char) -> Rendering {
        let look = &self.options.look;
        let escape = match look.ink.markup {
            Markup::Pango => Escape::Pango,
            Markup::None => Escape::None,
        };
        Rendering { escape, kernel_threads: look.kernel_threads, filler }
    }

    fn percentage(&self) -> Option<u8> {
        let Some(metric) = &self.options.percentage else {
            let busy = self.sample.has(valid::CPU).then_some(self.sample.cpu_busy_ppm);
            return busy.map(|ppm| percent(ppm).min(100) as u8);
        };
        let Value::Number(number) = metric.value(&self.report, self.options.look.kernel_threads)?
        else {
            return None;
        };
        let one = if metric.unit() == Unit::MilliCelsius { 1_000 } else { 10_000 };
        Some((number + one / 2).div_euclid(one).clamp(0, 100) as u8)
    }

    /// The icon for a percentage, in equal steps; the lowest for an unknown one.
    fn icon(&self, percentage: Option<u8>) -> &str {
        let icons = &self.options.icons;
        let index = usize::from(percentage.unwrap_or(0)) * icons.len() / 101;
        icons.get(index).map_or("", String::as_str)
    }
}

fn word(state: Freshness) -> &'static str {
    match state {
        Freshness::Fresh => "",
        Freshness::Stale => "stale",
        Freshness::Starting => "…",
        Freshness::Stopped | Freshness::Absent | Freshness::Refused => "rstat off",
    }
}

/// Fills up to so many columns with spaces as wide as digits before the text. Empty text
/// stays empty and hides the module.
fn pad(out: &mut String, width: usize, markup: Markup) {
    if out.is_empty() {
        return;
    }
    let columns = markup.columns(out);
    for _ in columns..width {
        out.insert(0, FIGURE_SPACE);
    }
}

/// Writes the usual text in the bar: ` 23% 54°`.
fn figures(out: &mut String, sample: &Snapshot) -> fmt::Result {
    if sample.has(valid::CPU) {
        right(out, PERCENT_COLUMNS, FIGURE_SPACE, percent(sample.cpu_busy_ppm))?;
    } else {
        right(out, PERCENT_COLUMNS, FIGURE_SPACE, UNKNOWN)?;
    }
    out.push('%');
    if sample.has(valid::CPU_TEMPERATURE) {
        out.push(' ');
        right(out, DEGREE_COLUMNS, FIGURE_SPACE, degrees(sample.cpu_temperature_mc))?;
        out.push('°');
    }
    Ok(())
}
