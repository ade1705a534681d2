//! Many processes: brief ones, the kernel's own, and those that only sleep.

use std::time::Instant;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Process, source};
use rstat_testbed::programs::storm_count;
use rstat_testbed::truth::{self, Stat};

use super::cpu::{spinner, start_stress};
use super::daemon::{self, GIVE_UP, Stage};
use super::finding::{Bound, Finding, Trouble, Unit};
use super::machine::LENGTH;
use super::window::{self, Window, of_system};

/// Percent of the programs of a storm that may be missing, or too many, as they live while a sample
/// is taken.
const COUNT_PERCENT: f64 = 2.0;
const SLEEPERS: u32 = 2500;
/// Processes that come and go on any machine while two lists are taken.
const NOISE: f64 = 5.0;
/// Walking so many processes takes the `/proc` source much longer than 10 ms.
const CROWD_INTERVAL_MS: [u64; 1] = [1000];
/// The number of samples whose numbers of processes are compared, and their interval.
const COUNTS: usize = 100;
const COUNT_INTERVAL_MS: u64 = 50;

/// Short-lived programs, one after another.
pub fn storm(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let counter = stage.storage.join("storm");
    let cpu = match stage.machine.observer_cpu {
        None => "any".to_owned(),
        Some(_) => truth::last_cpu().to_string(),
    };
    let (counts, brief) = (counter.display(), stage.brief.display());
    let load = stage.start(&format!("storm|{cpu}|{counts}|{brief}"))?;
    let pid = load.pid();
    // The parent adds up what its children used when it waits for them.
    let truth = || {
        let children_ns = Stat::read(pid).map_or(0, |stat| stat.children_ns);
        vec![children_ns, storm_count(&counter)]
    };
    let windows = window::measure(stage, LENGTH, truth)?;
    let mut findings = of_system(&windows, stage.machine.storm_points);
    let Some(window) = windows.last() else { return Ok(findings) };
    if stage.machine.observer_cpu.is_some() {
        findings.extend(window.loaded_core());
    }
    if !window.is(source::BPF) {
        findings.push(Finding::missing("programs of the storm", "brief ones are not in /proc"));
        return Ok(findings);
    }
    let is_brief = |row: &Process| row.comm.bytes() == stage.brief_name();
    let listed = window.rows(false, is_brief);
    // Before it becomes another program, a child has its parent's name.
    findings.extend(window.process("the storm's row", 0, listed, 2.0));
    findings.extend(counted(stage, window, is_brief, listed.is_whole())?);
    if stage.machine.process_percent.is_some() {
        findings.push(waited_for(stage)?);
    }
    Ok(findings)
}

/// The number of programs, by the rows of processes that are gone.
fn counted(
    stage: &Stage,
    window: &Window,
    is_brief: impl Fn(&Process) -> bool,
    is_whole: bool,
) -> Result<Vec<Finding>, Trouble> {
    let in_rows = |sample: &Snapshot| -> Vec<u32> {
        let gone = sample.top_cpu.iter().filter(|row| row.pid == 0 && is_brief(row));
        gone.map(|row| row.count).collect()
    };
    let counts: Vec<u32> = window.samples.iter().flat_map(in_rows).collect();
    let least = stage.machine.storm_row;
    let mut most = f64::from(counts.iter().max().copied().unwrap_or_default());
    if stage.machine.process_percent.is_none() {
        // On a busy host few programs fit into a sample.
        let mut daemon = stage.daemon(stage.machine.intervals_ms[0])?;
        let view = daemon.first()?.0;
        let began = Instant::now();
        while most < least && began.elapsed() < GIVE_UP {
            let sample = daemon::next(&view, view.latest())?;
            most = most.max(f64::from(in_rows(&sample).into_iter().max().unwrap_or_default()));
        }
    }
    let full = "others filled the list of a sample";
    let most = if most < least && !is_whole {
        Finding::missing("programs in a row", full)
    } else {
        Finding::new("programs in a row", Unit::Count, least, most, Bound::Below(0.0))
    };
    if stage.machine.process_percent.is_none() {
        return Ok(vec![most]);
    }
    let metric = "programs of the storm";
    let all = if is_whole {
        let reported: u64 = counts.into_iter().map(u64::from).sum();
        let truth = window.after.processes_ns[1] - window.before.processes_ns[1];
        let bound = Bound::Share(COUNT_PERCENT, 0.0);
        Finding::new(metric, Unit::Count, truth as f64, reported as f64, bound)
    } else {
        Finding::missing(metric, full)
    };
    Ok(vec![most, all])
}

