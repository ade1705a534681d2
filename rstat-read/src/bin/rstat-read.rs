//! Prints a sample of the rstat region. Here are only the arguments; the rest is
//! [`rstat_read::programs::dump`].

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, ValueExt};
use rstat_read::programs::dump::Format;
use rstat_read::programs::{Failure, dump, finish, print};

const HELP: &str = "\
Prints the latest sample that rstatd has published.

Usage: rstat-read [--dump] [--format FORMAT] [--shm PATH]

Options:
      --dump           print the latest sample and exit (what it does anyway)
      --format FORMAT  text: aligned, for people (the default)
                       json: one object on one line; names and units as in the
                       text, integers, null for what is not known
      --shm PATH       read the region PATH instead of $RSTAT_SHM or, without
                       that, /dev/shm/rstat/v1
  -h, --help           print this help and exit
  -V, --version        print the version and exit

A region is believed if it belongs to root or to you and nobody else may write to it.
A sample that is old is printed all the same, with its age and state.

Exit codes: 0 printed, 1 there is nothing to print, 2 the command line is wrong.
";
const VERSION: &str = concat!("rstat-read ", env!("CARGO_PKG_VERSION"), "\n");

fn main() -> ExitCode {
    finish("rstat-read", run())
}

fn run() -> Result<(), Failure> {
    let mut path: Option<PathBuf> = None;
    let mut format = Format::default();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("dump") => {}
            Long("format") => {
                let name = arguments.value()?.string()?;
                format = Format::from_name(&name).ok_or_else(|| {
                    Failure::Usage(format!("--format is text or json, not '{name}'"))
                })?;
            }
            Long("shm") => path = Some(arguments.value()?.into()),
            Short('h') | Long("help") => return print(HELP),
            Short('V') | Long("version") => return print(VERSION),
            _ => return Err(argument.unexpected().into()),
        }
    }
    dump::run(path.as_deref(), format)
}
