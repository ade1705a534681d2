//! A mistake of a template, with its place.

use std::fmt::{self, Display};

use rstat_options::OptionError;

/// A template that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The place, in characters from the beginning; the first is 1.
    pub at: usize,
    /// The mistake.
    pub mistake: OptionError,
}

impl Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.at, self.mistake)
    }
}

impl std::error::Error for TemplateError {}
