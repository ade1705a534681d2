//! Text in columns, and text from outside, made visible.
//!
//! Padding counts the columns of a terminal or a monospaced font, not bytes: a Chinese
//! character takes two columns, a tag of a markup none.

use std::fmt::{self, Display, Write};

/// The text in place of an unknown figure.
pub const UNKNOWN: &str = "–";
/// A space as wide as a digit, for fonts with a narrower plain space.
pub const FIGURE_SPACE: char = '\u{2007}';

/// Columns that `value` takes.
pub fn columns(value: impl Display) -> usize {
    fn of(value: &dyn Display) -> usize {
        let mut count = 0;
        // Counting cannot fail, and none of our values does.
        let _ = by_character(&mut count, value, |count, character| {
            *count += character_columns(character);
            Ok(())
        });
        count
    }
    of(&value)
}

/// Writes data a character at a time, each by `write`.
pub fn by_character<W>(
    out: &mut W,
    data: &dyn Display,
    write: impl FnMut(&mut W, char) -> fmt::Result,
) -> fmt::Result {
    struct Characters<'a, W, F>(&'a mut W, F);
    impl<W, F: FnMut(&mut W, char) -> fmt::Result> Write for Characters<'_, W, F> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            text.chars().try_for_each(|character| (self.1)(self.0, character))
        }
    }
    write!(Characters(out, write), "{data}")
}

/// Writes `value` and fills up to `width` columns behind it.
pub fn left(out: &mut impl Write, width: usize, value: impl Display) -> fmt::Result {
    write!(out, "{value}")?;
    fill(out, width.saturating_sub(columns(&value)), ' ')
}

/// Fills up to `width` columns with `filler` and writes `value` behind it.
pub fn right(out: &mut impl Write, width: usize, filler: char, value: impl Display) -> fmt::Result {
    fill(out, width.saturating_sub(columns(&value)), filler)?;
    write!(out, "{value}")
}

fn fill(out: &mut impl Write, count: usize, filler: char) -> fmt::Result {
    (0..count).try_for_each(|_| out.write_char(filler))
}

/// Data from outside with U+FFFD for invisible characters: a right-to-left
/// override in the name of a process would turn the whole line around, and a line feed
/// would begin another line.
#[derive(Clone, Copy, Debug)]
pub struct Visible<T>(pub T);

impl<T: Display> Display for Visible<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        by_character(f, &self.0, visible)
    }
}

fn visible(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    let hidden = character.is_control() || is_in(&HIDDEN, character);
    f.write_char(if hidden { char::REPLACEMENT_CHARACTER } else { character })
}

/// Text that a function writes.
pub fn written(write: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result) -> impl Display {
    struct Written<F>(F);
    impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> Display for Written<F> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (self.0)(f)
        }
    }
    Written(write)
}

/// Text in at most so many columns; longer text ends in an ellipsis.
pub struct Cut<T>(pub T, pub usize);

impl<T: Display> Display for Cut<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cut(f, &self.0, self.1)
    }
}

fn cut(f: &mut fmt::Formatter<'_>, text: &dyn Display, most: usize) -> fmt::Result {
    if columns(text) <= most {
        return text.fmt(f);
    }
    let mut left = most.saturating_sub(1);
    by_character(f, text, |f, character| {
        let room = left.checked_sub(character_columns(character));
        // The first character without room ends the text: no narrower one may follow.
        left = room.unwrap_or(0);
        if room.is_some() { f.write_char(character) } else { Ok(()) }
    })?;
    f.write_char('…')
}

/// Characters that set the direction, join others or have no width, and separators of lines:
/// Unicode's General_Category Cf, Zl and Zp, as far as they matter in one line. The fillers of
/// Hangul are letters, but invisible.
const HIDDEN: [(char, char); 12] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e007f}'),
];

/// Blocks of characters that take two columns: the bulk of `East_Asian_Width` W
/// and F (Unicode Annex 11).
const WIDE: [(char, char); 8] = [
    ('\u{1100}', '\u{115f}'),
    ('\u{2e80}', '\u{a4cf}'),
    ('\u{ac00}', '\u{d7a3}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{fe30}', '\u{fe6f}'),
    ('\u{ff00}', '\u{ff60}'),
    ('\u{1f300}', '\u{1faff}'),
    ('\u{20000}', '\u{3fffd}'),
];

fn character_columns(character: char) -> usize {
    if is_in(&WIDE, character) { 2 } else { 1 }
}

fn is_in(blocks: &[(char, char)], character: char) -> bool {
    blocks.iter().any(|(first, last)| (first..=last).contains(&&character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_is_in_them() {
        for value in ["", "a", "é", "日本", "🦀", "日本語日本語"] {
            let mut before = String::new();
            right(&mut before, 8, ' ', value).unwrap();
            let mut behind = String::new();
            left(&mut behind, 8, value).unwrap();
            let expected = columns(value).max(8);
            assert_eq!((columns(&before), columns(&behind)), (expected, expected), "{value}");
        }
    }

    #[test]
    fn what_hides_is_shown() {
        let check = |text: &str, shown: &str| assert_eq!(Visible(text).to_string(), shown);
        check("日本 – é", "日本 – é");
        check("evil\u{202e}gpj.sh", "evil\u{fffd}gpj.sh");
        check("a\u{200b}b\u{e0041}", "a\u{fffd}b\u{fffd}");
        check("a\tb\nc\u{85}", "a\u{fffd}b\u{fffd}c\u{fffd}");
    }

    #[test]
    fn what_is_too_long_is_cut_to_its_columns() {
        let check = |text: &str, shown: &str| assert_eq!(Cut(text, 6).to_string(), shown);
        check("", "");
        check("sixsix", "sixsix");
        check("seven77", "seven…");
        check("日本語", "日本語");
        check("日本語日", "日本…");
        // A narrow character behind a wide one without room is left out, too.
        check("abcd日e", "abcd…");
    }
}
