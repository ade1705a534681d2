//! Many processes: brief ones, the kernel's own, and those that only sleep.

use rstat_shm::snapshot::{Process, source};
use rstat_testbed::programs::{BRIEF, Program, storm_count};
use rstat_testbed::truth::{self, Stat};

use crate::cases::cpu::{of_system, spinner, start_stress};
use crate::cases::{PROCESS_PERCENT, STORM_POINTS, SYSTEM_POINTS};
use crate::daemon::{self, Daemon, Stage};
use crate::finding::{Bound, Finding, Trouble, Unit};
use crate::window::{self, INTERVALS_MS, LENGTH, Window};

/// Percent of the programs of a storm that may be missing, or too many: those that
/// live while a sample is taken.
const COUNT_PERCENT: f64 = 2.0;
const SLEEPERS: u32 = 2500;
/// Processes that come and go on any machine while two lists are taken.
const NOISE: f64 = 5.0;
/// Walking so many processes takes the `/proc` source much longer than 10 ms.
const CROWD_INTERVAL_MS: [u64; 1] = [1000];

/// Short-lived programs, one after another.
pub fn storm(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let counter = stage.storage.join("storm");
    let load = Program::start(&format!("storm|any|{}", counter.display()))?;
    let pid = load.pid();
    // The parent adds up what its children used when it waits for them.
    let truth = || {
        let children_ns = Stat::read(pid).map_or(0, |stat| stat.children_ns);
        vec![children_ns, storm_count(&counter)]
    };
    let windows = window::measure(stage, &INTERVALS_MS, LENGTH, truth)?;
    let mut findings = of_system(&windows, STORM_POINTS);
    let Some(window) = windows.last() else { return Ok(findings) };
    if !window.is(source::BPF) {
        findings.push(Finding::missing("programs of the storm", "brief ones are not in /proc"));
        return Ok(findings);
    }
    let is_brief = |row: &Process| row.comm.bytes() == BRIEF.as_bytes();
    let told = window.rows(false, is_brief);
    // Before it becomes another program, a child has its parent's name.
    findings.push(window.process("the storm's row", 0, told, 2.0 * PROCESS_PERCENT));
    findings.push(if told.is_whole() {
        counted(window, is_brief)
    } else {
        Finding::missing("programs of the storm", "others filled the list of a sample")
    });
    Ok(findings)
}

/// How many there were, by the rows that stand for those that are gone.
fn counted(window: &Window, is_brief: impl Fn(&Process) -> bool) -> Finding {
    let rows = window.samples.iter().flat_map(|sample| &sample.top_cpu);
    let gone = rows.filter(|row| row.pid == 0 && is_brief(row));
    let told: u64 = gone.map(|row| u64::from(row.count)).sum();
    let truth = window.after.processes_ns[1] - window.before.processes_ns[1];
    let bound = Bound::Share(COUNT_PERCENT, 0.0);
    Finding::new("programs of the storm", Unit::Count, truth as f64, told as f64, bound)
}

/// Files written and removed: the kernel's own threads bring them to storage.
pub fn kernel_threads(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let arguments = ["--hdd", "1", "--hdd-bytes", "64M", "--hdd-opts", "fdatasync"];
    let _load = start_stress(&arguments, &stage.storage)?;
    let all = Stat::all();
    let pids: Vec<u32> = all.iter().filter(|stat| stat.is_kernel_thread).map(|s| s.pid).collect();
    // Ticks are too coarse for what these use.
    let times = || pids.iter().map(|pid| truth::first_thread_ns(*pid)).collect();
    let windows = window::measure(stage, &INTERVALS_MS, LENGTH, times)?;
    let mut findings = of_system(&windows, SYSTEM_POINTS);
    let Some(window) = windows.last() else { return Ok(findings) };
    let used = |place: &usize| {
        window.after.processes_ns[*place].saturating_sub(window.before.processes_ns[*place])
    };
    let busiest = (0..pids.len()).max_by_key(used).filter(|place| used(place) > 0);
    findings.push(match busiest {
        None => Finding::missing("busiest kernel thread", "none used a tick of CPU time"),
        Some(place) => {
            let told = window.rows(true, |row| row.pid == pids[place]);
            window.process("busiest kernel thread", place, told, PROCESS_PERCENT)
        }
    });
    Ok(findings)
}

/// A table full of processes that sleep, and one that does not.
pub fn crowd(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let _crowd = Program::start(&format!("crowd|{SLEEPERS}"))?;
    let load = Program::start(&spinner())?;
    let pid = load.pid();
    let is_probe = stage.source == "bpf";
    let intervals = if is_probe { &INTERVALS_MS[..] } else { &CROWD_INTERVAL_MS };
    let windows = window::measure(stage, intervals, LENGTH, || vec![truth::cpu_ns(pid)])?;
    let mut findings = of_system(&windows, SYSTEM_POINTS);
    for window in &windows {
        let told = window.rows(false, |row| row.pid == pid);
        findings.push(window.process("process CPU", 0, told, PROCESS_PERCENT));
    }
    let mut daemon = Daemon::start(stage, 100)?;
    let (view, first) = daemon.first()?;
    let sample = daemon::next(&view, first.sequence)?;
    let (truth, told) = (truth::pids().len() as f64, f64::from(sample.processes));
    findings.push(Finding::new("processes", Unit::Count, truth, told, Bound::Distance(NOISE)));
    let unlisted = f64::from(sample.processes_unlisted);
    findings.push(Finding::new("unlisted", Unit::Count, 0.0, unlisted, Bound::Distance(0.0)));
    Ok(findings)
}
