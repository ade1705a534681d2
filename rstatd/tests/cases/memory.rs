//! Memory of processes and of the machine.
//!
//! A sleeping process has the same pages as a moment ago, so its bounds are exact. Other memory
//! changes meanwhile: the test reads the kernel's figure before and after each sample, and the
//! daemon's figure must lie between the two.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::snapshot::{Process, valid};
use rstat_shm::{Snapshot, View};
use rstat_testbed::programs::Program;
use rstat_testbed::truth;

use super::daemon::{self, Daemon, GIVE_UP, Stage};
use super::finding::{Bound, Finding, Trouble, Unit};

const INTERVAL_MS: u64 = 20;
/// The samples in which the daemon reads each listed process at least once, and one that is under
/// way.
const SETTLES_SAMPLES: u64 = 5;
const MIB: f64 = (1 << 20) as f64;
/// The allowed error of a sleeping process after the daemon has read it: 64 KiB.
const ASLEEP_MIB: f64 = 1.0 / 16.0;
/// The allowed error in the first sample: each CPU may keep back 32 pages (`percpu_counter_batch`,
/// Linux 6.2) of each of three counters, which is 768 KiB with two CPUs.
const FIRST_MIB: f64 = 1.0;
/// The step between two touched bytes: one page, or less.
const PAGE_BYTES: u64 = 4096;
/// The name of the loads, which makes an application without other programs.
const NAME: &str = "memory test";
const LOOK: Duration = Duration::from_millis(1);

const SAMPLES: usize = 60;
const RSS_PERCENT: f64 = 5.0;
const RSS_LEAST_MIB: f64 = 1.0;

/// A load that sleeps under its name, a daemon that started later, and its region.
struct Watched {
    load: Program,
    daemon: Daemon,
    view: View,
    first: Snapshot,
}

impl Watched {
    fn start(stage: &Stage, line: &str) -> Result<Self, Trouble> {
        let mut load = stage.start(line)?;
        load.order(NAME)?;
        // The load has answered, and goes to sleep.
        let began = Instant::now();
        while truth::states(load.pid()).iter().any(|state| *state != 'S') {
            if began.elapsed() > GIVE_UP {
                return Err(Trouble::Failed("the load does not go to sleep".to_owned()));
            }
            thread::sleep(LOOK);
        }
        let mut daemon = stage.daemon(INTERVAL_MS)?;
        let (view, first) = daemon.first()?;
        Ok(Self { load, daemon, view, first })
    }

    /// The memory in the rows of the process and of its application, after the daemon has read it.
    fn settled(&self, metric: &str) -> Result<[Finding; 2], Trouble> {
        let sample = daemon::next(&self.view, self.view.latest() + SETTLES_SAMPLES - 1)?;
        let truth = mib(truth::rss_bytes(self.load.pid()));
        let Some(row) = listed_mib(&sample, self.load.pid(), truth) else {
            return Ok(
                [metric, "its application"].map(|of| Finding::missing(of, "others have more"))
            );
        };
        let mut applications = sample.top_memory_applications.iter();
        let application = applications.find(|row| row.name.bytes() == NAME.as_bytes());
        let application = application.map_or(0.0, |application| mib(Some(application.rss_bytes)));
        let bound = Bound::Distance(ASLEEP_MIB);
        Ok([
            Finding::new(metric, Unit::Mebibytes, truth, row, bound),
            Finding::new(
                format!("{metric}, its application"),
                Unit::Mebibytes,
                row,
                application,
                Bound::Distance(0.0),
            ),
        ])
    }
}

/// A process that has slept since before the daemon is in the first sample, and later.
pub fn asleep(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let watched = Watched::start(stage, &format!("hold|{}", stage.machine.held_bytes))?;
    let truth = mib(truth::rss_bytes(watched.load.pid()));
    let metric = "RSS, first sample";
    let first = match listed_mib(&watched.first, watched.load.pid(), truth) {
        _ if !watched.daemon.is_new() => Finding::missing(metric, "the daemon ran already"),
        Some(row) => Finding::new(metric, Unit::Mebibytes, truth, row, Bound::Distance(FIRST_MIB)),
        None => Finding::missing(metric, "others have more"),
    };
    let held = mib(Some(stage.machine.held_bytes));
    let held = Finding::new("held at least", Unit::Mebibytes, held, truth, Bound::Below(0.0));
    Ok([watched.settled("RSS, later")?.to_vec(), vec![first, held]].concat())
}

