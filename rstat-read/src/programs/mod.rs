//! The two executables but for their arguments, and what both have in common:
//! how they fail, and how they end when nobody reads their output any more.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use rstat_options::{Asked, Program};

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
fn print(text: &str) -> Result<(), Failure> {
    let mut output = Patient(io::stdout().lock());
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(Failure::Output)
}

/// Does what the command line asks the program for.
pub fn start<T: Default>(
    program: &Program<T>,
    run: impl FnOnce(T) -> Result<(), Failure>,
) -> ExitCode {
    let result = match program.parse(env::args_os().skip(1), T::default()) {
        Ok(Asked::Help) => print(&program.help()),
        Ok(Asked::Version) => print(&format!("{} {}\n", program.name, env!("CARGO_PKG_VERSION"))),
        Ok(Asked::Run(options)) => run(options),
        Err(error) => Err(Failure::Usage(error.to_string())),
    };
    finish(program.name, result)
}

/// The exit code of a program, after it has said on one line why it failed: 1
/// for what could not be done, 2 for a wrong command line. A reader that has
/// enough and closes the pipe is no failure: Rust ignores SIGPIPE, so the error
/// arrives here.
fn finish(program: &str, result: Result<(), Failure>) -> ExitCode {
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
