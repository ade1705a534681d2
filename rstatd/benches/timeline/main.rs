//! The article's timeline: its five stages and rstat take turns, with more and more processes.
//!
//! ```sh
//! cargo bench -p rstatd --bench timeline -- [--svg FILE] [PROCESSES…]
//! ```

mod crowd;
mod goals;
mod plot;
mod rounds;
mod stages;
mod tables;

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use rstat_testbed::programs;

use crowd::Crowd;
use rounds::{Measured, measure};
use stages::Probe;

/// The default numbers of processes: the two that have goals.
const PROCESSES: [usize; 2] = [100, 2000];

fn main() -> ExitCode {
    programs::be_one(&[]);
    let arguments = match Arguments::parse(env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("timeline: {error}; the arguments are [--svg FILE] [PROCESSES...]");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("timeline: {error}; the bench needs root and Linux 6.2 or later with BTF");
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    svg: Option<PathBuf>,
    processes: Vec<usize>,
}

impl Arguments {
    fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let (mut svg, mut processes) = (None, Vec::new());
        let mut parser = lexopt::Parser::from_args(words);
        while let Some(argument) = parser.next()? {
            match argument {
                // `cargo bench` passes this to every benchmark.
                lexopt::Arg::Long("bench") => {}
                lexopt::Arg::Long("svg") => svg = Some(parser.value()?.into()),
                lexopt::Arg::Value(value) => {
                    processes.push(lexopt::ValueExt::parse(&value)?);
                }
                other => return Err(other.unexpected()),
            }
        }
        if processes.is_empty() {
            processes = PROCESSES.to_vec();
        }
        processes.sort_unstable();
        Ok(Self { svg, processes })
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let probe = Rc::new(Probe::attach()?);
    let mut stages = stages::all(&probe)?;
    // The probes are attached already, so they see each new process run once.
    let mut crowd = Crowd::default();
    let mut all: Vec<Measured> = Vec::new();
    for &processes in &arguments.processes {
        eprintln!("starting processes until there are {processes}");
        crowd.grow_to(processes)?;
        eprintln!("measuring");
        let measured = measure(&mut stages)?;
        tables::print_one(&measured);
        all.push(measured);
    }
    eprintln!("ending the processes");
    crowd.end()?;
    tables::print_all(&all);
    goals::print(&all);
    arguments.svg.as_deref().map_or(Ok(()), |svg| plot::draw(&all, svg))
}