/// A process that sleeps all the time, while others take memory away from it. The process does
/// nothing by which the probe could notice.
pub fn taken(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let path = stage.storage.join("mapped");
    let file = File::create(&path)?;
    let held = stage.machine.held_bytes;
    file.set_len(held)?;
    let watched = Watched::start(stage, &format!("map|{}", path.display()))?;
    let mut findings = watched.settled("RSS, whole")?.to_vec();
    let before = truth::rss_bytes(watched.load.pid()).unwrap_or_default();
    let switches = truth::switches(watched.load.pid());
    // Processes lose mapped pages that are behind the new end of a file.
    for (taken, metric) in [(held / 8, "RSS, an eighth taken"), (held / 2, "RSS, a half taken")] {
        file.set_len(held - taken)?;
        findings.extend(watched.settled(metric)?);
        let left = truth::rss_bytes(watched.load.pid()).unwrap_or_default();
        // The kernel may have reclaimed some of the pages before.
        if left > before - taken / 2 {
            return Err(Trouble::Failed(format!("{before} bytes were {left} after {taken} less")));
        }
    }
    if truth::switches(watched.load.pid()) != switches {
        return Err(Trouble::Failed("the process did not sleep all the time".to_owned()));
    }
    Ok(findings)
}

/// A process that was on every CPU, each of which has counted some of its pages apart.
pub fn apart(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    // An odd number of pages for each CPU, so that each keeps some in its own count.
    let pages = (stage.machine.held_bytes / PAGE_BYTES / truth::cpus().len() as u64) | 1;
    let watched = Watched::start(stage, &format!("scatter|{pages}"))?;
    Ok(watched.settled("RSS, counted apart")?.to_vec())
}

/// The kernel's figures in one moment.
#[derive(Clone, Copy)]
struct Truth {
    available: f64,
    grown: f64,
}

/// The memory of a process that grows, and all that is available.
pub fn memory(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let mut daemon = stage.daemon(INTERVAL_MS)?;
    let (view, first) = daemon.first()?;
    let too_much = Finding::new(
        "rows with too much",
        Unit::Count,
        0.0,
        first.top_memory.iter().filter(|row| has_less(row)).count() as f64,
        Bound::Distance(0.0),
    );
    let mut seen = daemon::next(&view, view.latest())?.sequence;
    let grow = stage.start("grow")?;
    let look = || Truth {
        available: mib(truth::available_bytes()),
        grown: mib(truth::rss_bytes(grow.pid())),
    };
    let (mut available, mut growing) = (Vec::new(), Vec::new());
    let mut before = look();
    for _ in 0..SAMPLES {
        let sample = daemon::next(&view, seen)?;
        let after = look();
        // There is one sample between the two readings; otherwise the limits are too wide.
        if sample.sequence == seen + 1 && sample.has(valid::MEMORY | valid::PROCESSES) {
            let (low, high) =
                (before.available.min(after.available), before.available.max(after.available));
            available.push(Finding::new(
                "MemAvailable, median",
                Unit::Mebibytes,
                low,
                mib(Some(sample.memory_available_bytes)),
                Bound::Between(high, 0.0, 0.0),
            ));
            let bound = Bound::Between(after.grown, RSS_PERCENT, RSS_LEAST_MIB);
            growing.extend(row_mib(&sample, grow.pid()).map(|row| {
                Finding::new("RSS growing, worst", Unit::Mebibytes, before.grown, row, bound)
            }));
        }
        seen = sample.sequence;
        before = after;
    }
    let middle = available.len() / 2;
    Ok(vec![
        of(available, middle, "MemAvailable, median"),
        of(growing, usize::MAX, "RSS growing, worst"),
        too_much,
    ])
}

/// Whether a process that exists has less than its row says.
fn has_less(row: &Process) -> bool {
    let least = row.rss_bytes as f64 * (1.0 - RSS_PERCENT / 100.0);
    row.pid != 0 && truth::rss_bytes(row.pid).is_some_and(|truth| (truth as f64) < least)
}

/// The finding at that place in the order of errors, or the last one.
fn of(mut findings: Vec<Finding>, place: usize, metric: &str) -> Finding {
    findings
        .sort_by(|a, b| (a.error / a.bound.max(1e-9)).total_cmp(&(b.error / b.bound.max(1e-9))));
    let place = place.min(findings.len().saturating_sub(1));
    let found = findings.into_iter().nth(place);
    found.unwrap_or_else(|| Finding::missing(metric, "no sample had it"))
}

/// The memory in the process's row. Without a row it is 0, or `None` where every row has more
/// than `truth`.
fn listed_mib(sample: &Snapshot, pid: u32, truth: f64) -> Option<f64> {
    let others_have_more = sample.top_memory.iter().all(|row| mib(Some(row.rss_bytes)) > truth);
    row_mib(sample, pid).or((!others_have_more).then_some(0.0))
}

fn row_mib(sample: &Snapshot, pid: u32) -> Option<f64> {
    let row = sample.top_memory.iter().find(|row| row.pid == pid)?;
    Some(mib(Some(row.rss_bytes)))
}

fn mib(bytes: Option<u64>) -> f64 {
    bytes.unwrap_or_default() as f64 / MIB
}
