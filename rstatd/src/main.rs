//! `rstatd`: arguments, one call, an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use rstatd::options::{self, Command, HELP, Options};
use rstatd::source::Root;
use rstatd::{bench, check, daemon, record};

fn main() -> ExitCode {
    let options = match options::parse(std::env::args_os().skip(1), options::path_variable()) {
        Ok(options) => options,
        Err(error) => {
            daemon::report(&error.to_string());
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(code) => code,
        Err(line) => {
            daemon::report(&line);
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, String> {
    match &options.command {
        Command::Run => daemon::run(options)?,
        Command::Once => daemon::once(options)?,
        Command::Check => {
            let works = check::run(options, &mut io::stdout())?;
            return Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Record(directory) => {
            record::run(&Root::default(), directory, &mut io::stdout())?;
        }
        Command::Bench(samples, format) => {
            bench::run(options, *samples, *format, &mut io::stdout())?;
        }
        Command::Help => print(HELP)?,
        Command::Version => print(&version())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn version() -> String {
    format!("rstatd {} (probe: {})\n", env!("CARGO_PKG_VERSION"), rstat_probe::BUILT_BY)
}

fn print(text: &str) -> Result<(), String> {
    io::stdout().write_all(text.as_bytes()).map_err(|error| format!("print: {error}"))
}
