//! Values in the displayed unit (per cent, °C, GHz), without the unit's name: `23`, `54`, `3.2`,
//! `16.4G`, `firefox`.
//!
//! The text around a figure names per cent, degrees and gigahertz. Bytes and times come in
//! every size and carry a letter.

use std::fmt::{self, Display};

use rstat_shm::fields::{Unit, Value, name_of};

use crate::figures::metric::Metric;
use crate::figures::quantity::{Amount, ByteUnit, Elapsed, Utc};
use crate::text::columns::Visible;

/// A fixed size of the unit: the `G` of `{memory.used:.1G}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    letter: char,
    /// Powers of 1000 or of 1024.
    power: u32,
}

impl Scale {
    /// The letters, smallest first.
    const LETTERS: [char; 5] = ['B', 'K', 'M', 'G', 'T'];

    /// The scale of a letter, `K` for 1024 bytes or 1000 cycles a second.
    pub fn from_letter(letter: char) -> Option<Self> {
        let power = Self::LETTERS.iter().position(|known| *known == letter)? as u32;
        Some(Self { letter, power })
    }

    /// Whether a unit comes in this size.
    pub fn suits(self, unit: Unit) -> bool {
        match unit {
            Unit::Bytes | Unit::BytesPerSecond => true,
            Unit::KiloHertz | Unit::MegaHertz => self.letter != 'B',
            _ => false,
        }
    }
}

/// A value with its format.
#[derive(Clone, Copy)]
pub struct Figure<'a> {
    /// The value.
    pub value: Value<'a>,
    /// The field's unit, from which the displayed unit follows; `None`: the number stays as it is.
    pub unit: Option<Unit>,
    /// The decimals of a number; `None`: as many as mean something.
    pub precision: Option<usize>,
    /// The size of the unit; `None`: a size that suits the number.
    pub scale: Option<Scale>,
}

impl Metric {
    /// The figure of a value, in the displayed unit (per cent, °C, GHz) unless the metric is raw.
    pub fn figure<'a>(&self, value: Value<'a>) -> Figure<'a> {
        Figure { value, unit: (!self.is_raw).then_some(self.unit), precision: None, scale: None }
    }
}

impl Display for Figure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Value::Text(text) => Visible(text).fmt(f),
            Value::Number(number) => self.number(f, number),
        }
    }
}

impl Figure<'_> {
    fn number(&self, f: &mut fmt::Formatter<'_>, number: i128) -> fmt::Result {
        let Some(unit) = self.unit else {
            return write!(f, "{number}");
        };
        // (the displayed unit) / (the unit of the field), and decimals that mean something.
        let (divisor, decimals) = match unit {
            Unit::Count | Unit::Text | Unit::PerSecond | Unit::PerMinute => (1, 0),
            Unit::Name(names) => {
                return match name_of(names, number) {
                    Some(name) => f.write_str(name),
                    // A number without a name in this version is shown as a number.
                    None => write!(f, "{number}"),
                };
            }
            Unit::Ppm => (10_000, 0),
            Unit::Milli => (1_000, 2),
            Unit::MilliCelsius => (1_000, 0),
            Unit::KiloHertz => (self.hertz() / 1_000, 1),
            Unit::MegaHertz => match self.hertz() / 1_000_000 {
                // Megahertz as kilohertz.
                0 => return write!(f, "{}", number * 1_000),
                divisor => (divisor, 1),
            },
            Unit::MicroWatts => (1_000_000, 1),
            Unit::Bytes | Unit::BytesPerSecond => return self.bytes(f, number),
            Unit::Nanoseconds => return self.time(f, number),
            Unit::Realtime => return Utc(number as u64).fmt(f),
            Unit::Bits(_) => return write!(f, "{number:#x}"),
        };
        let decimals = if divisor == 1 { 0 } else { decimals };
        decimal(f, number, divisor, self.precision.unwrap_or(decimals))
    }

    /// Cycles a second in one displayed unit: a gigahertz, or the scale.
    fn hertz(&self) -> i128 {
        1_000_i128.pow(self.scale.map_or(3, |scale| scale.power))
    }

    fn bytes(&self, f: &mut fmt::Formatter<'_>, number: i128) -> fmt::Result {
        let bytes = number as u64;
        let unit = ByteUnit::of(bytes);
        let own = (unit.power(), unit.letter());
        let (power, letter) = self.scale.map_or(own, |scale| (scale.power, ""));
        match (self.scale, self.precision) {
            (None, None) => write!(f, "{}", Amount { bytes, unit, digits: 3 })?,
            (_, precision) => {
                let decimals = precision.unwrap_or(usize::from(power > 0));
                decimal(f, number, 1 << (10 * power), decimals)?;
            }
        }
        f.write_str(letter)
    }

    fn time(&self, f: &mut fmt::Formatter<'_>, number: i128) -> fmt::Result {
        match self.precision {
            Some(precision) => decimal(f, number, 1_000_000_000, precision),
            None => write!(f, "{}", Elapsed(number as u64)),
        }
    }
}

