//! Colours of a terminal, or none.

use std::fmt::{self, Write};

/// Whether text has colours (ECMA-48 SGR sequences).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    #[default]
    Plain,
    /// The sixteen colours that every terminal has, as its owner chose them.
    Coloured,
}

/// The look of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Ordinary text.
    Normal,
    /// A heading.
    Heading,
    /// Secondary text.
    Dim,
    /// A good state.
    Good,
    /// A figure worth a look.
    Warning,
    /// A figure that needs an action.
    Critical,
}

impl Paint {
    /// Runs `write` between the codes of a style.
    pub fn with<W: Write>(
        self,
        out: &mut W,
        style: Style,
        write: impl FnOnce(&mut W) -> fmt::Result,
    ) -> fmt::Result {
        let code = match style {
            Style::Normal => 0,
            Style::Heading => 1,
            Style::Dim => 2,
            Style::Good => 32,
            Style::Warning => 33,
            Style::Critical => 31,
        };
        if self == Self::Plain || code == 0 {
            return write(out);
        }
        write!(out, "\x1b[{code}m")?;
        write(out)?;
        out.write_str("\x1b[0m")
    }
}
