//! Memory of processes and of the machine.
//!
//! It changes while we look: the kernel is asked before and after each sample, and
//! what the daemon says must lie between.

use std::fs::File;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;
use rstat_testbed::programs::Program;
use rstat_testbed::truth;

use crate::daemon::{self, Daemon, Stage};
use crate::finding::{Bound, Finding, Trouble, Unit};

const INTERVAL_MS: u64 = 20;
const SAMPLES: usize = 60;
const HELD_BYTES: u64 = 256 << 20;
const RSS_PERCENT: f64 = 5.0;
const MIB: f64 = (1 << 20) as f64;
const RSS_LEAST_MIB: f64 = 1.0;

/// What a process that sleeps holds, and what is left to it one time after the other.
const SHARED_BYTES: u64 = 1 << 30;
const LEFT_BYTES: [u64; 2] = [768 << 20, 512 << 20];
const TAKEN_INTERVAL_MS: u64 = 200;
/// How many samples later the daemon has to know: 4 s.
const TAKEN_SAMPLES: usize = 20;

/// The kernel's figures in one moment.
#[derive(Clone, Copy)]
struct Truth {
    available: f64,
    held: f64,
    grown: f64,
}

/// A process that has slept since before the daemon, one that grows, and all of it.
pub fn memory(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let hold = Program::start(&format!("hold|{HELD_BYTES}"))?;
    let mut daemon = Daemon::start(stage, INTERVAL_MS)?;
    let view = daemon.first()?.0;
    let mut seen = daemon::next(&view, view.latest())?.sequence;
    let grow = Program::start("grow")?;
    let look = || Truth {
        available: mib(truth::available_bytes()),
        held: mib(truth::rss_bytes(hold.pid())),
        grown: mib(truth::rss_bytes(grow.pid())),
    };
    let (mut available, mut asleep, mut growing) = (Vec::new(), Vec::new(), Vec::new());
    let mut before = look();
    for _ in 0..SAMPLES {
        let sample = daemon::next(&view, seen)?;
        let after = look();
        // Between the two looks there is one sample; else the limits are too wide.
        if sample.sequence == seen + 1 && sample.has(valid::MEMORY | valid::PROCESSES) {
            let told = sample.memory_available_bytes as f64 / MIB;
            let (low, high) =
                (before.available.min(after.available), before.available.max(after.available));
            available.push(Finding::new(
                "MemAvailable, median",
                Unit::Mebibytes,
                low,
                told,
                Bound::Between(high, 0.0, 0.0),
            ));
            let between = |metric: &str, low: f64, high: f64, pid: u32| {
                let bound = Bound::Between(high, RSS_PERCENT, RSS_LEAST_MIB);
                row_mib(&sample, pid)
                    .map(|told| Finding::new(metric, Unit::Mebibytes, low, told, bound))
            };
            asleep.extend(between("RSS asleep, worst", before.held, after.held, hold.pid()));
            growing.extend(between("RSS growing, worst", before.grown, after.grown, grow.pid()));
        }
        seen = sample.sequence;
        before = after;
    }
    let middle = available.len() / 2;
    Ok(vec![
        of(available, middle, "MemAvailable, median"),
        of(asleep, usize::MAX, "RSS asleep, worst"),
        of(growing, usize::MAX, "RSS growing, worst"),
    ])
}

/// A process that sleeps all the time while others take memory away from it: nothing
/// that it does tells anybody.
pub fn taken(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let path = stage.storage.join("mapped");
    let file = File::create(&path)?;
    file.set_len(SHARED_BYTES)?;
    let load = Program::start(&format!("map|{}", path.display()))?;
    let mut daemon = Daemon::start(stage, TAKEN_INTERVAL_MS)?;
    let view = daemon.first()?.0;
    let switches = truth::switches(load.pid());
    let mut findings = Vec::new();
    for (number, left) in LEFT_BYTES.into_iter().enumerate() {
        // Pages behind the end of a file are taken from whoever has them mapped.
        file.set_len(left)?;
        // A source may look at those that sleep less often than at those that run.
        let mut sample = daemon::next(&view, view.latest())?;
        for _ in 0..TAKEN_SAMPLES {
            sample = daemon::next(&view, sample.sequence)?;
        }
        let metric = format!("RSS, part {} of 2 taken", number + 1);
        let truth = mib(truth::rss_bytes(load.pid()));
        let bound = Bound::Share(RSS_PERCENT, RSS_LEAST_MIB);
        findings.push(match row_mib(&sample, load.pid()) {
            Some(told) => Finding::new(metric, Unit::Mebibytes, truth, told, bound),
            None => Finding::missing(metric, "others have more"),
        });
    }
    if truth::switches(load.pid()) != switches {
        return Err(Trouble::Failed("the process did not sleep all the time".to_owned()));
    }
    Ok(findings)
}

/// The one in that place when they are ordered by their errors, or the last one.
fn of(mut findings: Vec<Finding>, place: usize, metric: &str) -> Finding {
    findings
        .sort_by(|a, b| (a.error / a.bound.max(1e-9)).total_cmp(&(b.error / b.bound.max(1e-9))));
    let place = place.min(findings.len().saturating_sub(1));
    let found = findings.into_iter().nth(place);
    found.unwrap_or_else(|| Finding::missing(metric, "no sample had it"))
}

fn row_mib(sample: &Snapshot, pid: u32) -> Option<f64> {
    let row = sample.top_memory.iter().find(|row| row.pid == pid)?;
    Some(row.rss_bytes as f64 / MIB)
}

fn mib(bytes: Option<u64>) -> f64 {
    bytes.unwrap_or_default() as f64 / MIB
}
