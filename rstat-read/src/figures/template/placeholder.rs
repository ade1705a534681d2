//! The text between the braces of a template: a name, a format, and a replacement.

use std::fmt::{self, Write};

use rstat_options::OptionError;

use super::rendering::Rendering;
use super::spec::{Align, Spec};
use crate::figures::figure::Figure;
use crate::figures::metric::Metric;
use crate::report::Report;
use crate::text::columns::{Cut, UNKNOWN, columns};

/// `cpu.busy:>3|?`.
#[derive(Clone, Debug)]
pub struct Placeholder {
    metric: Metric,
    spec: Spec,
    /// The user's words for an unknown figure.
    default: Option<String>,
}

impl Placeholder {
    /// Reads the text between braces.
    pub fn parse(text: &str) -> Result<Self, OptionError> {
        let (text, default) = match text.split_once('|') {
            Some((text, default)) => (text, Some(default.to_owned())),
            None => (text, None),
        };
        let (name, spec) = text.split_once(':').unwrap_or((text, ""));
        let metric = Metric::named(name)?;
        let wrong = |why| OptionError::new(format_args!("format `{spec}`: {why}"));
        let format = Spec::parse(spec).map_err(wrong)?;
        if format.scale.is_some_and(|scale| metric.is_raw() || !scale.suits(metric.unit())) {
            return Err(wrong("only bytes and hertz come in sizes such as `G`"));
        }
        Ok(Self { metric, spec: format, default })
    }

    /// The figure.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// Whether there is something to show for a report: the figure, or the user's words.
    pub fn has_text(&self, report: &Report, rendering: Rendering) -> bool {
        self.default.is_some() || self.is_known(report, rendering)
    }

    /// Whether a report has the figure.
    pub fn is_known(&self, report: &Report, rendering: Rendering) -> bool {
        self.metric.value(report, rendering.kernel_threads).is_some()
    }

    /// Writes the figure of a report.
    pub fn render(
        &self,
        out: &mut impl Write,
        report: &Report,
        rendering: Rendering,
    ) -> fmt::Result {
        let Some(value) = self.metric.value(report, rendering.kernel_threads) else {
            let text = self.default.as_deref().unwrap_or(UNKNOWN);
            // The user's words are not escaped.
            return self.padded(out, columns(text), rendering, |out| out.write_str(text));
        };
        let Spec { precision, scale, .. } = self.spec;
        let figure = Figure { precision, scale, ..self.metric.figure(value) };
        let most = precision.filter(|_| self.metric.is_text()).unwrap_or(usize::MAX);
        let shown = Cut(figure, most);
        self.padded(out, columns(&shown), rendering, |out| rendering.escape.write(out, &shown))
    }

    /// Fills up to the width around the output of `write`, which takes `columns`.
    fn padded<W: Write>(
        &self,
        out: &mut W,
        columns: usize,
        rendering: Rendering,
        write: impl FnOnce(&mut W) -> fmt::Result,
    ) -> fmt::Result {
        let missing = self.spec.width.saturating_sub(columns);
        let usual = if self.metric.is_text() { Align::Left } else { Align::Right };
        let before = match self.spec.align.unwrap_or(usual) {
            Align::Left => 0,
            Align::Middle => missing / 2,
            Align::Right => missing,
        };
        let filler = self.spec.filler.unwrap_or(rendering.filler);
        (0..before).try_for_each(|_| out.write_char(filler))?;
        write(out)?;
        (before..missing).try_for_each(|_| out.write_char(filler))
    }
}
