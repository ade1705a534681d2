//! `rstatd`: arguments, one call, an exit code.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use rstat_options::Asked;
use rstatd::options::{Command, DaemonOptions, PROGRAM};
use rstatd::source::Root;
use rstatd::{bench, check, daemon, record};

fn main() -> ExitCode {
    let asked = match PROGRAM.parse(env::args_os().skip(1), DaemonOptions::default()) {
        Ok(asked) => asked,
        Err(error) => {
            daemon::report(&format!("{error}; see rstatd --help"));
            return ExitCode::from(2);
        }
    };
    let result = match asked {
        Asked::Help => print(&PROGRAM.help()),
        Asked::Version => print(&version()),
        Asked::Run(options) => run(&options),
    };
    result.unwrap_or_else(|line| {
        daemon::report(&line);
        ExitCode::FAILURE
    })
}

fn run(options: &DaemonOptions) -> Result<ExitCode, String> {
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
        Command::Bench(samples) => {
            bench::run(options, *samples, options.format, &mut io::stdout())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn version() -> String {
    format!("rstatd {} (probe: {})\n", env!("CARGO_PKG_VERSION"), rstat_probe::BUILT_BY)
}

fn print(text: &str) -> Result<ExitCode, String> {
    let result = io::stdout().write_all(text.as_bytes());
    result.map_err(|error| format!("print: {error}"))?;
    Ok(ExitCode::SUCCESS)
}
