//! The stages of the timeline's benchmark beside each other: none is fast because it leaves
//! out what the others do.

#[expect(dead_code, reason = "the stages' names are for the benchmark's tables")]
#[path = "../../benches/timeline/stages/mod.rs"]
mod stages;

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use rstat_testbed::programs::Program;
use rstat_testbed::truth::{self, Ticks};
use stages::{Figures, Probe};

use crate::cases::daemon::Stage;
use crate::cases::finding::{Bound, Finding, Trouble, Unit};
use crate::cases::{Case, case};

/// The stages are compared at once, whatever the daemon's source.
pub const CASE: Case = case("timeline", &["bpf"], compare);

/// The article's probe forgets a thread that ends, and with it what it used since the
/// sample before: on a machine that starts many programs its CPU share is too low.
const LOSES_THE_DEAD: Range<usize> = 2..5;
const INTERVAL: Duration = Duration::from_secs(2);
/// What the real-time program of the testbed uses, percent of one CPU.
const BUSY_PERCENT: f64 = 60.0;
const HELD_BYTES: u64 = 600 << 20;
/// Written, and read back where the file system can.
const WRITTEN_BYTES: u64 = 16 << 20;
const MIB: f64 = (1 << 20) as f64;

/// Points of all CPUs, and percent of what each other figure is.
const CPU_POINTS: f64 = 10.0;
const LOAD_CPU_PERCENT: f64 = 12.5;
const MEMORY_PERCENT: f64 = 6.25;
const LOAD_PERCENT: f64 = 25.0;
/// A script takes its time between one file and the next.
const IO_PERCENT: f64 = 50.0;
const PROCESSES_PERCENT: f64 = 20.0;
/// The article's stages do not know when what runs now began: their share can be more than
/// there is.
const MOST_PERCENT: f64 = 200.0;

/// What the kernel says of the time between two samples.
struct Truth {
    busy_percent: f64,
    io_bytes: u64,
}

fn compare(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let probe = Probe::attach().map_err(|error| Trouble::Cannot(error.to_string()))?;
    let mut stages = stages::all(&Rc::new(probe))?;
    let file = stage.storage.join("timeline");
    let busy = stage.start(&format!("real-time|{}", truth::last_cpu()))?;
    let holder = stage.start(&format!("hold|{HELD_BYTES}"))?;
    let mut writer = stage.start(&format!("write|{}|{WRITTEN_BYTES}", file.display()))?;

    let mut begins = Vec::new();
    for stage in &mut stages {
        stage.sample()?;
        begins.push(Instant::now());
    }
    let (ticks, io_before) = (Ticks::read(), truth::io_bytes(writer.pid()));
    writer.order("go")?;
    thread::sleep(INTERVAL);
    let mut elapsed = Vec::new();
    for (stage, begin) in stages.iter_mut().zip(begins) {
        stage.sample()?;
        elapsed.push(begin.elapsed().as_secs_f64());
    }
    let io_bytes = io_before.zip(truth::io_bytes(writer.pid()));
    let truth = Truth {
        busy_percent: Ticks::read().busy_percent_since(&ticks),
        io_bytes: io_bytes.map_or(0, |(before, now)| now[0] + now[1] - before[0] - before[1]),
    };

    let mut all = Vec::new();
    for ((number, stage), elapsed) in stages.iter().enumerate().zip(elapsed) {
        let figures = stage.figures()?;
        let mut findings = machine(&figures);
        findings.push(cpu(number, &figures, &truth));
        let load = listed(&figures, "cpu", &busy) / 1e4;
        let bound = Bound::Share(LOAD_CPU_PERCENT, 0.0);
        findings.push(Finding::new("load's CPU", Unit::Percent, BUSY_PERCENT, load, bound));
        findings.push(memory("held memory", HELD_BYTES, listed(&figures, "memory", &holder)));
        let io = listed(&figures, "io", &writer) * elapsed;
        findings.push(moved("I/O", truth.io_bytes, io));
        all.push(findings);
    }
    Ok(worst(all))
}

/// The share of all CPUs, as far as the stage knows it.
fn cpu(number: usize, figures: &Figures, truth: &Truth) -> Finding {
    let percent = f64::from(figures.cpu_busy_ppm) / 1e4;
    let mut expected = truth.busy_percent;
    if LOSES_THE_DEAD.contains(&number) {
        let least = BUSY_PERCENT / truth::cpus().len() as f64;
        expected = percent.max(least).min(MOST_PERCENT - CPU_POINTS);
    }
    Finding::new("CPU", Unit::Percent, expected, percent, Bound::Distance(CPU_POINTS))
}

/// The machine's figures, and how many processes or threads the stage has looked at.
fn machine(figures: &Figures) -> Vec<Finding> {
    let available = truth::available_bytes().unwrap_or_default();
    let reported = figures.machine.memory_available_bytes.unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN);
    let reported_load = f64::from(figures.machine.load_1m_milli.unwrap_or_default()) / 1e3;
    let bound = Bound::Distance(load * LOAD_PERCENT + 10.0);
    let processes = truth::pids().len() as f64;
    let looked_at = f64::from(figures.processes);
    let most_missing = Bound::Below(processes * PROCESSES_PERCENT / 100.0);
    vec![
        memory("available memory", available, reported as f64),
        // In hundredths of a task.
        Finding::new("load", Unit::Percent, load * 100.0, reported_load * 100.0, bound),
        Finding::new("processes", Unit::Count, processes, looked_at, most_missing),
    ]
}

fn memory(metric: &str, truth: u64, reported: f64) -> Finding {
    let bound = Bound::Share(MEMORY_PERCENT, 0.0);
    Finding::new(metric, Unit::Mebibytes, truth as f64 / MIB, reported / MIB, bound)
}

fn moved(metric: &str, truth: u64, reported: f64) -> Finding {
    if truth < WRITTEN_BYTES {
        return Finding::missing(metric, "this kernel or file system does not count bytes");
    }
    let bound = Bound::Share(IO_PERCENT, 0.0);
    Finding::new(metric, Unit::Mebibytes, truth as f64 / MIB, reported / MIB, bound)
}

/// Of each metric the finding of the stage that is farthest from the truth.
fn worst(all: Vec<Vec<Finding>>) -> Vec<Finding> {
    let mut worst: Vec<Finding> = Vec::new();
    for finding in all.into_iter().flatten() {
        let relative = |finding: &Finding| finding.error / finding.bound;
        match worst.iter_mut().find(|known| known.metric == finding.metric) {
            None => worst.push(finding),
            Some(known) if relative(&finding) > relative(known) => *known = finding,
            Some(_) => {}
        }
    }
    worst
}

/// The amount with which a list has a program or one of its threads; 0 if it has none.
fn listed(figures: &Figures, list: &str, program: &Program) -> f64 {
    let rows = match list {
        "cpu" => &figures.top_cpu,
        "memory" => &figures.top_memory,
        _ => &figures.top_io,
    };
    let is_its = |pid: u32| Path::new(&format!("/proc/{}/task/{pid}", program.pid())).exists();
    rows.iter().find(|row| is_its(row.pid)).map_or(0.0, |row| row.amount as f64)
}
