//! Numbers as people read them: `23 %`, `16.4 GiB`, `54 °C`, `3.2 GHz`.
//!
//! Integers are rounded to the nearest, without floating point and without a locale. The
//! last digit always means something: one decimal below ten or a hundred, none above.

use std::fmt::{self, Display};

use rstat_shm::fields::{Unit, name_of};

const BYTE_UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Divides, and rounds to the nearest, halves up.
fn divide(number: u64, by: u64) -> u64 {
    (u128::from(number) + u128::from(by / 2)).checked_div(u128::from(by)).unwrap_or(0) as u64
}

fn tenths(f: &mut fmt::Formatter<'_>, tenths: u64) -> fmt::Result {
    write!(f, "{}.{}", tenths / 10, tenths % 10)
}

/// Prints a number in the unit that has `tenth` as its tenth part. A number below `whole` tenths
/// has a decimal.
fn rounded(f: &mut fmt::Formatter<'_>, number: u64, tenth: u64, whole: u64) -> fmt::Result {
    match divide(number, tenth) {
        small if small < whole => tenths(f, small),
        _ => write!(f, "{}", divide(number, tenth * 10)),
    }
}

/// Whole per cent of parts per million: `23`.
pub fn percent(ppm: u32) -> u64 {
    divide(ppm.into(), 10_000)
}

/// Parts per million with a decimal below ten per cent: `9.4 %`, `23 %`.
pub struct Share(pub u64);

impl Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        rounded(f, self.0, 1_000, 100)?;
        f.write_str(" %")
    }
}

/// A power of 1024.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteUnit(usize);

impl ByteUnit {
    /// The smallest unit of rates in tooltips: smaller rates do not matter, and must not
    /// flicker.
    pub const MIB: Self = Self(2);

    /// The largest unit of which `bytes`, rounded, are at least 1.
    pub fn of(bytes: u64) -> Self {
        let last = BYTE_UNITS.len() - 1;
        Self((0..last).find(|&unit| Self(unit).tenths(bytes) < 10_240).unwrap_or(last))
    }

    /// `GiB`.
    pub fn name(self) -> &'static str {
        BYTE_UNITS[self.0]
    }

    /// `G`.
    pub fn letter(self) -> &'static str {
        &self.name()[..1]
    }

    /// The power of 1024: 3 for gibibytes.
    pub fn power(self) -> u32 {
        self.0 as u32
    }

    fn tenths(self, bytes: u64) -> u64 {
        let unit = 1_u128 << (10 * self.0);
        ((u128::from(bytes) * 10 + unit / 2) / unit) as u64
    }
}

/// Bytes in a unit, without its name: `16.4`, `520`.
pub struct Amount {
    /// The number of bytes.
    pub bytes: u64,
    /// The unit.
    pub unit: ByteUnit,
    /// Two or three digits that mean something.
    pub digits: u32,
}

impl Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.unit.tenths(self.bytes);
        let whole = divide(number, 10);
        match (self.unit, self.digits, number) {
            (ByteUnit(0), ..) => write!(f, "{}", self.bytes),
            (_, _, ..100) | (_, 3.., ..1_000) => tenths(f, number),
            // Two digits of three: in tens.
            (_, ..3, 1_000..10_000) => write!(f, "{}", divide(whole, 10) * 10),
            _ => write!(f, "{whole}"),
        }
    }
}

/// Bytes in the unit that suits them: `16.4 GiB`.
pub struct Bytes {
    /// The number of bytes.
    pub bytes: u64,
    /// Digits, as in [`Amount`].
    pub digits: u32,
}

impl Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = ByteUnit::of(self.bytes);
        let amount = Amount { bytes: self.bytes, unit, digits: self.digits };
        write!(f, "{amount} {}", unit.name())
    }
}

/// Bytes a second, in MiB or a larger unit: `1.6 MiB/s`.
pub struct Rate(pub u64);

impl Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = ByteUnit::of(self.0).max(ByteUnit::MIB);
        let amount = Amount { bytes: self.0, unit, digits: 2 };
        write!(f, "{amount} {}/s", unit.name())
    }
}

/// Whole degrees of thousandths: `54`.
pub fn degrees(milli_celsius: i32) -> i64 {
    (i64::from(milli_celsius) + 500).div_euclid(1_000)
}

/// Thousands of cycles a second: `3.2 GHz`.
pub struct Frequency(pub u64);

impl Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tenths(f, divide(self.0, 100_000))?;
        f.write_str(" GHz")
    }
}

/// Millionths of a watt, with a decimal below a hundred: `14.2 W`.
pub struct Power(pub u64);

impl Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        rounded(f, self.0, 100_000, 1_000)?;
        f.write_str(" W")
    }
}

/// A part of a whole, in one unit: `16.4 of 31.2 GiB`.
pub struct PartOf(pub u64, pub u64);

impl Display for PartOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = ByteUnit::of(self.1);
        let amount = |bytes| Amount { bytes, unit, digits: 3 };
        write!(f, "{} of {} {}", amount(self.0), amount(self.1), unit.name())
    }
}