/// Checks that programs of the storm do not count once their parent has waited for them.
fn waited_for(stage: &Stage) -> Result<Finding, Trouble> {
    let mut daemon = stage.daemon(COUNT_INTERVAL_MS)?;
    let (view, first) = daemon.first()?;
    let mut sample = daemon::next(&view, first.sequence)?;
    let mut pairs = Vec::new();
    for _ in 0..COUNTS {
        sample = daemon::next(&view, sample.sequence)?;
        pairs.push((truth::pids().len() as f64, f64::from(sample.processes)));
    }
    pairs.sort_by(|(a, b), (c, d)| (b - a).total_cmp(&(d - c)));
    let (truth, reported) = pairs[pairs.len() / 2];
    let bound = Bound::Distance(NOISE);
    Ok(Finding::new("processes, median", Unit::Count, truth, reported, bound))
}

/// Files written and removed: the kernel's own threads bring them to storage.
pub fn kernel_threads(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let arguments = ["--hdd", "1", "--hdd-bytes", "64M", "--hdd-opts", "fdatasync"];
    let _load = start_stress(&arguments, &stage.storage)?;
    let all = Stat::all();
    let pids: Vec<u32> = all.iter().filter(|stat| stat.is_kernel_thread).map(|s| s.pid).collect();
    // Ticks are too coarse for the time that these threads use.
    let times = || pids.iter().map(|pid| truth::first_thread_ns(*pid)).collect();
    let windows = window::measure(stage, LENGTH, times)?;
    let mut findings = of_system(&windows, stage.machine.system_points);
    let Some(window) = windows.last() else { return Ok(findings) };
    let used = |place: &usize| {
        window.after.processes_ns[*place].saturating_sub(window.before.processes_ns[*place])
    };
    let busiest = (0..pids.len()).max_by_key(used).filter(|place| used(place) > 0);
    findings.extend(match busiest {
        None => Some(Finding::missing("busiest kernel thread", "none used a tick of CPU time")),
        Some(place) => {
            let listed = window.rows(true, |row| row.pid == pids[place]);
            window.process("busiest kernel thread", place, listed, 1.0)
        }
    });
    Ok(findings)
}

/// A table full of sleeping processes, and one process that does not sleep.
pub fn crowd(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let _crowd = stage.start(&format!("crowd|{SLEEPERS}"))?;
    let load = stage.start(&spinner())?;
    let pid = load.pid();
    let is_probe = stage.source == "bpf";
    let intervals = if is_probe { stage.machine.intervals_ms } else { &CROWD_INTERVAL_MS };
    let windows = window::measure_at(stage, intervals, LENGTH, || vec![truth::cpu_ns(pid)])?;
    let mut findings = of_system(&windows, stage.machine.system_points);
    for window in &windows {
        let listed = window.rows(false, |row| row.pid == pid);
        findings.extend(window.process("process CPU", 0, listed, 1.0));
    }
    let mut daemon = stage.daemon(100)?;
    let (view, first) = daemon.first()?;
    let sample = daemon::next(&view, first.sequence)?;
    let (truth, reported) = (truth::pids().len() as f64, f64::from(sample.processes));
    findings.push(Finding::new("processes", Unit::Count, truth, reported, Bound::Distance(NOISE)));
    let unlisted = f64::from(sample.processes_unlisted);
    findings.push(Finding::new("unlisted", Unit::Count, 0.0, unlisted, Bound::Distance(0.0)));
    Ok(findings)
}
