//! Processes that cannot go on: blocked in the kernel, or ended and not asked for.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{MAX_PROCESS_STATES, ProcessState, valid};
use rstat_testbed::programs::{BRIEF, Program};
use rstat_testbed::truth::{self, Stat};

use super::daemon::{self, Stage};
use super::finding::{Bound, Finding, Trouble, Unit};

const INTERVAL_MS: u64 = 100;
/// The daemon calls a process a zombie after half a second: so many samples later all of ours
/// are zombies.
const SETTLES: u64 = 10;
const SAMPLES: usize = 20;
/// Few enough that every process has a row, together with those of other programs.
const BLOCKED: u32 = 4;
const ZOMBIES: u32 = 5;
/// Processes that are blocked or zombies for a moment while the test counts.
const NOISE: f64 = 1.0;

/// Blocked processes and zombies, by the kernel.
struct States {
    blocked: u32,
    zombies: u32,
}

impl States {
    fn read() -> Self {
        let all = Stat::all();
        let zombies = all.iter().filter(|stat| stat.state == 'Z').count() as u32;
        let is_blocked = |stat: &&Stat| truth::states(stat.pid).contains(&'D');
        Self { blocked: all.iter().filter(is_blocked).count() as u32, zombies }
    }
}

/// Some blocked processes and some zombies, which were there before the daemon.
pub fn process_states(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let mut blocked = Vec::new();
    for _ in 0..BLOCKED {
        blocked.push(stage.start("blocked|first")?);
    }
    let parent = stage.start(&format!("zombies|{ZOMBIES}"))?;
    let mut daemon = stage.daemon(INTERVAL_MS)?;
    let (view, first) = daemon.first()?;
    let enough = first.sequence + SETTLES;
    let mut sample = first;
    while sample.sequence < enough {
        sample = daemon::next(&view, sample.sequence)?;
    }
    if !sample.has(valid::PROCESS_STATES) {
        return Err(Trouble::Cannot("this source does not know".to_owned()));
    }
    let (mut counts, mut names) = ([Vec::new(), Vec::new()], Vec::new());
    for _ in 0..SAMPLES {
        let before = States::read();
        sample = daemon::next(&view, view.latest())?;
        let after = States::read();
        counts[0].push(count("blocked", sample.processes_blocked, before.blocked, after.blocked));
        counts[1].push(count("zombies", sample.processes_zombie, before.zombies, after.zombies));
        names.push(named(&sample, &blocked, parent.pid()));
    }
    // The median sample: other processes are blocked for moments in between.
    let worst = |mut findings: Vec<Finding>| {
        findings.sort_by(|a, b| a.error.total_cmp(&b.error));
        findings.swap_remove(findings.len() / 2)
    };
    let mut findings: Vec<_> = counts.into_iter().map(worst).collect();
    let all = States::read();
    let ours = [
        ("our blocked, named", BLOCKED, all.blocked),
        ("our zombies, named", ZOMBIES, all.zombies),
    ];
    for (place, (metric, truth, all)) in ours.into_iter().enumerate() {
        if all as usize > MAX_PROCESS_STATES {
            findings.push(Finding::missing(
                metric,
                format!("{all} want the {MAX_PROCESS_STATES} rows"),
            ));
            continue;
        }
        // Another process that is blocked for a moment may take the row of one of ours.
        let reported = names.iter().map(|counts| counts[place]).max().unwrap_or_default();
        let (truth, reported) = (f64::from(truth), reported as f64);
        findings.push(Finding::new(metric, Unit::Count, truth, reported, Bound::Distance(0.0)));
    }
    Ok(findings)
}

fn count(what: &str, reported: u32, before: u32, after: u32) -> Finding {
    let (low, high) = (f64::from(before.min(after)), f64::from(before.max(after)));
    let reported = f64::from(reported);
    let truth = reported.clamp(low, high);
    let metric = format!("{what} processes, median");
    Finding::new(metric, Unit::Count, truth, reported, Bound::Distance(NOISE))
}

/// The number of our blocked processes, and of our zombies, whose row has the right pid and name.
fn named(sample: &Snapshot, blocked: &[Program], parent: u32) -> [usize; 2] {
    let is_ours = |row: &&ProcessState| blocked.iter().any(|load| load.pid() == row.pid);
    let has_its_name = |row: &&ProcessState| {
        Stat::read(row.pid).is_some_and(|stat| stat.comm.as_bytes() == row.comm.bytes())
    };
    let blocked = sample.blocked.iter().filter(is_ours);
    let blocked = blocked.filter(|row| row.threads == 1).filter(has_its_name);
    let zombies = sample.zombies.iter().filter(|row| row.comm.bytes() == BRIEF.as_bytes());
    let zombies =
        zombies.filter(|row| Stat::read(row.pid).is_some_and(|stat| stat.parent == parent));
    [blocked.count(), zombies.count()]
}
