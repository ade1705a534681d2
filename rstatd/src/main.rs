//! `rstatd`: arguments, one call, an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use rstatd::options::{self, Command, HELP, Options};
use rstatd::{allocations, bench, check, daemon};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

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
    let given = options.probe.as_ref().map(|path| {
        std::fs::read(path).map_err(|error| format!("read probe {}: {error}", path.display()))
    });
    let given = given.transpose()?;
    let object = given.as_deref().unwrap_or(rstat_probe::OBJECT);
    match options.command {
        Command::Run => daemon::run(options, object)?,
        Command::Once => daemon::once(options, object)?,
        Command::Check => {
            let works = check::run(options, object, &mut io::stdout())?;
            return Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Bench(samples, format) => {
            bench::run(options, object, samples, format, &mut io::stdout())?;
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
