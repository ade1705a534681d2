//! The rows that describe a command line.

use std::ffi::OsString;

use crate::value::{OptionError, switch};

/// A program and all that its command line may be.
pub struct Program<T: 'static> {
    /// The name of the executable.
    pub name: &'static str,
    /// What the program does, in lines.
    pub about: &'static str,
    /// The forms of the command line, without the name.
    pub usage: &'static [&'static str],
    /// The options except for `--help` and `--version`, which every program has.
    pub sections: &'static [Section<T>],
    /// Text behind the options, one piece after the other.
    pub notes: &'static [&'static str],
}

/// Options that belong together.
pub struct Section<T: 'static> {
    /// The title, without a colon; empty where the section before continues.
    pub title: &'static str,
    /// The options.
    pub options: &'static [Opt<T>],
}

/// One option, which sets a value in a `T`.
pub struct Opt<T> {
    /// The name, without dashes.
    pub name: &'static str,
    /// The name of the value; empty where there is none.
    pub value: &'static str,
    /// What the option does, in lines.
    pub help: &'static str,
    /// The possible words of the value, each with its help in lines.
    pub words: fn() -> Vec<(&'static str, &'static str)>,
    /// Whether the option is a command, which replaces the program's usual work. Commands exclude
    /// each other.
    pub is_command: bool,
    pub(crate) takes: Takes<T>,
    pub(crate) rule: fn(&T) -> Option<String>,
}

/// How an option is set.
pub(crate) enum Takes<T> {
    Nothing(fn(&mut T)),
    Switch(fn(&mut T, bool)),
    Text(fn(&mut T, &str) -> Result<(), OptionError>),
    Os(fn(&mut T, OsString) -> Result<(), OptionError>),
}

impl<T> Opt<T> {
    const fn new(
        name: &'static str,
        value: &'static str,
        help: &'static str,
        takes: Takes<T>,
    ) -> Self {
        Self { name, value, help, words: Vec::new, is_command: false, takes, rule: |_| None }
    }

    /// An option without a value.
    pub const fn flag(name: &'static str, help: &'static str, set: fn(&mut T)) -> Self {
        Self::new(name, "", help, Takes::Nothing(set))
    }

    /// An option that is `true` without a value, and may be `true` or `false`.
    pub const fn switch(name: &'static str, help: &'static str, set: fn(&mut T, bool)) -> Self {
        Self::new(name, "", help, Takes::Switch(set))
    }

    /// An option with a value of text.
    pub const fn text(
        name: &'static str,
        value: &'static str,
        help: &'static str,
        set: fn(&mut T, &str) -> Result<(), OptionError>,
    ) -> Self {
        Self::new(name, value, help, Takes::Text(set))
    }

    /// An option with a value that need not be text, such as a path.
    pub const fn os(
        name: &'static str,
        value: &'static str,
        help: &'static str,
        set: fn(&mut T, OsString) -> Result<(), OptionError>,
    ) -> Self {
        Self::new(name, value, help, Takes::Os(set))
    }

    /// The same option as a command.
    #[must_use]
    pub const fn command(mut self) -> Self {
        self.is_command = true;
        self
    }

    /// The same option with the possible words of its value.
    #[must_use]
    pub const fn of(mut self, words: fn() -> Vec<(&'static str, &'static str)>) -> Self {
        self.words = words;
        self
    }

    /// The same option with a rule: why it does not go with the other options, once
    /// all of them are set.
    #[must_use]
    pub const fn unless(mut self, rule: fn(&T) -> Option<String>) -> Self {
        self.rule = rule;
        self
    }

    /// Sets the option from its value; that of a switch may be empty.
    pub fn set(&self, target: &mut T, value: OsString) -> Result<(), OptionError> {
        #[expect(clippy::unnecessary_debug_formatting, reason = "the wrong bytes are shown")]
        let not_text = || format!("argument is invalid unicode: {value:?}");
        let text = || value.to_str().ok_or_else(|| OptionError::whole(not_text()));
        match self.takes {
            Takes::Nothing(set) => set(target),
            Takes::Switch(set) => set(target, switch(text()?)?),
            Takes::Text(set) => set(target, text()?)?,
            Takes::Os(set) => set(target, value)?,
        }
        Ok(())
    }
}
