//! Pango markup: escaping, and the few styles of a tooltip. A bar that escapes text by
//! itself, or knows no markup, gets plain text.
//!
//! Text keeps the theme's colour, dimmed where it is secondary. The accents have a middle
//! brightness, for light and for dark tooltips.

use std::fmt::{self, Display, Write};

use crate::text::columns::{by_character, columns};
use rstat_options::{OptionError, once, pairs};

/// Whether text has markup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// Pango's markup.
    #[default]
    Pango,
    /// Plain text.
    None,
}

impl Markup {
    /// As `--markup` spells them.
    pub const NAMES: [(&'static str, Self); 2] = [("pango", Self::Pango), ("none", Self::None)];

    /// Columns that a text takes: tags take none, an entity takes one.
    pub fn columns(self, text: &str) -> usize {
        if self == Self::None {
            return columns(text);
        }
        let mut count = 0;
        let mut rest = text;
        while let Some(at) = rest.find(['<', '&']) {
            let (before, from) = rest.split_at(at);
            let (end, width) = if from.starts_with('<') { ('>', 0) } else { (';', 1) };
            count += columns(before) + width;
            rest = from.split_once(end).map_or("", |(_, behind)| behind);
        }
        count + columns(rest)
    }
}

/// Writes escaped data. Quotes need escaping in attributes only, which contain no data.
pub fn escaped(out: &mut impl Write, data: &dyn Display) -> fmt::Result {
    by_character(out, data, |out, character| match character {
        '&' => out.write_str("&amp;"),
        '<' => out.write_str("&lt;"),
        '>' => out.write_str("&gt;"),
        character => out.write_char(character),
    })
}

/// The look of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The label of a section.
    Label,
    /// Secondary.
    Dim,
    /// One of the colours.
    Colour(Part),
}

/// A part with a colour of its own: an index into [`PARTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The curve of the CPU.
    Cpu,
    /// The curve of the memory.
    Memory,
    /// The curve of the disks.
    Disk,
    /// The curve of a GPU.
    Gpu,
    /// An alert.
    Alert,
}

/// The names of parts in options, and their default colours.
const PARTS: [(&str, u32); Part::Alert as usize + 1] = [
    ("cpu", 0x5b_8d_ef),
    ("memory", 0xa0_71_e0),
    ("disk", 0x4c_af_6d),
    ("gpu", 0x3a_a6_a6),
    ("alert", 0xe0_86_2f),
];

/// The look of a tooltip: markup, and the colours, red, green and blue a byte each.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    /// Whether text has markup.
    pub markup: Markup,
    colours: [Option<u32>; PARTS.len()],
}

impl Default for Ink {
    fn default() -> Self {
        Self { markup: Markup::default(), colours: PARTS.map(|(_, colour)| Some(colour)) }
    }
}

impl Ink {
    /// Sets colours, from `cpu=#5b8def,alert=none`; `none` is the theme's.
    pub fn set_colours(&mut self, text: &str) -> Result<(), OptionError> {
        let mut seen = 0;
        for pair in pairs(text) {
            let (name, value) = pair?;
            let part = PARTS.iter().position(|(part, _)| *part == name);
            let part = part.ok_or_else(|| {
                OptionError::name("part", name, PARTS.iter().map(|(part, _)| *part))
            })?;
            once(&mut seen, part, name)?;
            self.colours[part] = if value == "none" { None } else { Some(rgb(name, value)?) };
        }
        Ok(())
    }

    /// Writes the tag before a text.
    pub fn open(&self, out: &mut impl Write, style: Style) -> fmt::Result {
        match (self.markup, style) {
            (Markup::None, _) => Ok(()),
            (Markup::Pango, Style::Label) => out.write_str("<b>"),
            (Markup::Pango, Style::Dim) => out.write_str("<span alpha=\"65%\">"),
            (Markup::Pango, Style::Colour(part)) => match self.colours[part as usize] {
                Some(colour) => write!(out, "<span foreground=\"#{colour:06x}\">"),
                None => out.write_str("<span>"),
            },
        }
    }

    /// Writes the tag behind a text.
    pub fn close(&self, out: &mut impl Write, style: Style) -> fmt::Result {
        match (self.markup, style) {
            (Markup::None, _) => Ok(()),
            (Markup::Pango, Style::Label) => out.write_str("</b>"),
            (Markup::Pango, _) => out.write_str("</span>"),
        }
    }

    /// Writes data, escaped if there is markup.
    pub fn data(&self, out: &mut impl Write, data: impl Display) -> fmt::Result {
        match self.markup {
            Markup::None => write!(out, "{data}"),
            Markup::Pango => escaped(out, &data),
        }
    }

    /// Writes data in a style.
    pub fn styled(&self, out: &mut impl Write, style: Style, data: impl Display) -> fmt::Result {
        self.open(out, style)?;
        self.data(out, data)?;
        self.close(out, style)
    }
}

fn rgb(name: &str, text: &str) -> Result<u32, OptionError> {
    let digits = text.strip_prefix('#').filter(|digits| {
        digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    let colour = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    colour.ok_or_else(|| {
        OptionError::new(format_args!("{name} is a colour such as #5b8def, or none, not '{text}'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_becomes_markup() {
        let mut ink = Ink::default();
        let styled = |ink: Ink| {
            let mut out = String::new();
            ink.styled(&mut out, Style::Label, "<b>&\"</b>").unwrap();
            out
        };
        assert_eq!(styled(ink), "<b>&lt;b&gt;&amp;\"&lt;/b&gt;</b>");
        ink.markup = Markup::None;
        assert_eq!(styled(ink), "<b>&\"</b>");
    }

    #[test]
    fn what_is_not_seen_takes_no_column() {
        let text = "<b>1</b> &lt;日本";
        assert_eq!(Markup::Pango.columns(text), 7);
        assert_eq!(Markup::None.columns(text), text.chars().count() + 2);
        assert_eq!(Markup::Pango.columns("1<b"), 1);
    }

    #[test]
    fn colours_are_options() {
        let mut ink = Ink::default();
        ink.set_colours("cpu=#0A0b0c,alert=none").unwrap();
        let mut out = String::new();
        ink.open(&mut out, Style::Colour(Part::Cpu)).unwrap();
        ink.open(&mut out, Style::Colour(Part::Alert)).unwrap();
        assert_eq!(out, "<span foreground=\"#0a0b0c\"><span>");
        for text in [
            "cpu=red",
            "cpu=#12345",
            "cpu=#+12345",
            "cpu=\"",
            "sound=#000000",
            "cpu",
            "cpu=none,cpu=none",
        ] {
            assert!(ink.set_colours(text).is_err(), "{text}");
        }
    }
}
