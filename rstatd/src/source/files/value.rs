//! A file that holds a value: opened once, read with `pread` at each tick.
//!
//! Reading allocates nothing. The result is a number, a word or bytes, or a [`ValueError`] that
//! says precisely what was wrong. The source knows the path of the file and the meaning of the
//! value.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::sys;

/// Longest number or word, line feed included: those of sysfs are far shorter.
pub const VALUE_BYTES: usize = 64;

/// A file held open.
#[derive(Debug)]
pub struct ValueFile {
    file: File,
    path: String,
}

/// Why a file gave no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// The system call failed, with this `errno`.
    Os(i32),
    /// The file was empty.
    Empty,
    /// Not a decimal number, or not one word.
    Malformed,
    /// Less than zero, for a quantity that is never negative.
    Negative,
    /// More than the type or the buffer holds.
    TooLarge,
}

impl ValueFile {
    /// `path` is the name of `file` in messages.
    pub fn new(file: File, path: String) -> Self {
        Self { file, path }
    }

    /// The path below the root, as messages show it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A decimal number that is not negative.
    pub fn unsigned(&self) -> Result<u64, ValueError> {
        parse_unsigned(self.word(&mut [0; VALUE_BYTES])?)
    }

    /// A decimal number that is not negative and fits 32 bits.
    pub fn unsigned32(&self) -> Result<u32, ValueError> {
        parse_unsigned32(self.word(&mut [0; VALUE_BYTES])?)
    }

    /// A decimal number.
    pub fn signed(&self) -> Result<i64, ValueError> {
        parse_signed(self.word(&mut [0; VALUE_BYTES])?)
    }

    /// One word, without the white space around it.
    pub fn word<'b>(&self, buffer: &'b mut [u8; VALUE_BYTES]) -> Result<&'b [u8], ValueError> {
        let bytes = self.bytes(buffer)?;
        if bytes.len() == VALUE_BYTES {
            return Err(ValueError::TooLarge);
        }
        let word = bytes.trim_ascii();
        if word.is_empty() {
            Err(ValueError::Empty)
        } else if word.iter().any(u8::is_ascii_whitespace) {
            Err(ValueError::Malformed)
        } else {
            Ok(word)
        }
    }

    /// The text of the file, cut at the end of `buffer`. One system call reads the file, so the
    /// whole text is of one moment.
    pub fn bytes<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], ValueError> {
        match self.file.read_at(buffer, 0) {
            Ok(0) => Err(ValueError::Empty),
            Ok(count) => Ok(&buffer[..count]),
            Err(error) => Err(error.into()),
        }
    }

    /// The whole text of the file, however long: `buffer` grows when it must. The kernel makes the
    /// text at the first call. Another call is needed only when the text did not fit
    /// (`seq_read_iter`).
    pub fn whole<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], ValueError> {
        let mut length = 0;
        loop {
            if length == buffer.len() {
                buffer.resize((length * 2).max(VALUE_BYTES), 0);
            }
            let count = self.file.read_at(&mut buffer[length..], length as u64)?;
            length += count;
            if length < buffer.len() {
                return if length == 0 { Err(ValueError::Empty) } else { Ok(&buffer[..length]) };
            }
        }
    }

    /// Whether the kernel reports that the value has changed since the last reading. Before the
    /// first reading, the kernel reports this for every file that it watches.
    pub fn has_changed(&self) -> bool {
        sys::has_priority_data(&self.file)
    }

    /// The value; `None` when the file has none at this moment, and an error with the path
    /// when the file is of no use any more.
    pub fn known<T>(&self, value: Result<T, ValueError>) -> io::Result<Option<T>> {
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_passing() => Ok(None),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// The error as messages show it: what failed, on which file. Its kind is `NotFound` when the
    /// device that the file is about has gone.
    pub fn failure(&self, error: ValueError) -> io::Error {
        io::Error::new(error.kind(), format!("read {}: {error}", self.path))
    }
}

