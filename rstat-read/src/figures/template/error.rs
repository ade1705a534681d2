//! The mistakes of a template, with their places.

use std::fmt::{self, Display};

use crate::figures::name::UnknownMetric;

/// A template that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The place, in characters from the beginning; the first is 1.
    pub at: usize,
    /// The mistake.
    pub mistake: Mistake,
}

/// A mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// A `{` without its `}`.
    OpenBrace,
    /// A `}` without its `{`.
    StrayBrace,
    /// There is no figure of that name.
    Metric(UnknownMetric),
    /// The text behind the colon is no format.
    Spec {
        /// The text.
        text: String,
        /// The mistake in it.
        why: &'static str,
    },
}

impl Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.at, self.mistake)
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenBrace => f.write_str("`{` has no `}`; for a brace itself write `{{`"),
            Self::StrayBrace => f.write_str("`}` has no `{`; for a brace itself write `}}`"),
            Self::Metric(unknown) => write!(f, "{unknown}"),
            Self::Spec { text, why } => write!(f, "format `{text}`: {why}"),
        }
    }
}

impl std::error::Error for TemplateError {}

impl std::error::Error for Mistake {}

impl From<UnknownMetric> for Mistake {
    fn from(unknown: UnknownMetric) -> Self {
        Self::Metric(unknown)
    }
}
