//! Values of options as people type them: numbers, lists, pairs, words; and the errors of wrong
//! values.

use std::error::Error;
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::PathBuf;

use crate::decimal::Decimal;

/// The mistake in an option's value, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    text: String,
    form: Form,
}

/// The kind of an error's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A sentence about the value.
    Sentence,
    /// The end of a sentence that begins with the option.
    Predicate,
    /// The whole sentence, with the option's name.
    Whole,
}

impl OptionError {
    /// A sentence about the value: `it is a number`.
    pub fn new(why: impl Display) -> Self {
        Self { text: why.to_string(), form: Form::Sentence }
    }

    /// The end of a sentence that begins with the option: `takes a number`.
    pub fn predicate(why: impl Display) -> Self {
        Self { text: why.to_string(), form: Form::Predicate }
    }

    /// A sentence that names the option itself.
    pub fn whole(why: impl Display) -> Self {
        Self { text: why.to_string(), form: Form::Whole }
    }

    /// An unknown name, with the nearest known name.
    pub fn name(kind: &str, name: &str, known: impl IntoIterator<Item = &'static str>) -> Self {
        Self::new(match nearest(name, known) {
            Some(nearest) => format!("unknown {kind} `{name}`; did you mean `{nearest}`?"),
            None => format!("unknown {kind} `{name}`"),
        })
    }

    /// The whole sentence for the option of that name on a command line.
    pub fn of_option(&self, name: &str) -> String {
        match self.form {
            Form::Sentence => format!("--{name}: {self}"),
            Form::Predicate => format!("--{name} {self}"),
            Form::Whole => self.text.clone(),
        }
    }
}

impl Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for OptionError {}

/// A number.
pub fn number(name: &str, text: &str) -> Result<Decimal, OptionError> {
    let number = Decimal::parse(text);
    number.ok_or_else(|| OptionError::new(format_args!("{name} is a number, not '{text}'")))
}

/// A whole number up to `most`.
pub fn count(text: &str, most: usize) -> Result<usize, OptionError> {
    let count = text.parse().ok().filter(|count| *count <= most);
    count.ok_or_else(|| {
        OptionError::new(format_args!("it is a number from 0 to {most}, not '{text}'"))
    })
}

/// The pairs of `NAME=VALUE,NAME=VALUE`.
pub fn pairs(text: &str) -> impl Iterator<Item = Result<(&str, &str), OptionError>> {
    text.split(',').map(|pair| {
        let parts = pair.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        parts.ok_or_else(|| OptionError::new(format_args!("'{pair}' is not NAME=VALUE")))
    })
}

/// Remembers the name that stands at `index` in a table, as a bit of `seen`: a name with two
/// values is a mistake.
pub fn once(seen: &mut u64, index: usize, name: &str) -> Result<(), OptionError> {
    let bit = 1 << index;
    if *seen & bit != 0 {
        return Err(OptionError::new(format_args!("{name} is there twice")));
    }
    *seen |= bit;
    Ok(())
}

/// The value that a word stands for.
pub fn word<T: Copy>(words: &[(&'static str, T)], text: &str) -> Result<T, OptionError> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        OptionError::new(format_args!("it is one of {}, not '{text}'", words.join(", ")))
    })
}

/// `true` or `false`; an empty text is `true`.
pub fn switch(text: &str) -> Result<bool, OptionError> {
    word(&[("", true), ("true", true), ("false", false)], text)
        .map_err(|_| OptionError::new(format_args!("it is true or false, not '{text}'")))
}

/// The path of a file; an empty path is an error, as it comes from a variable that is not set.
pub fn path(value: OsString) -> Result<PathBuf, OptionError> {
    if value.is_empty() {
        return Err(OptionError::new("it is the path of a file, not ''"));
    }
    Ok(value.into())
}

/// Stores a value in `target`, or returns its error.
pub fn put<T>(target: &mut T, value: Result<T, OptionError>) -> Result<(), OptionError> {
    *target = value?;
    Ok(())
}

/// The known name that becomes `name` with the fewest changed letters.
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