/// The most decimals: further digits would be zeros.
const MAX_DECIMALS: usize = 9;

/// Writes `number / divisor` with `decimals`, nine at most, rounded to the nearest, halves up.
pub fn decimal(
    f: &mut impl fmt::Write,
    number: i128,
    divisor: i128,
    decimals: usize,
) -> fmt::Result {
    let decimals = decimals.min(MAX_DECIMALS);
    let one = 10_i128.pow(decimals as u32);
    let scaled = (number * one + divisor / 2).div_euclid(divisor);
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, rest) = (scaled.abs() / one, scaled.abs() % one);
    write!(f, "{sign}{whole}")?;
    if decimals > 0 { write!(f, ".{rest:0decimals$}") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(number: i128, unit: Unit, precision: Option<usize>, scale: Option<char>) -> String {
        let scale = scale.map(|letter| Scale::from_letter(letter).unwrap());
        Figure { value: Value::Number(number), unit: Some(unit), precision, scale }.to_string()
    }

    #[test]
    fn a_figure_is_in_the_unit_that_people_expect() {
        let check = |number, unit, expected: &str| {
            assert_eq!(shown(number, unit, None, None), expected);
        };
        check(234_000, Unit::Ppm, "23");
        check(54_400, Unit::MilliCelsius, "54");
        check(-5_500, Unit::MilliCelsius, "-5");
        check(3_210_000, Unit::KiloHertz, "3.2");
        check(450, Unit::MegaHertz, "0.5");
        check(14_240_000, Unit::MicroWatts, "14.2");
        check(1_924, Unit::Milli, "1.92");
        check(17_610_833_920, Unit::Bytes, "16.4G");
        check(0, Unit::BytesPerSecond, "0B");
        check(1_048_575, Unit::Bytes, "1.0M");
        check(9_240, Unit::Nanoseconds, "9.2 µs");
        check(8_123, Unit::PerSecond, "8123");
        check(2, Unit::Name(&["charging", "discharging"]), "discharging");
        check(3, Unit::Name(&["charging", "discharging"]), "3");
        check(0, Unit::Name(&["charging", "discharging"]), "0");
    }

    #[test]
    fn precision_and_size_can_be_asked_for() {
        let check = |number, unit, precision, letter, expected: &str| {
            assert_eq!(shown(number, unit, precision, letter), expected);
        };
        check(234_567, Unit::Ppm, Some(1), None, "23.5");
        check(999_999, Unit::Ppm, Some(1), None, "100.0");
        check(-40, Unit::MilliCelsius, Some(1), None, "0.0");
        check(-400, Unit::MilliCelsius, Some(1), None, "-0.4");
        check(17_610_833_920, Unit::Bytes, Some(2), None, "16.40G");
        check(17_610_833_920, Unit::Bytes, None, Some('G'), "16.4");
        check(17_610_833_920, Unit::Bytes, Some(0), Some('M'), "16795");
        check(1_500, Unit::BytesPerSecond, None, Some('B'), "1500");
        check(3_210_000, Unit::KiloHertz, Some(0), Some('M'), "3210");
        check(450, Unit::MegaHertz, None, Some('M'), "450");
        check(450, Unit::MegaHertz, None, Some('K'), "450000");
        check(450, Unit::MegaHertz, Some(2), None, "0.45");
        check(1_500_000_000, Unit::Nanoseconds, Some(1), None, "1.5");
        check(234_567, Unit::Ppm, Some(99), None, "23.456700000");
        check(i128::from(u64::MAX), Unit::Bytes, Some(9), None, "16.000000000E");
        check(i128::from(u64::MAX), Unit::Nanoseconds, Some(9), None, "18446744073.709551615");
    }
}
