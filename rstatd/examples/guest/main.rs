//! The first process of a machine that `tests/kernels/run` boots to try the daemon
//! on another kernel: it checks what it can, prints it, and switches the machine off.
//!
//! Each check is a line `@NAME`, result and figure on the console, with tabs between;
//! results are `ok`, `skipped` and `FAILED`. The machine's files are this program and
//! the daemon. The program is an example because cargo builds those next to the daemon
//! and nobody installs them.

#[path = "../../tests/cases/mod.rs"]
mod cases;
mod lives;
mod sys;

use std::fmt::Display;
use std::hint::spin_loop;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use cases::daemon::{Daemon, Stage};
use cases::finding::{Finding, Trouble};
use cases::machine::{EMULATED, Places};
use cases::{CASES, Case};
use lives::{AFTER, BEFORE, Check};
use rstat_testbed::programs;

/// Kernel messages that go to the console while we use it: emergencies.
const QUIET: &str = "1";
/// The daemon's program, and this one.
const RSTATD: &str = "/rstatd";
const US: &str = "/init";
/// How long a brief program lives.
const BRIEF_TIME: Duration = Duration::from_millis(5);

/// A figure to show, or why there is none.
type Answer = Result<String, Trouble>;

fn main() -> ExitCode {
    programs::be_one(&[]);
    if process::id() != 1 {
        let name = env::args_os().next().unwrap_or_default();
        if Path::new(&name) == Path::new(US) {
            eprintln!("this is the first process of a machine that tests/kernels/run boots");
            return ExitCode::from(2);
        }
        // By another name it is a program of a storm.
        let began = Instant::now();
        while began.elapsed() < BRIEF_TIME {
            spin_loop();
        }
        return ExitCode::SUCCESS;
    }
    sys::mount("proc", "/proc");
    sys::mount("sysfs", "/sys");
    sys::mount("devtmpfs", "/dev");
    fs::create_dir_all("/dev/shm").expect("create a directory in memory");
    sys::mount("tmpfs", "/dev/shm");
    cases::counters::make(|directory| sys::mount("tmpfs", directory));
    fs::write("/proc/sys/kernel/printk", QUIET).expect("write to /proc");

    println!("\n@kernel\tok\t{}", lives::release());
    let mut run = Run::default();
    for check in &BEFORE {
        run.check(check);
    }
    for case in CASES.iter().filter(|case| case.is_for_guests) {
        let answer = run.measure(case);
        run.print(case.name, &answer);
    }
    for check in &AFTER {
        run.check(check);
    }
    if run.failed {
        println!("{}", sys::kernel_log());
    }
    sys::power_off();
    ExitCode::FAILURE
}

/// What one check leaves to the next.
#[derive(Default)]
pub struct Run {
    probe_works: bool,
    /// The daemon that all cases measure.
    daemon: Option<Daemon>,
    failed: bool,
}

impl Run {
    fn check(&mut self, (name, check): &(&str, Check)) {
        let answer =
            stage("auto").map_err(Trouble::from).and_then(|mut stage| check(self, &mut stage));
        self.print(name, &answer);
    }

    fn print(&mut self, name: &str, answer: &Answer) {
        let (result, text): (_, &dyn Display) = match answer {
            Ok(figure) => ("ok", figure),
            Err(Trouble::Cannot(why)) => ("skipped", why),
            Err(Trouble::Failed(why)) => ("FAILED", why),
        };
        self.failed |= result == "FAILED";
        println!("@{name}\t{result}\t{}", text.to_string().trim_end().replace('\n', " | "));
    }

    /// Tries a case until one try has all its figures within their bounds. The answer is the
    /// first figure, or all that are beyond their bounds in the last try.
    fn measure(&self, case: &Case) -> Answer {
        let running = self.daemon.as_ref().map(|daemon| daemon.region.clone());
        let mut stage = stage("auto")?;
        stage.running =
            Some(running.ok_or_else(|| Trouble::Failed("there is no daemon".to_owned()))?);
        let mut answer = Err(Trouble::Failed("it was never measured".to_owned()));
        for _ in 0..case.tries() {
            let findings = (case.run)(&stage)?;
            let missed: Vec<_> = findings.iter().filter(|finding| !finding.is_within()).collect();
            if missed.is_empty() {
                return Ok(figure(&findings));
            }
            let lines: Vec<_> = missed.iter().map(ToString::to_string).collect();
            eprintln!("{}: {}", case.name, lines.join("; "));
            answer = Err(Trouble::Failed(lines.join("; ")));
        }
        answer
    }
}

fn stage(source: &'static str) -> std::io::Result<Stage> {
    let places = Places {
        rstatd: RSTATD.as_ref(),
        regions: "/dev/shm".as_ref(),
        storage: "/".as_ref(),
        brief: US.as_ref(),
        entrance: &[],
    };
    Stage::new(source, &EMULATED, &places)
}

/// The first figure, against the truth.
fn figure(findings: &[Finding]) -> String {
    let compared = findings.iter().find(|finding| finding.cannot.is_none());
    compared.map_or_else(String::new, |Finding { reported, truth, .. }| {
        format!("{}/{truth}", reported.trim_end_matches(" %").trim_end_matches(" MiB"))
    })
}
