//! The faults of object files and of their relocations.

use std::fmt;

use super::btf::BtfError;

/// A fault of an object file, of a relocation in it, or of a request to change it. It is text
/// for people: no caller distinguishes faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(String);

impl Fault {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn of_section(section: &str, problem: &str) -> Self {
        Self(format!("section {section}: {problem}"))
    }

    /// A fault of a program, or of a function that it calls, at an instruction of that function.
    pub(super) fn of_program(function: &str, instruction: usize, problem: &str) -> Self {
        Self(format!("function {function}, instruction {instruction}: {problem}"))
    }
}

impl From<BtfError> for Fault {
    fn from(error: BtfError) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}
