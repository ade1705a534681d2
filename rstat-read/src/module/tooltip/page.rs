//! The page of a tooltip: heads, curves, details, rows.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::{Row, find_list};
use rstat_shm::snapshot::{HistoryPoint, valid};

use crate::figures::consumer::Label;
use crate::module::look::{Detail, Lists, Look};
use crate::text::columns::{columns, right};
use crate::text::markup::Style;
use crate::text::sparkline::{COLUMNS, Curve, Scale};

/// Rows of the lists of memory and disk; the CPU's list has all rows.
pub const SHORT_LIST: usize = 3;
/// The whole, in parts per million.
pub const ALL_PPM: u64 = 1_000_000;
/// Columns of a section's label, and the indent of rows.
pub const LABEL: usize = 6;
/// Columns of a section's figure: `100 %`, and `2.1 MiB/s`.
const FIGURE: usize = 9;
/// Columns between a head's parts.
const GAP: usize = 2;
/// Columns from the label to the end of the curve and of rows.
pub const WIDTH: usize = FIGURE + GAP + COLUMNS;
/// The most columns of a line. GTK breaks lines at 70 digits of the bar's font, which are mostly
/// narrower than monospaced digits.
const LINE: usize = 62;
/// Columns of a row's value; the name has the rest.
const ROW_VALUE: usize = 11;
const ROW_NAME: usize = WIDTH - ROW_VALUE;

/// A tooltip during writing.
pub struct Page<'a> {
    pub out: &'a mut String,
    /// The start of the tooltip in `out`.
    pub start: usize,
    pub sample: &'a Snapshot,
    pub history: &'a [HistoryPoint],
    pub scale: Scale,
    pub look: &'a Look,
    /// The columns of the last line so far.
    pub column: usize,
}

impl Page<'_> {
    /// The curve of a quantity of the history.
    pub fn curve(&self, value: impl Fn(&HistoryPoint) -> Option<u64>) -> Curve {
        Curve::new(self.history, self.scale, value)
    }

    /// Begins a section.
    pub fn head(&mut self, label: &str, figure: impl Display) -> fmt::Result {
        self.paragraph();
        self.look.ink.styled(self.out, Style::Label, label)?;
        write!(self.out, "{:1$}", "", LABEL.saturating_sub(label.len()))?;
        self.column = LABEL + columns(&figure).max(FIGURE);
        right(self.out, FIGURE, ' ', figure)
    }

    /// Begins a line below a section's head: with a label, or indented by as much.
    pub fn line(&mut self, label: &str) -> fmt::Result {
        self.out.push('\n');
        if !label.is_empty() {
            self.look.ink.styled(self.out, Style::Dim, label)?;
        }
        write!(self.out, "{:1$}", "", LABEL.saturating_sub(label.len()))
    }

    /// Begins a new line, after an empty line in a longer tooltip.
    pub fn paragraph(&mut self) {
        self.out.push_str(match self.look.detail {
            _ if self.out.len() == self.start => "",
            Detail::Compact => "\n",
            Detail::Full | Detail::Cores => "\n\n",
        });
    }

    /// Draws a section's curve; a column of `full` is a full block.
    pub fn draw(&mut self, accent: Style, curve: &Curve, full: u64) -> fmt::Result {
        self.out.extend([' '; GAP]);
        self.column += GAP + COLUMNS;
        self.look.ink.open(self.out, accent)?;
        curve.write(self.out, full)?;
        self.look.ink.close(self.out, accent)
    }

    /// Adds a detail to a section's head. A detail without room goes to a new line; in a
    /// compact tooltip it is left out.
    pub fn detail(&mut self, text: impl Display) -> fmt::Result {
        if self.look.detail == Detail::Compact && self.column + GAP + columns(&text) > LINE {
            return Ok(());
        }
        self.add("  ", LABEL, text)
    }

    /// Adds a detail if it is known.
    pub fn detail_if(&mut self, is_known: bool, text: impl Display) -> fmt::Result {
        if is_known { self.detail(text) } else { Ok(()) }
    }

    /// Adds text to the line behind a separator, or to a new line if there is no room.
    pub fn add(&mut self, separator: &str, indent: usize, text: impl Display) -> fmt::Result {
        let width = columns(&text);
        let begun = self.column + columns(separator) + width;
        if begun > LINE {
            write!(self.out, "\n{:indent$}", "")?;
            self.column = indent + width;
        } else {
            self.out.push_str(separator);
            self.column = begun;
        }
        self.look.ink.data(self.out, text)
    }

    /// Writes up to `most` rows of applications, or of processes if the user wants them or
    /// applications are not known. Rows without a value are left out.
    pub fn list<V: Display>(
        &mut self,
        [applications, processes]: [&str; 2],
        most: usize,
        value: impl Fn(&Row) -> Option<V>,
    ) -> fmt::Result {
        if self.look.detail == Detail::Compact {
            return Ok(());
        }
        let is_of_applications =
            self.look.lists == Lists::Applications && self.sample.has(valid::APPLICATIONS);
        let name = if is_of_applications { applications } else { processes };
        let Some(list) = find_list(name) else {
            return Ok(());
        };
        let mut rows = list.rows(self.sample, self.look.kernel_threads).take(most);
        rows.try_for_each(|row| value(&row).map_or(Ok(()), |value| self.row(row, value)))
    }

    fn row(&mut self, row: Row, value: impl Display) -> fmt::Result {
        write!(self.out, "\n{:LABEL$}", "")?;
        self.look.ink.open(self.out, Style::Dim)?;
        let name = Label(row, ROW_NAME - 1);
        self.look.ink.data(self.out, &name)?;
        write!(self.out, "{:1$}", "", ROW_NAME.saturating_sub(columns(&name)))?;
        right(self.out, ROW_VALUE, ' ', value)?;
        self.look.ink.close(self.out, Style::Dim)
    }
}
