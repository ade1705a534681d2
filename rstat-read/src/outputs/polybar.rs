//! Lines for polybar's `custom/script` with `tail = true`, and for lemonbar: text
//! with tags such as `%{F#e06c75}`.

use std::fmt::{self, Write};

use crate::figures::levels::Thresholds;
use crate::figures::template::{Escape, Rendering, Template};
use crate::module::blocks::{Blocks, DIM, colour};
use crate::report::Report;

const BETWEEN: &str = "  ";

/// Writes the lines of one bar.
pub struct Polybar(Blocks);

impl Polybar {
    /// A block for each template, or the usual ones; colours begin at `thresholds`.
    pub fn new(templates: Vec<Template>, rendering: Rendering, thresholds: &Thresholds) -> Self {
        Self(Blocks::new(templates, Rendering { escape: Escape::Polybar, ..rendering }, thresholds))
    }

    /// Writes the line of a report, without a line feed.
    pub fn write(&mut self, out: &mut String, report: &Report) -> fmt::Result {
        let start = out.len();
        let without = self.0.each(report, |shown| {
            if out.len() > start {
                out.push_str(BETWEEN);
            }
            tagged(out, colour(shown.level), shown.text)
        })?;
        without.map_or(Ok(()), |text| tagged(out, Some(DIM), text))
    }
}

fn tagged(out: &mut String, colour: Option<&str>, text: &str) -> fmt::Result {
    match colour {
        Some(colour) => write!(out, "%{{F{colour}}}{text}%{{F-}}"),
        None => out.write_str(text),
    }
}
