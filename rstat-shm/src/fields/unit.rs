//! The types that a field can have, and the units that it can count.

use crate::fields::sizes::Size;

/// How a field's bytes are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned, 4 bytes.
    U32,
    /// Signed, 4 bytes.
    I32,
    /// Unsigned, 8 bytes.
    U64,
    /// So many bytes of anything, then zeros.
    Text(&'static Size),
}

impl Kind {
    /// Bytes that the field takes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U32 | Self::I32 => 4,
            Self::U64 => 8,
            Self::Text(size) => size.value,
        }
    }

    /// A field lies at a multiple of this number. Texts lie on whole words.
    pub const fn alignment(self) -> usize {
        match self {
            Self::U32 | Self::I32 => 4,
            Self::U64 | Self::Text(_) => 8,
        }
    }
}

/// What a field's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A number that is a set of bits, not a quantity. The names are those of the
    /// bits, lowest first, where the field is not about groups.
    Bits(&'static [&'static str]),
    /// A number that names something: 1 is the first of these.
    Name(&'static [&'static str]),
    /// A name from outside: data, not to be trusted.
    Text,
    /// Parts per million.
    Ppm,
    /// Thousandths.
    Milli,
    /// Thousandths of a degree Celsius.
    MilliCelsius,
    /// Thousands of cycles a second.
    KiloHertz,
    /// Millions of cycles a second.
    MegaHertz,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Things a second.
    PerSecond,
    /// Revolutions a minute.
    PerMinute,
    /// Millionths of a watt.
    MicroWatts,
    /// Nanoseconds: a time span, or a time of a clock with no date.
    Nanoseconds,
    /// Nanoseconds since 1970 (UTC).
    Realtime,
}

impl Unit {
    /// The word for the unit in `PROTOCOL.md` and in the C library.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count | Self::Bits(&[]) => "count",
            Self::Bits(_) => "bits",
            Self::Name(_) => "name",
            Self::Text => "text",
            Self::Ppm => "ppm",
            Self::Milli => "milli",
            Self::MilliCelsius => "milli-celsius",
            Self::KiloHertz => "kilohertz",
            Self::MegaHertz => "megahertz",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "bytes per second",
            Self::PerSecond => "per second",
            Self::PerMinute => "per minute",
            Self::MicroWatts => "microwatts",
            Self::Nanoseconds | Self::Realtime => "nanoseconds",
        }
    }
}
