//! Colours of a terminal, or none.

use std::fmt::{self, Write};

/// Whether text has colours (ECMA-48 SGR sequences).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// Text and nothing else.
    #[default]
    Plain,
    /// The sixteen colours that every terminal has, as its owner chose them.
    Coloured,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As the rest.
    Normal,
    /// A heading.
    Heading,
    /// Secondary.
    Dim,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Worth doing something.
    Critical,
}

impl Paint {
    /// Writes in a style what `write` writes.
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
