//! The level of a figure: thresholds with hysteresis.
//!
//! A level begins at its threshold and ends somewhat below, so that a bar does not blink while a
//! figure swings around the threshold. A busy CPU does its work: unless the user sets a threshold,
//! this is a warning, never critical.

use crate::text::paint::Style;

/// How serious a figure is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The figure is as usual.
    #[default]
    Ok,
    /// The figure is worth a look.
    Warning,
    /// The figure needs an action.
    Critical,
}

impl Level {
    /// The name, which is a class in the style sheet of a bar.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl From<Level> for Style {
    fn from(level: Level) -> Self {
        match level {
            Level::Ok => Self::Normal,
            Level::Warning => Self::Warning,
            Level::Critical => Self::Critical,
        }
    }
}

/// Where the levels of a figure begin and end, in the snapshot's units.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// Where the first level begins.
    pub warning: Option<i64>,
    /// Where the second level begins.
    pub critical: Option<i64>,
    /// How far below its threshold a level ends.
    pub release: i64,
    /// Whether the levels are classes as well.
    pub has_class: bool,
}

impl Threshold {
    /// Thresholds in the displayed unit (per cent, °C). `unit` is a per cent or a degree in the
    /// snapshot's unit.
    pub const fn new(warning: Option<i64>, critical: Option<i64>, release: i64, unit: i64) -> Self {
        const fn scaled(value: Option<i64>, unit: i64) -> Option<i64> {
            match value {
                Some(value) => Some(value * unit),
                None => None,
            }
        }
        let (warning, critical) = (scaled(warning, unit), scaled(critical, unit));
        Self { warning, critical, release: release * unit, has_class: true }
    }

    /// The same thresholds, with levels that are no classes.
    pub const fn without_class(self) -> Self {
        Self { has_class: false, ..self }
    }

    /// The level of a value; `before` is the level of the value before.
    pub fn judge(&self, value: i64, before: Level) -> Level {
        let reaches = |threshold: Option<i64>, level| {
            threshold.is_some_and(|threshold| {
                // A level ends halfway down to zero at the latest, or a low level would never end.
                let release = self.release.min(threshold.abs() / 2);
                value >= threshold - if before >= level { release } else { 0 }
            })
        };
        if reaches(self.critical, Level::Critical) {
            Level::Critical
        } else if reaches(self.warning, Level::Warning) {
            Level::Warning
        } else {
            Level::Ok
        }
    }
}
