//! JSON as far as rstat writes it: strings, keys, and the commas between.
//!
//! Numbers are Rust's own integers. The text is valid UTF-8 without raw control
//! characters, whatever the data.

use std::fmt::{self, Display, Write};

/// Escapes text for the inside of a JSON string.
///
/// A backslash becomes `\u005c`, never `\\`: Waybar replaces each `\x` in a line
/// by `\u00` before it parses it (`src/modules/custom.cpp`), in the middle of a
/// `\\x2d` too.
pub struct Escape<'a, W>(pub &'a mut W);

impl<W: Write> Write for Escape<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c.is_control()) {
            let (good, from) = rest.split_at(at);
            self.0.write_str(good)?;
            let mut characters = from.chars();
            match characters.next() {
                Some('"') => self.0.write_str("\\\"")?,
                Some('\n') => self.0.write_str("\\n")?,
                Some(character) => write!(self.0, "\\u{:04x}", u32::from(character))?,
                None => {}
            }
            rest = characters.as_str();
        }
        self.0.write_str(rest)
    }
}

/// Writes a string with its quotes.
pub fn string(out: &mut impl Write, value: impl Display) -> fmt::Result {
    out.write_char('"')?;
    write!(Escape(out), "{value}")?;
    out.write_char('"')
}

/// Writes a member that is a string.
pub fn member(out: &mut String, name: &str, value: impl Display) -> fmt::Result {
    key(out, name)?;
    string(out, value)
}

/// Writes a member's key, after a comma unless it is the first of its object.
pub fn key(out: &mut String, name: impl Display) -> fmt::Result {
    separate(out, '{');
    string(out, name)?;
    out.push(':');
    Ok(())
}

/// Makes room for an element of an array: a comma unless it is the first.
pub fn element(out: &mut String) {
    separate(out, '[');
}

// A brace or bracket inside a string is followed by a quote. So the last character alone
// shows whether an object or array has just begun.
fn separate(out: &mut String, opening: char) {
    if !out.ends_with(opening) {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_so_that_bars_read_them_back() {
        let check = |value: &str, expected: &str| {
            let mut out = String::new();
            string(&mut out, value).unwrap();
            assert_eq!(out, expected);
        };
        check("", r#""""#);
        check("plain – 🦀", r#""plain – 🦀""#);
        check("a\"b", r#""a\"b""#);
        check("\\x2d", r#""\u005cx2d""#);
        check("line\nline\ttab\0\u{7f}\u{85}", r#""line\nline\u0009tab\u0000\u007f\u0085""#);
    }

    #[test]
    fn commas_stand_between_members_and_nowhere_else() {
        let mut out = String::from("{");
        key(&mut out, "a").unwrap();
        string(&mut out, "{").unwrap();
        key(&mut out, "b").unwrap();
        out.push('[');
        element(&mut out);
        out.push('1');
        element(&mut out);
        out.push('2');
        out.push_str("]}");
        assert_eq!(out, r#"{"a":"{","b":[1,2]}"#);
    }
}
