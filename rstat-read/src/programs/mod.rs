//! The executables: command lines, loops, and how all of them start, fail and end.

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

/// The reason of a failure.
#[derive(Debug)]
pub enum Failure {
    /// A wrong command line, in words.
    Usage(String),
    /// A failed action, in words.
    Run(String),
    /// The output could not be written.
    Output(io::Error),
}

/// Writes all of `text` to the standard output at once.
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

/// Prints a failure on one line and returns the exit code: 1 for a failed action, 2 for a
/// wrong command line. A reader that closes the pipe is no failure: Rust ignores SIGPIPE, so
/// that error arrives here.
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
    complain(program, &why);
    ExitCode::from(code)
}

/// Prints one line to the standard error.
fn complain(program: &str, why: &str) {
    // The line may contain text that was typed. A failure to print it cannot be printed.
    let _ = writeln!(io::stderr(), "{program}: {}", Visible(why));
}

/// The reason of a failed system call, without the "(os error 2)" that std appends.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
