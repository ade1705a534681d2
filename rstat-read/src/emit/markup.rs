//! Pango markup: escaping, and the few styles that a tooltip uses.
//!
//! Text keeps the theme's colour, dimmed where it is secondary. The accents are
//! of middle brightness, to be read on light and on dark tooltips.

use std::fmt::{self, Display, Write};

/// Escapes what passes through. Quotes need it only in attributes, where we put no data.
pub struct Escape<'a, W>(pub &'a mut W);

impl<W: Write> Write for Escape<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            character => self.0.write_char(character),
        })
    }
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The label of a section.
    Label,
    /// Secondary.
    Dim,
    /// Something to look at.
    Alert,
    /// The curve of a section: CPU, memory, disk, GPU.
    Accent(&'static str),
}

impl Style {
    /// Writes what comes before the text.
    pub fn open(self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Label => out.write_str("<b>"),
            Self::Dim => out.write_str("<span alpha=\"65%\">"),
            Self::Alert => out.write_str("<span foreground=\"#e0862f\">"),
            Self::Accent(colour) => write!(out, "<span foreground=\"{colour}\">"),
        }
    }

    /// Writes what comes behind the text.
    pub fn close(self, out: &mut impl Write) -> fmt::Result {
        out.write_str(if self == Self::Label { "</b>" } else { "</span>" })
    }
}

/// Writes data in a style, escaped.
pub fn styled(out: &mut impl Write, style: Style, data: impl Display) -> fmt::Result {
    style.open(out)?;
    write!(Escape(out), "{data}")?;
    style.close(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_becomes_markup() {
        let mut out = String::new();
        styled(&mut out, Style::Label, "<b>&\"</b>").unwrap();
        assert_eq!(out, "<b>&lt;b&gt;&amp;\"&lt;/b&gt;</b>");
    }
}
