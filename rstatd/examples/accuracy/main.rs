//! `make accuracy`: real loads against the running daemon, and a table of what the
//! kernel says, what rstat says, and how far they are apart.
//!
//! It is an example because cargo builds those next to the daemon and nobody
//! installs them. The status is 1 when a figure is farther from the truth than its
//! bound. Bounds are on errors, never on time. What cannot be measured on a machine
//! says why. The machine is left as it was.

mod cases;
mod daemon;
mod finding;
mod table;
mod told;
mod window;

use std::process::ExitCode;
use std::{env, io::IsTerminal, io::Write};

use cases::{CASES, Case};
use daemon::{Daemon, Stage};
use finding::{Finding, Trouble};
use rstat_testbed::programs;
use table::Table;

/// The argument that leaves out what others show as well, and what takes a minute.
const BRIEF: &str = "brief";
const SOURCES: [&str; 2] = ["bpf", "proc"];
/// How often a case may be measured: a host that stops one of our CPUs for a while
/// looks like an error, but not every time.
const TRIES: usize = 3;
/// After so many seconds nothing is measured again, so that the run ends.
const LAST_RETRY_S: u64 = 300;

fn main() -> ExitCode {
    programs::be_one(&[]);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut table = Table::new();
    for source in SOURCES {
        Table::head(source);
        if let Err(trouble) = measure(source, &arguments, &mut table) {
            table.trouble("all", &trouble);
        }
    }
    if table.verdict() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the cases, or those whose names begin with one of `wanted`, or those of a
/// brief run.
fn measure(source: &'static str, wanted: &[String], table: &mut Table) -> Result<(), Trouble> {
    let stage = Stage::new(source)?;
    Daemon::start(&stage, 1000)?.first().map_err(|trouble| match trouble {
        Trouble::Failed(why) if why.contains("Operation not permitted") => Trouble::Cannot(why),
        trouble => trouble,
    })?;
    let is_wanted = |case: &&Case| match wanted {
        [] => true,
        [only] if only == BRIEF => case.brief.contains(&source),
        names => names.iter().any(|wanted| case.name.starts_with(&**wanted)),
    };
    for Case { name, run, .. } in CASES.iter().filter(is_wanted) {
        progress(name);
        let mut best: Vec<(Finding, usize)> = Vec::new();
        let mut result = Ok(());
        for number in 1..=TRIES {
            match run(&stage) {
                Ok(findings) => {
                    better(&mut best, findings, number);
                    result = Ok(());
                }
                Err(trouble) => result = Err(trouble),
            }
            let agrees = result.is_ok() && best.iter().all(|(finding, _)| finding.is_within());
            let is_hopeless = matches!(result, Err(Trouble::Cannot(_)));
            if agrees || is_hopeless || table.age_s() > LAST_RETRY_S {
                break;
            }
            progress(&format!("{name}, once more"));
        }
        progress("");
        for (finding, tries) in &best {
            table.row(name, finding, *tries);
        }
        if let (Err(trouble), true) = (&result, best.is_empty()) {
            table.trouble(name, trouble);
        }
    }
    Ok(())
}

/// Keeps of each metric what was measured best, and the number of the last try that
/// it took to get there.
fn better(best: &mut Vec<(Finding, usize)>, findings: Vec<Finding>, number: usize) {
    for finding in findings {
        match best.iter_mut().find(|(known, _)| known.metric == finding.metric) {
            None => best.push((finding, number)),
            Some((known, tries)) if !known.is_within() => {
                *tries = number;
                if finding.error / finding.bound <= known.error / known.bound {
                    *known = finding;
                }
            }
            Some(_) => {}
        }
    }
}

/// Shows what goes on, where somebody looks; the table's rows take its place.
fn progress(what: &str) {
    let mut out = std::io::stderr();
    if out.is_terminal() {
        // Nothing depends on it.
        let _ = write!(out, "\r\x1b[K{what}").and_then(|()| out.flush());
    }
}
