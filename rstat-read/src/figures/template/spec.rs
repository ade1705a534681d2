//! Width, precision and alignment of a figure, as in format strings of Rust and Python:
//! `>3`, `<12.12`, `.1G`.

use crate::figures::figure::Scale;

/// The most columns: more than any bar has.
const MAX_WIDTH: usize = 999;
/// The most decimals: more than any figure has.
const MAX_PRECISION: usize = 99;

/// The text behind the colon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// The filler up to the width.
    pub filler: Option<char>,
    /// The alignment; without any, numbers stand to the right and names to the left.
    pub align: Option<Align>,
    /// The least number of columns.
    pub width: usize,
    /// The decimals of a number, or the most columns of a name.
    pub precision: Option<usize>,
    /// The size of the unit.
    pub scale: Option<Scale>,
}

/// The side at which a figure stands in its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `^`
    Middle,
    /// `>`
    Right,
}

impl Align {
    fn from_character(character: char) -> Option<Self> {
        match character {
            '<' => Some(Self::Left),
            '^' => Some(Self::Middle),
            '>' => Some(Self::Right),
            _ => None,
        }
    }
}

impl Spec {
    /// Reads a format; an error is the mistake.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut spec = Self::default();
        let mut rest = spec.take_align(text);
        if let Some(digits) = rest.strip_prefix('0').filter(|_| spec.filler.is_none()) {
            spec.filler = Some('0');
            rest = digits;
        }
        if let Some((width, behind)) = number(rest, MAX_WIDTH)? {
            (spec.width, rest) = (width, behind);
        }
        if let Some(behind) = rest.strip_prefix('.') {
            let Some((precision, behind)) = number(behind, MAX_PRECISION)? else {
                return Err("a precision such as `.1` needs its number");
            };
            (spec.precision, rest) = (Some(precision), behind);
        }
        let mut left = rest.chars();
        if let Some(letter) = left.next() {
            spec.scale = Scale::from_letter(letter);
            if spec.scale.is_none() || left.next().is_some() {
                return Err("it is [[FILL]ALIGN][WIDTH][.PRECISION][SIZE], such as `>3` or `.1G`");
            }
        }
        Ok(spec)
    }

    fn take_align<'a>(&mut self, text: &'a str) -> &'a str {
        let mut characters = text.chars();
        let first = characters.next();
        let behind_first = characters.as_str();
        if let Some(align) = characters.next().and_then(Align::from_character) {
            (self.filler, self.align) = (first, Some(align));
            return characters.as_str();
        }
        self.align = first.and_then(Align::from_character);
        if self.align.is_some() { behind_first } else { text }
    }
}

/// The number at the beginning, if there is one, and the rest.
fn number(text: &str, most: usize) -> Result<Option<(usize, &str)>, &'static str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end == 0 {
        return Ok(None);
    }
    match text[..end].parse() {
        Ok(number) if number <= most => Ok(Some((number, &text[end..]))),
        _ => Err("a width is at most 999 columns, a precision 99"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_rust_and_python() {
        let check = |text: &str, expected: Spec| assert_eq!(Spec::parse(text), Ok(expected));
        let none = Spec::default();
        check("", none);
        check("3", Spec { width: 3, ..none });
        check("03", Spec { width: 3, filler: Some('0'), ..none });
        check(">3", Spec { width: 3, align: Some(Align::Right), ..none });
        check(
            "_<12.12",
            Spec {
                filler: Some('_'),
                align: Some(Align::Left),
                width: 12,
                precision: Some(12),
                ..none
            },
        );
        check("^^5", Spec { filler: Some('^'), align: Some(Align::Middle), width: 5, ..none });
        check("0>5", Spec { filler: Some('0'), align: Some(Align::Right), width: 5, ..none });
        check(".1G", Spec { precision: Some(1), scale: Scale::from_letter('G'), ..none });
        check("6M", Spec { width: 6, scale: Scale::from_letter('M'), ..none });
    }

    #[test]
    fn what_is_no_format_says_why() {
        for wrong in ["x", "3d", ".", ".x", "1000", ".100", "GG", "99999999999999999999999"] {
            assert!(Spec::parse(wrong).is_err(), "{wrong}");
        }
    }
}
