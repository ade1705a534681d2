//! Values of options as people type them: numbers, lists, pairs, words; and what
//! to say of a wrong one.

use std::error::Error;
use std::fmt::{self, Display};

use crate::text::decimal::Decimal;

/// What is wrong with an option's value, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError(String);

impl OptionError {
    /// In words.
    pub fn new(why: impl Display) -> Self {
        Self(why.to_string())
    }

    /// There is no such thing, but some other one.
    pub fn name(kind: &str, name: &str, known: impl IntoIterator<Item = &'static str>) -> Self {
        match nearest(name, known) {
            Some(nearest) => Self(format!("unknown {kind} `{name}`; did you mean `{nearest}`?")),
            None => Self(format!("unknown {kind} `{name}`")),
        }
    }
}

impl Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for OptionError {}

/// A number.
pub fn number(name: &str, text: &str) -> Result<Decimal, OptionError> {
    let number = Decimal::parse(text);
    number.ok_or_else(|| OptionError(format!("{name} is a number, not '{text}'")))
}

/// A whole number up to `most`.
pub fn count(text: &str, most: usize) -> Result<usize, OptionError> {
    let count = text.parse().ok().filter(|count| *count <= most);
    count.ok_or_else(|| OptionError(format!("it is a number from 0 to {most}, not '{text}'")))
}

/// The pairs of `NAME=VALUE,NAME=VALUE`.
pub fn pairs(text: &str) -> impl Iterator<Item = Result<(&str, &str), OptionError>> {
    text.split(',').map(|pair| {
        let parts = pair.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        parts.ok_or_else(|| OptionError(format!("'{pair}' is not NAME=VALUE")))
    })
}

/// Which of so many names a list has had: whoever gives one two values means one of them.
#[derive(Clone, Copy, Debug)]
pub struct Once<const NAMES: usize>([bool; NAMES]);

impl<const NAMES: usize> Default for Once<NAMES> {
    fn default() -> Self {
        Self([false; NAMES])
    }
}

impl<const NAMES: usize> Once<NAMES> {
    /// Takes the name that stands at `index` in the table of all.
    pub fn take(&mut self, index: usize, name: &str) -> Result<(), OptionError> {
        if std::mem::replace(&mut self.0[index], true) {
            return Err(OptionError(format!("{name} is there twice")));
        }
        Ok(())
    }
}

/// What a word stands for.
pub fn word<T: Copy>(words: &[(&'static str, T)], text: &str) -> Result<T, OptionError> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        OptionError(format!("it is one of {}, not '{text}'", words.join(", ")))
    })
}

/// The name that takes the fewest changed letters to become `name`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().min_by_key(|known| distance(name, known))
}

/// Letters to insert, delete or replace to get from one name to the other (Levenshtein).
pub fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, left) in (1..).zip(one.chars()) {
        let mut diagonal = std::mem::replace(&mut row[0], line);
        for (column, right) in (1..).zip(other.chars()) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column];
            row[column] = replaced.min(diagonal + 1).min(row[column - 1] + 1);
        }
    }
    row[other.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        let known = ["cpu", "memory", "temperature", "swap"];
        for (typed, meant) in
            [("cup", "cpu"), ("memroy", "memory"), ("temprature", "temperature"), ("swp", "swap")]
        {
            assert_eq!(nearest(typed, known), Some(meant));
        }
        assert_eq!(nearest("cpu", []), None);
    }

    #[test]
    fn a_wrong_value_says_what_is_right() {
        let words = [("pango", 1), ("none", 2)];
        assert_eq!(word(&words, "none"), Ok(2));
        let wrong = word(&words, "html").unwrap_err();
        assert_eq!(wrong.to_string(), "it is one of pango, none, not 'html'");
        assert_eq!(count("12", 80), Ok(12));
        for text in ["81", "-1", "1.5", ""] {
            let wrong = count(text, 80).unwrap_err().to_string();
            assert_eq!(wrong, format!("it is a number from 0 to 80, not '{text}'"));
        }
    }
}