impl From<io::Error> for ValueError {
    fn from(error: io::Error) -> Self {
        Self::Os(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl ValueError {
    /// Whether the device says "not now": a sensor without a reading yet
    /// (EAGAIN, ENODATA), a cpufreq policy whose CPUs are all offline (EBUSY), a signal.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Os(libc::EAGAIN | libc::EBUSY | libc::EINTR | libc::ENODATA))
    }

    /// The kind of error: `NotFound` for a device that has gone.
    pub fn kind(self) -> io::ErrorKind {
        match self {
            Self::Os(libc::ENODEV | libc::ENXIO) => io::ErrorKind::NotFound,
            Self::Os(number) => io::Error::from_raw_os_error(number).kind(),
            _ => io::ErrorKind::InvalidData,
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Os(number) => io::Error::from_raw_os_error(*number).fmt(f),
            Self::Empty => f.write_str("it is empty"),
            Self::Malformed => f.write_str("not what is expected there"),
            Self::Negative => f.write_str("a negative number"),
            Self::TooLarge => f.write_str("too large"),
        }
    }
}

impl std::error::Error for ValueError {}

/// Decimal digits and nothing else.
pub fn parse_unsigned(digits: &[u8]) -> Result<u64, ValueError> {
    match digits {
        [] => Err(ValueError::Empty),
        [b'-', rest @ ..] => Err(parse_unsigned(rest).err().unwrap_or(ValueError::Negative)),
        digits => digits.iter().try_fold(0_u64, |number, digit| {
            let digit = match digit {
                b'0'..=b'9' => u64::from(digit - b'0'),
                _ => return Err(ValueError::Malformed),
            };
            let number = number.checked_mul(10).ok_or(ValueError::TooLarge)?;
            number.checked_add(digit).ok_or(ValueError::TooLarge)
        }),
    }
}

/// As [`parse_unsigned`], for a number of 32 bits.
pub fn parse_unsigned32(digits: &[u8]) -> Result<u32, ValueError> {
    u32::try_from(parse_unsigned(digits)?).map_err(|_| ValueError::TooLarge)
}

/// A number with two decimals, which the kernel always prints, such as `12.34`: hundredths.
pub fn parse_hundredths(number: &[u8]) -> Result<u64, ValueError> {
    let (whole, hundredths) = match number {
        [whole @ .., b'.', tens, ones] => (whole, [*tens, *ones]),
        [b'-', ..] => return Err(ValueError::Negative),
        _ => return Err(ValueError::Malformed),
    };
    let whole = parse_unsigned(whole)?.checked_mul(100).ok_or(ValueError::TooLarge)?;
    whole.checked_add(parse_unsigned(&hundredths)?).ok_or(ValueError::TooLarge)
}

/// The values of the lines that begin with these prefixes, in any order. `parse` receives a
/// line's rest.
pub fn parse_lines<const N: usize>(
    text: &[u8],
    prefixes: [&str; N],
    parse: fn(&[u8]) -> Result<u64, ValueError>,
) -> Result<[Option<u64>; N], ValueError> {
    let mut values = [None; N];
    for line in text.split(|&byte| byte == b'\n') {
        for (prefix, value) in prefixes.iter().zip(&mut values) {
            if let Some(rest) = line.strip_prefix(prefix.as_bytes()) {
                *value = Some(parse(rest)?);
            }
        }
    }
    Ok(values)
}

/// As [`parse_unsigned`], with a `-` before the digits or not.
pub fn parse_signed(digits: &[u8]) -> Result<i64, ValueError> {
    let Some(digits) = digits.strip_prefix(b"-") else {
        return i64::try_from(parse_unsigned(digits)?).map_err(|_| ValueError::TooLarge);
    };
    match parse_unsigned(digits) {
        Ok(number) => 0_i64.checked_sub_unsigned(number).ok_or(ValueError::TooLarge),
        Err(ValueError::TooLarge) => Err(ValueError::TooLarge),
        Err(_) => Err(ValueError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_numbers_are_digits_only() {
        let check = |text: &str, expected| {
            assert_eq!(parse_unsigned(text.as_bytes()), expected, "{text:?}");
        };
        check("0", Ok(0));
        check("007", Ok(7));
        check("18446744073709551615", Ok(u64::MAX));
        check("18446744073709551616", Err(ValueError::TooLarge));
        check("99999999999999999999999999", Err(ValueError::TooLarge));
        check("", Err(ValueError::Empty));
        check("-1", Err(ValueError::Negative));
        check("-", Err(ValueError::Empty));
        check("--1", Err(ValueError::Negative));
        check("+1", Err(ValueError::Malformed));
        check("1 2", Err(ValueError::Malformed));
        check("0x10", Err(ValueError::Malformed));
        check("1.5", Err(ValueError::Malformed));
        check("<unknown>", Err(ValueError::Malformed));
        check("١", Err(ValueError::Malformed));
    }

    #[test]
    fn signed_numbers_reach_both_ends() {
        let check = |text: &str, expected| {
            assert_eq!(parse_signed(text.as_bytes()), expected, "{text:?}");
        };
        check("-5000", Ok(-5000));
        check("42000", Ok(42_000));
        check("9223372036854775807", Ok(i64::MAX));
        check("-9223372036854775808", Ok(i64::MIN));
        check("9223372036854775808", Err(ValueError::TooLarge));
        check("-9223372036854775809", Err(ValueError::TooLarge));
        check("-99999999999999999999", Err(ValueError::TooLarge));
        check("-", Err(ValueError::Malformed));
        check("--5", Err(ValueError::Malformed));
        check("", Err(ValueError::Empty));
    }

    #[test]
    fn only_answers_that_mean_not_now_are_passing() {
        let check = |error: ValueError, passing| assert_eq!(error.is_passing(), passing, "{error}");
        check(ValueError::Os(libc::EAGAIN), true);
        check(ValueError::Os(libc::EBUSY), true);
        check(ValueError::Os(libc::EINTR), true);
        check(ValueError::Os(libc::ENODATA), true);
        check(ValueError::Os(libc::ENODEV), false);
        check(ValueError::Os(libc::EIO), false);
        check(ValueError::Empty, false);
        check(ValueError::Malformed, false);
        check(ValueError::Negative, false);
        check(ValueError::TooLarge, false);
    }
}
