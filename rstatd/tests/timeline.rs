//! Each stage of the timeline's benchmark lists what the others list: none is fast because
//! it leaves out what they do.
//!
//! `make accuracy` compares the amounts: those depend on what else the machine does.

#[path = "../benches/timeline/stages/mod.rs"]
mod stages;

use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{env, process, thread};

use rstat_testbed::programs::{self, Program};
use rstat_testbed::truth;
use stages::{Figures, Probe, Stage};

/// The harness's own arguments that lead to [`main`].
const ARGUMENTS: [&str; 4] = ["--exact", "main", "--nocapture", "--test-threads=1"];
const HELD_BYTES: u64 = 600 << 20;
/// How long the real-time program may need to be listed by its CPU time.
const GIVE_UP: Duration = Duration::from_secs(60);
/// Between two samples.
const PAUSE: Duration = Duration::from_millis(100);

/// Not a test: the entrance for other processes. Without a name it does nothing.
#[test]
fn main() {
    programs::be_one(&[]);
}

#[test]
fn every_stage_lists_what_the_others_list() {
    let Some(mut stages) = open() else { return };
    let busy = start(&format!("real-time|{}", truth::last_cpu()));
    let holder = start(&format!("hold|{HELD_BYTES}"));
    for stage in &mut stages {
        let name = stage.name();
        stage.sample().unwrap();
        let began = Instant::now();
        let figures = loop {
            thread::sleep(PAUSE);
            stage.sample().unwrap();
            let figures = stage.figures().unwrap();
            if listed(&figures, "cpu", &busy) > 0.0 {
                break figures;
            }
            assert!(began.elapsed() < GIVE_UP, "{name}: {:?}", figures.top_cpu);
        };
        let (held, bytes) = (HELD_BYTES as f64, listed(&figures, "memory", &holder));
        assert!((bytes - held).abs() <= held / 16.0, "{name}: {bytes} bytes, and should be {held}");
        assert!(figures.machine.memory_total_bytes > figures.machine.memory_available_bytes);
        assert!(figures.machine.load_1m_milli.is_some() && figures.processes > 1, "{name}");
    }
}

/// The amount in the list's row of a program or of one of its threads; 0 without such a row.
fn listed(figures: &Figures, list: &str, program: &Program) -> f64 {
    let rows = if list == "cpu" { &figures.top_cpu } else { &figures.top_memory };
    let is_its = |pid: u32| Path::new(&format!("/proc/{}/task/{pid}", program.pid())).exists();
    rows.iter().find(|row| is_its(row.pid)).map_or(0.0, |row| row.amount as f64)
}

fn start(line: &str) -> Program {
    let mut command = process::Command::new(env::current_exe().unwrap());
    command.args(ARGUMENTS);
    rstat_testbed::sys::ends_with_us(&mut command);
    Program::start_as(command, line).unwrap()
}

/// All stages, if this process may load BPF programs.
fn open() -> Option<[Box<dyn Stage>; stages::COUNT]> {
    let probe = Probe::attach().inspect_err(|error| skip("all stages", &error.to_string())).ok()?;
    Some(stages::all(&Rc::new(probe)).unwrap())
}

/// Past the harness, which swallows what a test that passes prints.
fn skip(what: &str, why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: {what}: {why}");
}
