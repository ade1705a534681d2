//! What each process adds to a sample: the time of the stage that reads processes, with more and
//! more of them.
//!
//! The processes sleep, as most do on any machine. A process that runs costs a little more, but
//! few run at a time.

use std::thread;
use std::time::Duration;

use rstat_testbed::bench::{Goal, Row, Table, Unit, median};
use rstat_testbed::programs::{self, Program};
use rstat_testbed::truth;
use rstatd::backend::{Backend, Choice};
use rstatd::monitor::Monitor;
use rstatd::source::Root;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How many more processes there are at each step.
const STEPS: [usize; 5] = [0, 1_000, 2_000, 4_000, 8_000];
/// Samples at each step, and samples before them that do not count.
const SAMPLES: usize = 301;
const WARM_UP: usize = 20;
/// The pause between two samples. Other programs run in it and take the caches, as they do
/// between a daemon's ticks.
const PAUSE: Duration = Duration::from_millis(2);

fn main() {
    programs::be_one(&[]);
    if let Err(error) = run() {
        println!("processes: not measured: {error}");
    }
}

fn run() -> Result<()> {
    let mut table = Table::new("processes");
    let backend = Backend::open(Choice::Bpf, None, &Root::default(), &mut |_| {})?;
    let mut monitor = Monitor::new(backend, &Root::default());
    let mut crowds = Vec::new();
    let mut first = None;
    let mut here = 0;
    for count in STEPS {
        if count > here {
            crowds.push(Program::start(&format!("crowd|{}", count - here))?);
            here = count;
        }
        let processes = truth::pids().len() as f64;
        let ns = sample_ns(&mut monitor);
        let (fewest, base_ns) = *first.get_or_insert((processes, ns));
        let more = processes - fewest;
        table.row(&Row {
            what: &format!("processes' part of a sample, {processes} processes"),
            unit: Unit::Nanoseconds,
            ours: ns,
            against: None,
            goal: None,
        });
        if more > 0.0 {
            table.row(&Row {
                what: &format!("each of {more} more processes"),
                unit: Unit::Nanoseconds,
                ours: (ns - base_ns) / more,
                against: None,
                goal: Some(Goal::AtMost(15.0)),
            });
        }
    }
    for mut crowd in crowds {
        crowd.order("end")?;
    }
    table.finish();
    Ok(())
}

/// The median time of the stage that reads CPUs and processes.
fn sample_ns(monitor: &mut Monitor) -> f64 {
    let mut report = |line: &str| println!("processes: {line}");
    let samples = (0..WARM_UP + SAMPLES).map(|_| {
        let (_, stages) = monitor.sample(&mut report);
        thread::sleep(PAUSE);
        stages.probe_ns as f64
    });
    median(samples.skip(WARM_UP).collect())
}
