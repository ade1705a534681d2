//! The user's own text with figures: `{cpu.busy:>3}% {cpu.temp|–}°`.
//!
//! Reading a template finds its mistakes; writing it for a report allocates nothing. The
//! text around the figures is the user's and stays as it is, markup and all. Data from the
//! machine, such as the names of processes, is escaped.

use std::fmt::{self, Write};

use rstat_options::OptionError;

use crate::report::Report;

mod error;
mod escape;
mod placeholder;
mod rendering;
mod spec;

pub use error::TemplateError;
pub use escape::Escape;
pub use placeholder::Placeholder;
pub use rendering::Rendering;
pub use spec::{Align, Spec};

/// The syntax of templates, for a help text.
pub const HELP: &str =
    "  {NAME}             a figure by its name; rstat-read --list prints all names
  {NAME:SPEC}        SPEC is [[FILL]ALIGN][WIDTH][.PRECISION][SIZE], each optional:
                     ALIGN <, ^ or >; WIDTH in columns; PRECISION is decimals, or
                     the most columns of a text; SIZE fixes the unit and leaves its
                     letter out: B, K, M, G or T for bytes, K, M or G for hertz
  {NAME|TEXT}        TEXT stands there while the figure is not known, else –
  {{ and }}          a brace
Figures are in per cent, °C, GHz, W and counts, without their unit; bytes and times
carry one: 16.4G, 9.2 µs. A raw name such as cpu_busy_ppm gives its plain integer.
";

/// The mistake of a brace that has no partner.
fn lone_brace(at: usize, one: char, other: char) -> TemplateError {
    let why = format!("`{one}` has no `{other}`; for a brace itself write `{one}{one}`");
    TemplateError { at, mistake: OptionError::new(why) }
}

/// A template without mistakes.
///
/// ```
/// use rstat_read::figures::Template;
///
/// assert!(Template::parse("{cpu.busy:>3}% {cpu.temp}°").is_ok());
/// let error = Template::parse("CPU {cpu.bussy}%").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "character 6: unknown metric `cpu.bussy`; did you mean `cpu.busy`?"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    Figure(Placeholder),
    /// A place for other text, by its name.
    Slot(&'static str),
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::with_slots(text, &[])
    }

    /// Reads a template with slots: `{SLOT}` is a place for other text.
    pub fn with_slots(text: &str, slots: &[&'static str]) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        let at = |rest: &str| text[..text.len() - rest.len()].chars().count() + 1;
        while let Some(brace) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(brace);
            literal.push_str(before);
            let behind = &from[1..];
            if from.starts_with("{{") || from.starts_with("}}") {
                literal.push_str(&from[..1]);
                rest = &from[2..];
                continue;
            }
            if from.starts_with('}') {
                return Err(lone_brace(at(from), '}', '{'));
            }
            let Some(end) = behind.find(['{', '}']).filter(|&end| behind[end..].starts_with('}'))
            else {
                return Err(lone_brace(at(from), '{', '}'));
            };
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(match slots.iter().find(|slot| **slot == &behind[..end]) {
                Some(slot) => Piece::Slot(slot),
                None => Placeholder::parse(&behind[..end])
                    .map(Piece::Figure)
                    .map_err(|mistake| TemplateError { at: at(behind), mistake })?,
            });
            rest = &behind[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self { pieces })
    }

    /// The template of a figure alone: `cpu.busy:.1`, as between braces.
    pub fn of_figure(text: &str) -> Result<Self, OptionError> {
        Ok(Self { pieces: vec![Piece::Figure(Placeholder::parse(text)?)] })
    }

    /// The figures, as they stand between braces.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) | Piece::Slot(_) => None,
            Piece::Figure(placeholder) => Some(placeholder),
        })
    }

    /// Whether the template has a slot of that name.
    pub fn has_slot(&self, name: &str) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Slot(slot) if *slot == name))
    }

    /// Whether every figure is about the region, and so true of a sample of any age.
    pub fn is_of_any_state(&self) -> bool {
        self.placeholders().all(|placeholder| placeholder.metric().is_of_region())
    }

    /// Writes the template with a report's figures; allocates nothing itself.
    pub fn render(
        &self,
        out: &mut impl Write,
        report: &Report,
        rendering: Rendering,
    ) -> fmt::Result {
        self.render_with(out, report, rendering, &|_| "")
    }

    /// The same with the texts of slots.
    pub fn render_with<'a>(
        &self,
        out: &mut impl Write,
        report: &Report,
        rendering: Rendering,
        slot: &dyn Fn(&str) -> &'a str,
    ) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Literal(text) => out.write_str(text),
            Piece::Figure(placeholder) => placeholder.render(out, report, rendering),
            Piece::Slot(name) => out.write_str(slot(name)),
        })
    }
}

#[cfg(test)]
mod tests;
