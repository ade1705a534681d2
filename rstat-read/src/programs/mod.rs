//! The two executables but for their arguments, and what both have in common:
//! how they fail, and how they end when nobody reads their output any more.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::text::columns::Visible;

pub mod read;
#[cfg(feature = "watch")]
pub mod watch;
pub mod waybar;

mod ending;
mod patient;
mod signals;

use patient::Patient;

/// Why a program ends other than by being done.
#[derive(Debug)]
pub enum Failure {
    /// The command line is wrong; says how.
    Usage(String),
    /// Something could not be done; says what and why.
    Run(String),
    /// The output could not be written.
    Output(io::Error),
}

/// Writes `text` to the standard output, all of it now.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut output = Patient(io::stdout().lock());
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(Failure::Output)
}

/// The path that an option was given; an empty one is a variable that was not set.
pub fn path(option: &str, value: OsString) -> Result<PathBuf, Failure> {
    if value.is_empty() {
        return Err(Failure::Usage(format!("--{option}: it is the path of a file, not ''")));
    }
    Ok(value.into())
}

/// The exit code of a program, after it has said on one line why it failed: 1
/// for what could not be done, 2 for a wrong command line. A reader that has
/// enough and closes the pipe is no failure: Rust ignores SIGPIPE, so the error
/// arrives here.
pub fn finish(program: &str, result: Result<(), Failure>) -> ExitCode {
    let (why, code) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return ExitCode::SUCCESS;
        }
        Err(Failure::Output(error)) => (format!("write output: {}", reason(&error)), 1),
        Err(Failure::Run(why)) => (why, 1),
        Err(Failure::Usage(why)) => (format!("{why} (see {program} --help)"), 2),
    };
    tell(program, &why);
    ExitCode::from(code)
}

/// Says on one line what went wrong.
fn tell(program: &str, why: &str) {
    // What was typed is part of it. Nobody is left to tell that it could not be told.
    let _ = writeln!(io::stderr(), "{program}: {}", Visible(why));
}

/// Why a system call failed; std appends "(os error 2)", which tells a reader nothing.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}
