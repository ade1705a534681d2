//! Names as the kernel keeps them, and as people may read them.

use std::fmt;

/// A name of at most `N` bytes of anything, then zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Text<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Text<N> {
    /// The bytes before the first zero.
    pub fn bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(N);
        &self.0[..end]
    }
}

/// Valid UTF-8 whatever the bytes: control characters and foreign bytes become
/// U+FFFD, a character that the kernel cut in half at the end is left out.
impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.bytes(), f)
    }
}

/// A name as the words that a sample carries it in; it is shown as a [`Text`] is.
#[derive(Clone, Copy)]
pub struct WordText<'a>(pub &'a [u64]);

/// Words of the longest name that a sample has.
const MOST_WORDS: usize = 8;

impl WordText<'_> {
    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.0.first().is_none_or(|word| word.to_le_bytes()[0] == 0)
    }
}

impl fmt::Display for WordText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [[0; 8]; MOST_WORDS];
        for (bytes, word) in bytes.iter_mut().zip(self.0) {
            *bytes = word.to_le_bytes();
        }
        let bytes = bytes.as_flattened();
        show(bytes.split(|&byte| byte == 0).next().unwrap_or_default(), f)
    }
}

fn show(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write;
    let mut rest = bytes;
    while !rest.is_empty() {
        let (text, bad) = match std::str::from_utf8(rest) {
            Ok(text) => (text, 0),
            Err(error) => {
                let (good, _) = rest.split_at(error.valid_up_to());
                let text = std::str::from_utf8(good).unwrap_or_default();
                // No length: the bytes end inside a character.
                (text, error.error_len().unwrap_or(usize::MAX))
            }
        };
        for character in text.chars() {
            let shown =
                if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
            f.write_char(shown)?;
        }
        match bad {
            0 | usize::MAX => break,
            bad => {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
                rest = &rest[text.len() + bad..];
            }
        }
    }
    Ok(())
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::WordText;
    use crate::snapshot::Comm;

    #[test]
    fn a_name_is_shown_as_valid_text_whatever_its_bytes() {
        let check = |bytes: &[u8], shown: &str| {
            let mut comm = Comm::default();
            comm.0[..bytes.len()].copy_from_slice(bytes);
            assert_eq!(comm.to_string(), shown, "{bytes:?}");
            let words: Vec<_> =
                comm.0.chunks(8).map(|it| u64::from_le_bytes(it.try_into().unwrap())).collect();
            assert_eq!(WordText(&words).to_string(), shown, "{bytes:?}");
            assert_eq!(WordText(&words).is_empty(), bytes.is_empty());
        };
        check(b"bash", "bash");
        check(b"", "");
        check(b"<b>&\"\\x2d", "<b>&\"\\x2d");
        check(b"two\nlines", "two\u{fffd}lines");
        check(b"bad\xff\xfebytes", "bad\u{fffd}\u{fffd}bytes");
        // An emoji cut in half by the kernel's fifteen bytes.
        check("twelve bytes🦀".as_bytes().get(..15).unwrap(), "twelve bytes");
        check("sixteen bytes 🦀".as_bytes().get(..16).unwrap(), "sixteen bytes ");
    }
}
