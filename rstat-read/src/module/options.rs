//! The options of a module: one table of names, values and help, for command lines
//! and for the configuration of bars.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use rstat_options::{Opt, OptionError, count, number, path, put, word};
use rstat_shm::fields::Unit;
use rstat_shm::snapshot::KernelThreads;

use crate::figures::level::Level;
use crate::figures::levels::{Quiet, Thresholds};
use crate::figures::metric::Metric;
use crate::figures::template::{Rendering, Template};
use crate::module::action::Actions;
use crate::module::look::{Detail, Lists, Look};
use crate::pace::Interval;
use crate::report::Report;
use crate::text::markup::Markup;
use crate::text::well_formed::check as check_markup;

/// The slot of the icon for the percentage.
pub(super) const ICON: &str = "icon";
/// The slot of the usual page of the tooltip.
const TOOLTIP: &str = "tooltip";
/// The greatest width of a module in columns.
const MOST_COLUMNS: usize = 200;
/// The greatest useful number of icons.
const MOST_ICONS: usize = 101;
/// The spans that curves may show: the region remembers 1024 samples.
const SPANS: RangeInclusive<Duration> = Duration::from_secs(6)..=Duration::from_secs(86_400);

/// The look of a module, the region, the pace and the signals.
#[derive(Clone, Debug, Default)]
pub struct ModuleOptions {
    /// The thresholds of levels.
    pub(super) thresholds: Thresholds,
    /// The thresholds below which the module hides.
    pub(super) quiet: Quiet,
    /// The text, instead of the usual one.
    pub(super) text: Option<Template>,
    /// The tooltip while samples arrive, instead of the page.
    pub(super) tooltip: Option<Template>,
    /// The `alt`, instead of the state.
    pub(super) alt: Option<Template>,
    /// The figure of the percentage, instead of the CPU.
    pub(super) percentage: Option<Metric>,
    /// The icons before the text, by percentage; may be empty.
    pub(super) icons: Vec<String>,
    /// The least width of the text in columns.
    pub(super) width: usize,
    /// The look of the page.
    pub look: Look,
    /// The least time between two appearances.
    pub interval: Interval,
    /// The changes that signals make.
    pub actions: Actions,
    /// The region, instead of the usual one.
    pub path: Option<PathBuf>,
    /// Whether the program prints a single line.
    pub once: bool,
}

/// The options of the look.
pub static LOOK: &[Opt<ModuleOptions>] = &[
    Opt::text(
        "format",
        "TEMPLATE",
        "the text: '{icon} {cpu.busy:>3}% {cpu.temp}°'; rstat-read --list\nprints all names, rstat-read --help how templates are written",
        |it, text| put(&mut it.text, format(text, &[ICON]).map(Some)),
    ),
    Opt::text(
        "tooltip-format",
        "TEMPLATE",
        "the tooltip while all is well; {tooltip} is the usual one",
        |it, text| put(&mut it.tooltip, format(text, &[ICON, TOOLTIP]).map(Some)),
    ),
    Opt::text(
        "alt",
        "TEMPLATE",
        "Waybar's {alt}, by which format-icons can choose (default: the\nfirst class)",
        |it, text| put(&mut it.alt, format(text, &[]).map(Some)),
    ),
    Opt::text(
        "percentage",
        "NAME",
        "the figure for icons and Waybar's {percentage}: one in per cent,\nor a temperature (default cpu.busy)",
        |it, text| put(&mut it.percentage, percentage(text).map(Some)),
    ),
    Opt::text(
        "icons",
        "LIST",
        "icons by percentage, lowest first, with commas between: ▁,▃,▅,█",
        |it, text| {
            let icons: Vec<_> = text.split(',').map(str::to_owned).collect();
            count(&icons.len().to_string(), MOST_ICONS)?;
            it.icons = icons;
            Ok(())
        },
    ),
    Opt::text(
        "width",
        "COLUMNS",
        "pad the text on its left to so many columns (spaces as wide as\ndigits), so that the bar does not move",
        |it, text| put(&mut it.width, count(text, MOST_COLUMNS)),
    ),
    Opt::text(
        "warning",
        "LIST",
        "where the class warning begins: cpu=70,temp=80,mem=off",
        |it, text| it.thresholds.set(Level::Warning, text),
    ),
    Opt::text("critical", "LIST", "the same for critical", |it, text| {
        it.thresholds.set(Level::Critical, text)
    }),
    Opt::text(
        "hide-below",
        "LIST",
        "an empty text, which hides the module, while all of these are\nlower and nothing is worth a warning: cpu=5,gpu=5",
        |it, text| it.quiet.set(text),
    ),
    Opt::text(
        "detail",
        "WORD",
        "what the tooltip has: compact, full (the default), or cores",
        |it, text| put(&mut it.look.detail, word(&Detail::NAMES, text)),
    ),
    Opt::text(
        "history",
        "MINUTES",
        "the time that the tooltip's curves show (default 2)",
        |it, text| put(&mut it.look.span, minutes(text)),
    ),
    Opt::switch(
        "applications",
        "list applications where they are known (the default)",
        |it, is| {
            it.look.lists = if is { Lists::Applications } else { Lists::Processes };
        },
    ),
    Opt::switch("processes", "list processes", |it, is| {
        it.look.lists = if is { Lists::Processes } else { Lists::Applications };
    }),
    Opt::switch("kernel-threads", "list kernel threads, too", |it, is| {
        it.look.kernel_threads = if is { KernelThreads::Shown } else { KernelThreads::Hidden };
    }),
    Opt::text(
        "colors",
        "LIST",
        "of the tooltip's cpu, memory, disk, gpu and alert: cpu=#5b8def;\nnone: the theme's",
        |it, text| it.look.ink.set_colours(text),
    ),
    Opt::text(
        "markup",
        "WORD",
        "pango (the default), or none, for Waybar's \"escape\": true and for\nother bars",
        |it, text| put(&mut it.look.ink.markup, word(&Markup::NAMES, text)),
    ),
];

