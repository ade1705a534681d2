//! Lines for Waybar's custom module with `"return-type": "json"`.
//!
//! A line that says the same as the one before is not written: Waybar restarts
//! the delay of its tooltips with each. All buffers are kept, so that writing
//! lines allocates nothing after the first few.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{KernelThreads, valid};

use crate::emit::json;
use crate::emit::level::Levels;
use crate::emit::quantity::{degrees, percent};
use crate::emit::steady::Steady;
use crate::emit::text::{FIGURE_SPACE, UNKNOWN, right};
use crate::emit::tooltip::tooltip;
use crate::report::{Report, State};

/// Bytes that a line with long lists takes, so that the buffers need not grow.
const LINE_BYTES: usize = 8 << 10;
/// Columns of the figures in the bar.
const PERCENT_COLUMNS: usize = 3;
const DEGREE_COLUMNS: usize = 2;

/// Writes the lines of one module.
pub struct Waybar {
    kernel_threads: KernelThreads,
    steady: Steady,
    levels: Levels,
    tooltip: String,
    line: String,
    last: String,
}

impl Default for Waybar {
    fn default() -> Self {
        Self::new(KernelThreads::default())
    }
}

impl Waybar {
    /// Nothing written yet; lists will have kernel threads in them, or not.
    pub fn new(kernel_threads: KernelThreads) -> Self {
        let buffer = || String::with_capacity(LINE_BYTES);
        let (tooltip, line, last) = (buffer(), buffer(), buffer());
        let (steady, levels) = (Steady::new(), Levels::default());
        Self { kernel_threads, steady, levels, tooltip, line, last }
    }

    /// The line for a report, with its line feed, unless it is the one before.
    pub fn line(&mut self, report: &Report) -> Option<&str> {
        std::mem::swap(&mut self.line, &mut self.last);
        self.line.clear();
        // Writing to a string cannot fail, and none of our values does.
        let _ = self.write(report);
        (self.line != self.last).then_some(&self.line)
    }

    fn write(&mut self, report: &Report) -> fmt::Result {
        // An old sample has no level, and says nothing about the next one's.
        let fresh = report.state == State::Fresh;
        self.levels = match report.sample {
            Some(sample) if fresh => self.levels.next(sample),
            _ => Levels::default(),
        };
        let sample = report.sample.map(|sample| self.steady.settle(sample));
        self.tooltip.clear();
        tooltip(&mut self.tooltip, report, sample, self.levels, self.kernel_threads)?;

        let (text, class) = match report.state {
            State::Fresh => ("", self.levels.gravest().name()),
            State::Stale => ("stale", "stale"),
            State::Starting => ("…", "offline"),
            State::Stopped | State::Absent | State::Refused => ("rstat off", "offline"),
        };
        let out = &mut self.line;
        out.push('{');
        json::key(out, "text")?;
        match sample {
            Some(sample) if fresh => json::string(out, Figures(sample))?,
            _ => json::string(out, text)?,
        }
        json::key(out, "alt")?;
        json::string(out, class)?;
        json::key(out, "tooltip")?;
        json::string(out, &self.tooltip)?;
        json::key(out, "class")?;
        out.push('[');
        for class in [class].into_iter().chain(self.levels.causes()) {
            json::element(out);
            json::string(out, class)?;
        }
        out.push(']');
        if let Some(sample) = sample.filter(|sample| fresh && sample.has(valid::CPU)) {
            json::key(out, "percentage")?;
            write!(out, "{}", percent(sample.cpu_busy_ppm).min(100))?;
        }
        out.push_str("}\n");
        Ok(())
    }
}

/// The text in the bar: ` 23% 54°`.
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
