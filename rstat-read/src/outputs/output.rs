//! An output: a function, and a row of the table of all outputs.

use std::fmt;

use crate::figures::levels::Thresholds;
use crate::figures::template::{Rendering, Template};
use crate::report::Report;
use crate::text::paint::Paint;

/// Appends the text of one report after the other; the last line feed may be missing.
pub type Write = Box<dyn FnMut(&mut String, &Report) -> fmt::Result + Send>;

/// What the user wants from an output, as far as the output has a use for it.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The user's own text; none is the usual one.
    pub templates: Vec<Template>,
    /// How the figures of templates are written.
    pub rendering: Rendering,
    /// Where the levels of figures begin.
    pub thresholds: Thresholds,
    /// Whether text for people has colours.
    pub paint: Paint,
}

/// Whether an output is made of the user's templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Templates {
    /// The output has a text of its own only.
    None,
    /// Templates replace the usual text.
    Optional,
    /// There is no text without templates.
    Required,
}

/// A row of the table of outputs: a name, and what the output can do.
pub struct OutputKind {
    /// The value of `--format`.
    pub name: &'static str,
    /// The help, in lines.
    pub help: &'static str,
    /// An endless output follows the region by itself and has no file. The text ends
    /// the message about that with a hint.
    pub endless: Option<&'static str>,
    /// Whether the output shows the levels of figures.
    pub has_levels: bool,
    /// What templates are for.
    pub templates: Templates,
    /// Whether a region without a sample has a text, even when asked once.
    pub says_absence: bool,
    /// Whether a text that is the same as the one before is left out.
    pub only_changes: bool,
    /// The text before the first text on the standard output.
    pub header: &'static str,
    /// The text between two texts on the standard output.
    pub separator: &'static str,
    /// Makes the output.
    pub new: fn(Wishes) -> Write,
}

impl OutputKind {
    /// An output that can do nothing special.
    pub(super) const fn plain(
        name: &'static str,
        help: &'static str,
        new: fn(Wishes) -> Write,
    ) -> Self {
        Self {
            name,
            help,
            endless: None,
            has_levels: false,
            templates: Templates::None,
            says_absence: false,
            only_changes: false,
            header: "",
            separator: "",
            new,
        }
    }
}
