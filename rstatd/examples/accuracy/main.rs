//! `make accuracy`: real loads against the running daemon, and a table of what the
//! kernel says, what rstat says, and how far they are apart.
//!
//! It is an example because cargo builds those next to the daemon and nobody
//! installs them. The status is 1 when a figure is farther from the truth than its
//! bound in every try; a brief run, which CI makes, also fails when more than
//! [`MOST_RETRIED`] cases needed another try. Bounds are on errors, never on time. A case that
//! cannot be measured on this machine prints the reason. The machine is left as it was.

mod bench;
#[path = "../../tests/cases/mod.rs"]
mod cases;
mod table;
mod timeline;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs, io};

use cases::daemon::{Stage, brief_program};
use cases::finding::{Finding, Trouble};
use cases::machine::{Places, REAL};
use cases::{CASES, Case};
use rstat_testbed::programs;
use table::Table;

/// The argument that leaves out what other cases show as well, and what takes a minute.
const BRIEF: &str = "brief";
const SOURCES: [&str; 2] = ["bpf", "proc"];
/// After so many seconds nothing is measured again, so that the run ends.
const LAST_RETRY_S: u64 = 300;
/// Cases of a brief run that may need another try.
const MOST_RETRIED: usize = 2;

fn main() -> ExitCode {
    programs::be_one(&[]);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut run = Run { table: Table::default(), began: Instant::now() };
    for source in SOURCES {
        Table::head(source);
        if let Err(trouble) = run.source(source, &arguments) {
            run.table.trouble("all", &trouble);
        }
    }
    let most_retried = if arguments == [BRIEF] { MOST_RETRIED } else { usize::MAX };
    let is_good = run.table.verdict(most_retried);
    println!("{} s", run.began.elapsed().as_secs());
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Run {
    table: Table,
    began: Instant,
}

impl Run {
    /// Runs the cases, or those whose names begin with one of `wanted`, or those of a
    /// brief run.
    fn source(&mut self, source: &'static str, wanted: &[String]) -> Result<(), Trouble> {
        let stage = stage(source)?;
        stage.daemon(1000)?.first().map_err(|trouble| match trouble {
            Trouble::Failed(why) if why.contains("Operation not permitted") => Trouble::Cannot(why),
            trouble => trouble,
        })?;
        let is_wanted = |case: &&Case| match wanted {
            [] => true,
            [only] if only == BRIEF => case.brief.contains(&source),
            names => names.iter().any(|wanted| case.name.starts_with(&**wanted)),
        };
        let cases = CASES.iter().chain([&bench::CASE, &timeline::CASE]);
        for case in cases.filter(|case| !case.needs_own_machine).filter(is_wanted) {
            self.case(&stage, case);
        }
        Ok(())
    }

    /// Tries a case until each of its figures was within its bound once.
    fn case(&mut self, stage: &Stage, case: &Case) {
        let mut best: Vec<Finding> = Vec::new();
        for number in 1..=case.tries() {
            match (case.run)(stage) {
                Ok(findings) => {
                    for finding in &findings {
                        Table::row(case.name, finding, number);
                    }
                    better(&mut best, findings);
                }
                Err(trouble) => return self.table.trouble(case.name, &trouble),
            }
            let is_late = self.began.elapsed().as_secs() > LAST_RETRY_S;
            if best.iter().all(Finding::is_within) || is_late {
                break;
            }
            if number < case.tries() {
                self.table.retried(stage.source, case.name);
            }
        }
        self.table.case(stage.source, case.name, &best);
    }
}

/// Keeps of each metric the figure that is nearest to the truth.
fn better(best: &mut Vec<Finding>, findings: Vec<Finding>) {
    for finding in findings {
        match best.iter_mut().find(|known| known.metric == finding.metric) {
            None => best.push(finding),
            Some(known) if !known.is_within() => *known = finding,
            Some(_) => {}
        }
    }
}

/// The daemon, which lies beside this example.
fn rstatd() -> io::Result<PathBuf> {
    let rstatd = built()?.with_file_name("rstatd");
    match fs::metadata(&rstatd) {
        Ok(_) => Ok(rstatd),
        Err(error) => Err(io::Error::other(format!("{}: {error}", rstatd.display()))),
    }
}

/// The directory of this example.
fn built() -> io::Result<PathBuf> {
    let mut program = env::current_exe()?;
    program.pop();
    Ok(program)
}

/// Regions lie in memory where there is a file system for it.
fn stage(source: &'static str) -> io::Result<Stage> {
    let memory = PathBuf::from("/dev/shm");
    let memory = if memory.is_dir() { memory } else { env::temp_dir() };
    let places = Places {
        rstatd: &rstatd()?,
        regions: &memory,
        storage: &built()?,
        brief: &brief_program(),
        entrance: &[],
    };
    Stage::new(source, &REAL, &places)
}
