//! The stages of the timeline's benchmark tell the same: none is fast because it leaves
//! out what the others do.

#[path = "../benches/timeline/stages/mod.rs"]
mod stages;

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use rstat_testbed::programs::{self, Program};
use rstat_testbed::truth::{self, Ticks};
use stages::{Figures, Probe, Stage};

/// The harness's own arguments that lead to [`main`].
const ARGUMENTS: [&str; 4] = ["--exact", "main", "--nocapture", "--test-threads=1"];

/// The article's probe forgets a thread that ends, and with it what it used since the
/// sample before: on a machine that starts many programs its CPU share is too low.
const LOSES_THE_DEAD: Range<usize> = 2..5;

const INTERVAL: Duration = Duration::from_secs(2);
/// What the real-time program of the testbed uses, in ppm of one CPU.
const BUSY_PPM: f64 = 600_000.0;
const HELD_BYTES: u64 = 600 << 20;
/// Written, and read back where the file system can.
const WRITTEN_BYTES: u64 = 16 << 20;

/// Not a test: the entrance for other processes. Without a name it does nothing.
#[test]
fn main() {
    programs::be_one(&[]);
}

#[test]
fn every_stage_tells_the_same_of_the_same_moment() {
    let Some(mut stages) = open() else { return };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("timeline.{}", process::id()));
    let busy = start(&format!("real-time|{}", truth::last_cpu()));
    let holder = start(&format!("hold|{HELD_BYTES}"));
    let mut writer = start(&format!("write|{}|{WRITTEN_BYTES}", file.display()));

    let mut begins = Vec::new();
    for stage in &mut stages {
        stage.sample().unwrap();
        begins.push(Instant::now());
    }
    let ticks = Ticks::read();
    let io_before = truth::io_bytes(writer.pid());
    writer.order("go").unwrap();
    thread::sleep(INTERVAL);
    let mut elapsed = Vec::new();
    for (stage, begin) in stages.iter_mut().zip(begins) {
        stage.sample().unwrap();
        elapsed.push(begin.elapsed().as_secs_f64());
    }
    let busy_percent = Ticks::read().busy_percent_since(&ticks);
    let io_bytes = io_before.zip(truth::io_bytes(writer.pid()));
    let io_bytes = io_bytes.map_or(0, |(before, now)| now[0] + now[1] - before[0] - before[1]);
    fs::remove_file(&file).unwrap();

    let least_percent = BUSY_PPM / 1e4 / truth::cpus().len() as f64;
    for ((number, stage), elapsed) in stages.iter().enumerate().zip(elapsed) {
        let name = stage.name();
        let told = stage.figures().unwrap();
        let told_percent = f64::from(told.cpu_busy_ppm) / 1e4;
        if LOSES_THE_DEAD.contains(&number) {
            // Nor does it know when what runs now began: it can be too much, too, and more
            // than there is.
            let bounds = least_percent - 10.0..=200.0;
            assert!(
                bounds.contains(&told_percent),
                "{name}: CPU is {told_percent}, not {bounds:?}"
            );
        } else {
            near(name, "CPU, percent", told_percent, busy_percent, 10.0);
        }
        near_machine(name, &told);
        near(name, "load's CPU", listed(&told, "cpu", &busy), BUSY_PPM, BUSY_PPM / 8.0);
        let held = HELD_BYTES as f64;
        near(name, "held memory", listed(&told, "memory", &holder), held, held / 16.0);
        if io_bytes < WRITTEN_BYTES {
            skip(
                "the bytes that processes write",
                "this kernel or file system does not count them",
            );
        } else {
            let rate = io_bytes as f64 / elapsed;
            // A script takes its time between one file and the next.
            near(name, "I/O", listed(&told, "io", &writer), rate, rate / 2.0);
        }
    }
}

/// The machine's figures, and how many processes or threads were looked at.
#[track_caller]
fn near_machine(name: &str, told: &Figures) {
    let machine = &told.machine;
    let available = truth::available_bytes().unwrap() as f64;
    let said = machine.memory_available_bytes.unwrap() as f64;
    near(name, "available memory", said, available, available / 16.0);
    assert!(machine.memory_total_bytes > machine.memory_available_bytes, "{name}");
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    let load: f64 = load.split(' ').next().unwrap().parse().unwrap();
    let said = f64::from(machine.load_1m_milli.unwrap()) / 1e3;
    near(name, "load", said, load, load / 4.0 + 0.1);
    let processes = truth::pids().len() as f64;
    assert!(f64::from(told.processes) > processes * 0.8, "{name}: {} processes", told.processes);
}

#[track_caller]
fn near(name: &str, what: &str, told: f64, truth: f64, bound: f64) {
    assert!((told - truth).abs() <= bound, "{name}: {what} is {told}, and should be {truth}");
}

/// The amount with which a program is listed, itself or one of its threads; 0 if not.
fn listed(told: &Figures, list: &str, program: &Program) -> f64 {
    let rows = match list {
        "cpu" => &told.top_cpu,
        "memory" => &told.top_memory,
        _ => &told.top_io,
    };
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