/// The options of a module that follows a region.
pub static RUNNING: &[Opt<ModuleOptions>] = &[
    Opt::text(
        "interval",
        "TIME",
        "the least time between two lines: seconds (default 1), or samples\nsuch as 3x, every third; samples in between are skipped",
        |it, text| put(&mut it.interval, Interval::parse(text)),
    ),
    Opt::text(
        "on-signal",
        "LIST",
        "what SIGRTMIN+N changes in the tooltip\n(default 21=detail,22=kernel-threads,23=processes)",
        |it, text| put(&mut it.actions, Actions::parse(text)),
    ),
    Opt::os(
        "shm",
        "PATH",
        "follow the region PATH instead of $RSTAT_SHM or, without that,\n/dev/shm/rstat/v1",
        |it, value| put(&mut it.path, path(value).map(Some)),
    ),
];

/// The option of a name.
pub fn find(name: &str) -> Result<&'static Opt<ModuleOptions>, OptionError> {
    let all = || LOOK.iter().chain(RUNNING);
    all()
        .find(|option| option.name == name)
        .ok_or_else(|| OptionError::name("option", name, all().map(|option| option.name)))
}

fn format(text: &str, slots: &[&'static str]) -> Result<Template, OptionError> {
    Template::with_slots(text, slots).map_err(OptionError::new)
}

fn percentage(name: &str) -> Result<Metric, OptionError> {
    let metric = Metric::named(name)?;
    if matches!(metric.unit(), Unit::Ppm | Unit::MilliCelsius) {
        return Ok(metric);
    }
    Err(OptionError::new(format_args!(
        "`{name}` is neither in per cent nor a temperature, as cpu.busy and cpu.temp are"
    )))
}

fn minutes(text: &str) -> Result<Duration, OptionError> {
    let span = number("it", text)?.of(60_000).try_into().map(Duration::from_millis);
    span.ok().filter(|span| SPANS.contains(span)).ok_or_else(|| {
        OptionError::new(format_args!("it is a number of minutes from 0.1 to 1440, not '{text}'"))
    })
}

impl ModuleOptions {
    /// Sets the option of that name.
    ///
    /// ```
    /// let mut options = rstat_read::module::ModuleOptions::default();
    /// options.set("warning", "cpu=70")?;
    /// let wrong = options.set("warnnig", "cpu=70").unwrap_err();
    /// assert_eq!(wrong.to_string(), "unknown option `warnnig`; did you mean `warning`?");
    /// # Ok::<(), rstat_read::module::OptionError>(())
    /// ```
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        find(name)?.set(self, value.into())
    }

    /// Checks that the options fit together. A format with an icon needs icons; with markup,
    /// formats and icons are well-formed. The error has the name of the wrong option.
    pub fn check(&self) -> Result<(), (&'static str, OptionError)> {
        let formats = [("format", &self.text), ("tooltip-format", &self.tooltip)];
        for (name, format) in formats {
            let has_icon = format.as_ref().is_some_and(|format| format.has_slot(ICON));
            if has_icon && self.icons.is_empty() {
                let why =
                    "`{icon}` is one of the option `icons`, such as ▁,▃,▅,█, and there are none";
                return Err((name, OptionError::new(why)));
            }
        }
        if self.look.ink.markup == Markup::None {
            return Ok(());
        }
        for (name, format) in formats {
            let Some(format) = format else {
                continue;
            };
            // A report without known figures leaves only the user's text.
            let mut text = String::new();
            let _ = format.render(&mut text, &Report::nothing(), Rendering::default());
            check_markup(&text).map_err(|wrong| (name, wrong))?;
        }
        self.icons.iter().try_for_each(|icon| check_markup(icon).map_err(|wrong| ("icons", wrong)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_named_with_what_is_right() {
        let mut options = ModuleOptions::default();
        let mut wrong = |name: &str, value: &str| options.set(name, value).unwrap_err().to_string();
        assert_eq!(wrong("width", "wide"), "it is a number from 0 to 200, not 'wide'");
        assert_eq!(wrong("markup", "html"), "it is one of pango, none, not 'html'");
        assert_eq!(wrong("detail", "all"), "it is one of compact, full, cores, not 'all'");
        assert_eq!(wrong("kernel-threads", "yes"), "it is true or false, not 'yes'");
        assert_eq!(wrong("history", "0"), "it is a number of minutes from 0.1 to 1440, not '0'");
        assert_eq!(
            wrong("colors", "cpu=blue"),
            "cpu is a colour such as #5b8def, or none, not 'blue'"
        );
        assert_eq!(
            wrong("format", "{cpu.bsuy}"),
            "character 2: unknown metric `cpu.bsuy`; did you mean `cpu.busy`?"
        );
        assert_eq!(
            wrong("percentage", "memory.used"),
            "`memory.used` is neither in per cent nor a temperature, as cpu.busy and cpu.temp are"
        );
        assert_eq!(wrong("hide-below", "cpu"), "'cpu' is not NAME=VALUE");
    }

    fn check(set: &[(&str, &str)]) -> Result<(), String> {
        let mut options = ModuleOptions::default();
        for (name, value) in set {
            options.set(name, value).unwrap();
        }
        options.check().map_err(|(name, wrong)| format!("{name}: {wrong}"))
    }

    #[test]
    fn an_icon_needs_icons() {
        let why = "`{icon}` is one of the option `icons`, such as ▁,▃,▅,█, and there are none";
        for name in ["format", "tooltip-format"] {
            let format = (name, "{icon} {cpu.busy}");
            assert_eq!(check(&[format]), Err(format!("{name}: {why}")));
            assert_eq!(check(&[format, ("markup", "none")]), Err(format!("{name}: {why}")));
            assert_eq!(check(&[("icons", "▁,█"), format]), Ok(()));
        }
        assert_eq!(check(&[("format", "{{icon}} {cpu.busy}")]), Ok(()));
    }

    #[test]
    fn markup_has_to_be_such() {
        assert_eq!(check(&[("format", "<b>{cpu.busy:<3}%</b> &amp; {cpu.temp|<i>?</i>}")]), Ok(()));
        assert_eq!(
            check(&[("tooltip-format", "CPU & {tooltip}")]),
            Err("tooltip-format: it is markup: for `&` itself write `&amp;`".to_owned())
        );
        assert_eq!(
            check(&[("icons", "<,>")]),
            Err("icons: it is markup: for `<` itself write `&lt;`".to_owned())
        );
        assert_eq!(check(&[("format", "CPU & {cpu.busy}"), ("markup", "none")]), Ok(()));
    }
}