/// Thousandths with two decimals: `1.92`.
pub struct Milli(pub u64);

impl Display for Milli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = divide(self.0, 10);
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

/// A time span with two or three digits: `9.2 µs`, `140 ms`, `3.0 s`.
pub struct Elapsed(pub u64);

impl Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit_ns, name) = match self.0 {
            ..1_000 => return write!(f, "{} ns", self.0),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        rounded(f, self.0, unit_ns / 10, 1_000)?;
        write!(f, " {name}")
    }
}

/// Nanoseconds as seconds, with a decimal below ten: `4.2 s`.
pub struct Seconds(pub u64);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        rounded(f, self.0, 100_000_000, 100)?;
        f.write_str(" s")
    }
}

/// A time of CLOCK_REALTIME: `2026-03-21 14:03:22 UTC`.
pub struct Utc(pub u64);

impl Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000_000_000;
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        // Years begin in March here, so that the leap day is the last: eras of
        // 400 years, 146,097 days each (Hinnant, "chrono-compatible low-level
        // date algorithms", civil_from_days).
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
    }
}

/// A number in the unit of its field's row.
pub struct Quantity(pub Unit, pub i128);

impl Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(unit, value) = *self;
        let number = value as u64;
        match unit {
            Unit::Count | Unit::Text => write!(f, "{value}"),
            Unit::Bits(_) => write!(f, "{number:#x}"),
            // Without a name in this version the number is shown.
            Unit::Name(names) => match name_of(names, value) {
                Some(name) => f.write_str(name),
                None => write!(f, "{value}"),
            },
            Unit::Ppm => Share(number).fmt(f),
            Unit::Milli => Milli(number).fmt(f),
            Unit::MilliCelsius => write!(f, "{} °C", degrees(value as i32)),
            Unit::KiloHertz => Frequency(number).fmt(f),
            Unit::MegaHertz => Frequency(number * 1_000).fmt(f),
            Unit::Bytes => Bytes { bytes: number, digits: 3 }.fmt(f),
            Unit::BytesPerSecond => write!(f, "{}/s", Bytes { bytes: number, digits: 3 }),
            Unit::PerSecond => write!(f, "{number} /s"),
            Unit::PerMinute => write!(f, "{number} /min"),
            Unit::MicroWatts => Power(number).fmt(f),
            Unit::Nanoseconds => Elapsed(number).fmt(f),
            Unit::Realtime => Utc(number).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_what_can_be_read() {
        let check = |shown: &dyn Display, expected: &str| assert_eq!(shown.to_string(), expected);
        check(&Share(0), "0.0 %");
        check(&Share(94_400), "9.4 %");
        check(&Share(99_499), "9.9 %");
        check(&Share(99_500), "10 %");
        check(&Share(1_000_000), "100 %");
        let bytes = |bytes, digits| Bytes { bytes, digits };
        check(&bytes(0, 3), "0 B");
        check(&bytes(1_023, 3), "1023 B");
        check(&bytes(1_024, 3), "1.0 KiB");
        check(&bytes((1 << 20) - 1, 3), "1.0 MiB");
        check(&bytes(164 << 20, 3), "164 MiB");
        check(&bytes(164 << 20, 2), "160 MiB");
        check(&bytes(16_793 << 20, 3), "16.4 GiB");
        check(&bytes(16_793 << 20, 2), "16 GiB");
        check(&bytes(1_010 << 20, 2), "1010 MiB");
        check(&bytes(u64::MAX, 3), "16.0 EiB");
        check(&Rate(300_000), "0.3 MiB/s");
        check(&Rate(5 << 30), "5.0 GiB/s");
        check(&Frequency(3_249_000), "3.2 GHz");
        check(&Power(0), "0.0 W");
        check(&Power(14_249_999), "14.2 W");
        check(&Power(99_949_999), "99.9 W");
        check(&Power(99_950_000), "100 W");
        check(&PartOf(16_793 << 20, 31 << 30), "16.4 of 31.0 GiB");
        check(&Milli(1_924), "1.92");
        check(&Milli(u64::from(u32::MAX)), "4294967.30");
        check(&Seconds(124_000_000), "0.1 s");
        check(&Seconds(9_940_000_000), "9.9 s");
        check(&Seconds(9_960_000_000), "10 s");
        check(&Elapsed(999), "999 ns");
        check(&Elapsed(9_240), "9.2 µs");
        check(&Elapsed(140_400_000), "140 ms");
        check(&Elapsed(u64::MAX), "18446744074 s");
        check(&Utc(0), "1970-01-01 00:00:00 UTC");
        check(&Utc(951_782_400_000_000_000), "2000-02-29 00:00:00 UTC");
        check(&Utc(1_767_225_599_000_000_000), "2025-12-31 23:59:59 UTC");
        assert_eq!((percent(4_999), percent(5_000)), (0, 1));
        assert_eq!((degrees(-5_500), degrees(54_499), degrees(i32::MAX)), (-5, 54, 2_147_484));
    }
}
