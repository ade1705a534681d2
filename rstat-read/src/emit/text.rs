//! Text in columns, and process names as people may see them.
//!
//! Padding counts what a terminal or a monospaced font shows, not bytes: a
//! Chinese character is two columns wide, an escape sequence of a markup none.

use std::fmt::{self, Display, Write};

use rstat_shm::snapshot::{Comm, Process};

/// What stands where nothing is known.
pub const UNKNOWN: &str = "–";
/// A space as wide as a digit, for fonts in which the plain one is narrower.
pub const FIGURE_SPACE: char = '\u{2007}';

/// Columns that `value` takes.
pub fn columns(value: impl Display) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 += text.chars().map(character_columns).sum::<usize>();
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting cannot fail, and none of our values does.
    let _ = write!(count, "{value}");
    count.0
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

/// The name of a row in a top list: `firefox ×31`.
pub struct Name<'a>(pub &'a Process);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.comm == Comm::default() {
            f.write_str(UNKNOWN)?;
        } else {
            write!(Visible(f), "{}", self.0.comm)?;
        }
        match self.0.count {
            0 | 1 => Ok(()),
            count => write!(f, " ×{count}"),
        }
    }
}

/// Passes text on without characters that are not seen but change what is:
/// a process name with a right-to-left override would turn its whole line around.
struct Visible<'a, W>(&'a mut W);

impl<W: Write> Write for Visible<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| {
            let hidden = HIDDEN.iter().any(|(first, last)| (first..=last).contains(&&character));
            self.0.write_char(if hidden { char::REPLACEMENT_CHARACTER } else { character })
        })
    }
}

/// Characters of direction, of joining and of no width, and separators of lines
/// (Unicode's General_Category Cf, Zl and Zp, as far as they matter in one line).
const HIDDEN: [(char, char); 6] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
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
    let wide = WIDE.iter().any(|(first, last)| (first..=last).contains(&&character));
    if wide { 2 } else { 1 }
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
    fn names_show_what_they_hide() {
        let check = |bytes: &[u8], count, shown: &str| {
            let mut row = Process { count, ..Process::default() };
            row.comm.0[..bytes.len()].copy_from_slice(bytes);
            assert_eq!(Name(&row).to_string(), shown, "{bytes:?}");
        };
        check(b"firefox", 31, "firefox ×31");
        check(b"firefox", 1, "firefox");
        check(b"", 1, "–");
        check("evil\u{202e}gpj.sh".as_bytes(), 1, "evil\u{fffd}gpj.sh");
        check("a\u{200b}b".as_bytes(), 1, "a\u{fffd}b");
        check(b"a\tb\xff", 1, "a\u{fffd}b\u{fffd}");
    }
}
