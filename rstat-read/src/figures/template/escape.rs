//! Data from outside, made harmless for the reader of the text.

use std::fmt::{self, Display, Write};

use crate::text::columns::by_character;
use crate::text::{json, markup};

/// The reader of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escape {
    /// A reader without special characters.
    #[default]
    None,
    /// A bar with Pango markup: Waybar, swaybar.
    Pango,
    /// polybar and lemonbar: tags begin with `%{`.
    Polybar,
    /// The inside of a JSON string.
    Json,
}

impl Escape {
    /// As `--escape` spells them.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("none", Self::None),
        ("pango", Self::Pango),
        ("polybar", Self::Polybar),
        ("json", Self::Json),
    ];

    /// Writes data.
    pub fn write(self, out: &mut impl Write, data: impl Display) -> fmt::Result {
        match self {
            Self::None => write!(out, "{data}"),
            Self::Pango => markup::escaped(out, &data),
            Self::Polybar => untagged(out, &data),
            Self::Json => write!(json::Escape(out), "{data}"),
        }
    }
}

/// Puts a space into `%{`: polybar and lemonbar have no escape for a tag.
fn untagged(out: &mut impl Write, data: &dyn Display) -> fmt::Result {
    // The user's text before the data may have ended with a `%`.
    let mut is_behind_percent = true;
    by_character(out, data, |out, character| {
        if is_behind_percent && character == '{' {
            out.write_char(' ')?;
        }
        is_behind_percent = character == '%';
        out.write_char(character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_means_nothing_to_any_consumer() {
        let check = |escape: Escape, expected: &str| {
            let mut out = String::new();
            // In two pieces, as formatting may hand them over.
            escape.write(&mut out, format_args!("{}{}", "<b>&\"\\x2d%", "{F#f00}%%{")).unwrap();
            assert_eq!(out, expected);
        };
        check(Escape::None, "<b>&\"\\x2d%{F#f00}%%{");
        check(Escape::Pango, "&lt;b&gt;&amp;\"\\x2d%{F#f00}%%{");
        check(Escape::Polybar, "<b>&\"\\x2d% {F#f00}%% {");
        let mut out = String::from("23%");
        Escape::Polybar.write(&mut out, "{F#f00}").unwrap();
        assert_eq!(out, "23% {F#f00}");
        check(Escape::Json, "<b>&\\\"\\u005cx2d%{F#f00}%%{");
    }
}
