//! Loads that use CPUs for long.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rstat_testbed::programs::Program;
use rstat_testbed::truth::{self, Stat};

use super::daemon::Stage;
use super::finding::{Bound, Finding, Trouble, Unit};
use super::machine::LENGTH;
use super::window::{self, Moment, Window, extremes, of_system};

/// The number of daemon starts whose first seconds are added up: one second is too short for the
/// kernel's ticks.
const STARTS: u32 = 4;
const FIRST_INTERVAL_MS: u64 = 100;
const LONG_INTERVAL_MS: u64 = 5000;
const LONGEST_INTERVAL_MS: u64 = 60_000;
/// The seconds after which stress-ng ends by itself, should this program not end it.
const STRESS_SECONDS: &str = "60";
/// The name of stress-ng's workers.
const WORKER: &str = "stress-ng";

/// No load but the daemons themselves, and other work of the machine.
pub fn idle(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let windows = window::measure(stage, LENGTH, Vec::new)?;
    let mut findings = of_system(&windows, stage.machine.system_points);
    findings.extend(windows.iter().flat_map(Window::pace));
    Ok(findings)
}

/// One task that never yields, kept on one CPU.
pub fn busy_loop(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let load = stage.start(&spinner())?;
    let (mut findings, windows) = of_process(stage, &load)?;
    findings.extend(windows.iter().flat_map(Window::loaded_core));
    Ok(findings)
}

/// The same task at an interval of seconds.
pub fn long_interval(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    one_interval(stage, LONG_INTERVAL_MS)
}

/// The same task at the longest interval of the daemon.
pub fn longest_interval(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    one_interval(stage, LONGEST_INTERVAL_MS)
}

fn one_interval(stage: &Stage, ms: u64) -> Result<Vec<Finding>, Trouble> {
    let load = stage.start(&spinner())?;
    let window = from_start(stage, ms, Duration::from_millis(ms), load.pid())?;
    let listed = window.rows(false, |row| row.pid == load.pid());
    let mut findings = vec![window.system(stage.machine.system_points)];
    findings.extend(window.process("process CPU", 0, listed, 1.0));
    Ok(findings)
}

/// Eight threads of one process, on all CPUs.
pub fn threads(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let load = stage.start("spin|8|spinners")?;
    of_process(stage, &load).map(|(findings, _)| findings)
}

/// A task before all ordinary ones that works for 6 of each 10 ms.
pub fn real_time(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let load = stage.start(&format!("real-time|{}", truth::last_cpu()))?;
    of_process(stage, &load).map(|(findings, _)| findings)
}

/// Eight workers that are busy for a tenth of the time each.
pub fn stress(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let _load = start_stress(&["--cpu", "8", "--cpu-load", "10"], &stage.storage)?;
    let workers = || {
        let all = Stat::all().into_iter().filter(|stat| stat.comm.starts_with(WORKER));
        vec![all.map(|stat| stat.cpu_ns).sum()]
    };
    let windows = window::measure(stage, LENGTH, workers)?;
    let mut findings = of_system(&windows, stage.machine.system_points);
    for window in &windows {
        let listed = window.applications(WORKER);
        if listed.time_ns > 0.0 {
            // The time of each thread is rounded down.
            findings.extend(window.process("application CPU", 0, listed, 2.0));
        } else {
            let why = "they are part of another application here";
            findings.push(Finding::missing("application CPU", why));
        }
    }
    Ok(findings)
}

/// The first second after a daemon's start, with a busy loop that was there before.
pub fn first_second(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let load = stage.start(&spinner())?;
    let (mut truth, mut reported, mut stolen) = (0.0, 0.0, 0.0);
    let mut windows = Vec::new();
    for _ in 0..STARTS {
        let second = Duration::from_secs(1);
        let window = from_start(stage, FIRST_INTERVAL_MS, second, load.pid())?;
        truth += window.true_percent();
        stolen += window.stolen_percent();
        reported += window.busy_percent();
        windows.push(window);
    }
    let mean = |sum: f64| sum / f64::from(STARTS);
    let bound = Bound::Distance(stage.machine.system_points);
    let system = Finding::new("system CPU", Unit::Percent, mean(truth), mean(reported), bound);
    let mut findings = vec![system.with_stolen(mean(stolen))];
    findings.extend(extremes(&windows));
    Ok(findings)
}

/// The time from the first sample of a daemon on.
fn from_start(stage: &Stage, ms: u64, length: Duration, pid: u32) -> Result<Window, Trouble> {
    let processes = || vec![truth::cpu_ns(pid)];
    let mut daemon = stage.daemon(ms)?;
    let (view, first) = daemon.first()?;
    let before = Moment::read(processes);
    window::from(stage.machine, &view, ms, length, &first, before, processes)
}

/// The system's and one process's share.
fn of_process(stage: &Stage, load: &Program) -> Result<(Vec<Finding>, Vec<Window>), Trouble> {
    let pid = load.pid();
    let windows = window::measure(stage, LENGTH, || vec![truth::cpu_ns(pid)])?;
    let mut findings = of_system(&windows, stage.machine.system_points);
    for window in &windows {
        let listed = window.rows(false, |row| row.pid == pid);
        findings.extend(window.process("process CPU", 0, listed, 1.0));
    }
    Ok((findings, windows))
}

/// A task that never yields, kept on the last CPU.
pub fn spinner() -> String {
    format!("spin|1|spinner|{}", truth::last_cpu())
}

/// Starts stress-ng, whose workers follow a moment later.
pub fn start_stress(arguments: &[&str], directory: &Path) -> Result<Program, Trouble> {
    let mut command = Command::new("stress-ng");
    command.args(["--quiet", "--timeout", STRESS_SECONDS]).args(arguments);
    command.current_dir(directory);
    Program::other(command).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Trouble::Cannot("stress-ng is missing: apt install stress-ng".to_owned())
        }
        _ => error.into(),
    })
}
