//! Numbers as people write them in options: `70`, `0.5`, `-3`.
//!
//! A number is an integer of billionths: reading and writing floating-point numbers with std would
//! add 30 kB to the C library.

/// A decimal number, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i128);

/// Digits of a billionth.
const PLACES: i64 = 9;
/// Billionths of one.
const ONE: i128 = 1_000_000_000;
/// The most digits: more than the greatest number has.
const MOST_DIGITS: i64 = 40;

impl Decimal {
    /// Parses a text as std parses floating-point numbers: `-0.5`, `.5`, `7e1`. Digits below a
    /// billionth are cut off; a number that is too great becomes the greatest number.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (sign, text) = match text.strip_prefix('-') {
            Some(text) => (-1, text),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = || whole.bytes().chain(part.bytes());
        if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let count = whole.len() as i64 + i64::from(exponent) + PLACES;
        let count = count.clamp(0, text.len() as i64 + MOST_DIGITS) as usize;
        let digits = digits().chain(std::iter::repeat(b'0')).take(count);
        let billionths = digits.fold(0_i128, |number, digit| {
            number.saturating_mul(10).saturating_add((digit - b'0').into())
        });
        Some(Self(sign * billionths))
    }

    /// A whole number.
    pub fn whole(number: i32) -> Self {
        Self(i128::from(number) * ONE)
    }

    /// The number multiplied by `one`, rounded: 0.5 of 1000 is 500.
    pub fn of(self, one: i64) -> i128 {
        let half = ONE / 2 * self.0.signum();
        self.0.saturating_mul(one.into()).saturating_add(half) / ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for text in [
            "70",
            "0.5",
            ".25",
            "2.",
            "-0.5",
            "+3",
            "0.1234567899",
            "1e3",
            "2.5E-3",
            "-1e+2",
            "1e-99",
            "0e99",
            "007",
            "",
            ".",
            "-",
            "--1",
            "1.-5",
            "1.2.3",
            "e3",
            "1e",
            "1e1.5",
            "x",
            "٣",
            "1 ",
        ] {
            let expected = text.parse().ok().map(|number: f64| (number * 1e9).trunc() as i128);
            assert_eq!(Decimal::parse(text).map(|number| number.0), expected, "{text}");
        }
        for text in ["nan", "inf", "infinity"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn too_great_a_number_is_the_greatest() {
        let zeros = "0".repeat(100);
        for (text, sign) in [("1e99", 1), ("-1e300", -1), (&format!("1{zeros}"), 1)] {
            assert_eq!(Decimal::parse(text), Some(Decimal(sign * i128::MAX)), "{text}");
        }
        assert_eq!(Decimal::parse(&format!("{zeros}7")), Some(Decimal::whole(7)));
    }

    #[test]
    fn parts_of_a_number_are_rounded() {
        let of = |text, one| Decimal::parse(text).unwrap().of(one);
        assert_eq!((of("70.5", 10_000), of("-3.25", 1_000)), (705_000, -3_250));
        assert_eq!((of("0.0006", 1_000), of("-0.0006", 1_000), of("0.0004", 1_000)), (1, -1, 0));
    }
}
