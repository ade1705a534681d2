//! A CPU that goes and comes back while the daemon runs.

use std::fs;
use std::thread;
use std::time::Duration;

use rstat_shm::View;
use rstat_testbed::programs::Program;
use rstat_testbed::truth;

use super::cpu::spinner;
use super::daemon::{self, Stage};
use super::finding::{Bound, Finding, Trouble, Unit};
use super::window::{self, Window, extremes};

const INTERVAL_MS: u64 = 100;
const LENGTH: Duration = Duration::from_secs(2);
/// The time until a CPU is quiet after it came or went, and the samples after which the change is
/// over.
const SETTLES: Duration = Duration::from_millis(300);
const SETTLES_SAMPLES: usize = 2;
/// The least busy percentage of the only CPU that is left, to which the load had to move.
const LOADED_PERCENT: f64 = 90.0;

/// A CPU that is offline, and comes back when this value is dropped or this program ends: another
/// process waits for that end.
struct Absent {
    file: String,
    guard: Option<Program>,
}

impl Absent {
    fn take(stage: &Stage, cpu: u32) -> Result<Self, Trouble> {
        let file = format!("/sys/devices/system/cpu/cpu{cpu}/online");
        let cannot = |error| Trouble::Cannot(format!("{file}: {error}"));
        let online = fs::read_to_string(&file).map_err(cannot)?;
        if online.trim() != "1" {
            return Err(Trouble::Cannot(format!("{file} is not 1")));
        }
        let guard = stage.start_outliving(&format!("bring-back|{file}"))?;
        let absent = Self { file, guard: Some(guard) };
        fs::write(&absent.file, "0")
            .map_err(|error| Trouble::Cannot(format!("{}: {error}", absent.file)))?;
        Ok(absent)
    }
}

impl Drop for Absent {
    fn drop(&mut self) {
        // The guard tries again.
        let _ = fs::write(&self.file, "1");
        if let Some(guard) = self.guard.take() {
            guard.finish();
        }
    }
}

/// The last CPU, to which a load was kept, is away at the daemon's start, comes, goes and
/// comes back.
pub fn hotplug(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let cpus = truth::cpus();
    let Some(last) = cpus.last().filter(|_| cpus.len() > 1) else {
        return Err(Trouble::Cannot("there is one CPU only".to_owned()));
    };
    let _load = stage.start(&spinner())?;
    let absent = Absent::take(stage, *last)?;
    let mut daemon = stage.daemon(INTERVAL_MS)?;
    let view = daemon.first()?.0;
    drop(absent);
    settled(&view)?;
    // Besides the windows, a thread looks at every sample, also at those of the changes.
    let every = thread::scope(|scope| {
        let watch = scope.spawn(|| part(stage, &view, LENGTH * 3));
        let result = windows(stage, &view, *last);
        let watched =
            watch.join().unwrap_or_else(|_| Err(Trouble::Failed("a thread panicked".to_owned())));
        result.and_then(|windows| Ok((windows, watched?)))
    });
    let ([away, back], every) = every?;
    let mut findings = vec![
        has_cpus(&away, cpus.len() - 1, "CPUs, one away"),
        has_cpus(&back, cpus.len(), "CPUs, it is back"),
    ];
    if cpus.len() == 2 {
        let shares = away.samples.iter().skip(SETTLES_SAMPLES).map(|sample| sample.cpu_busy_ppm);
        let percent = f64::from(shares.min().unwrap_or_default()) / 1e4;
        let bound = Bound::Below(100.0 - LOADED_PERCENT);
        findings.push(Finding::new("least, one CPU left", Unit::Percent, 100.0, percent, bound));
    }
    if !stage.machine.has_many_interrupts {
        let points = stage.machine.system_points;
        findings.push(away.system(points).named("system CPU, one away"));
        findings.push(back.system(points).named("system CPU, it is back"));
    }
    findings.extend(extremes([&away, &back, &every]));
    Ok(findings)
}

/// Checks that all samples but the first have that many CPUs.
fn has_cpus(window: &Window, count: usize, metric: &str) -> Finding {
    let settled = window.samples.iter().skip(SETTLES_SAMPLES);
    let counts = settled.map(|sample| f64::from(sample.cpu_count));
    let truth = count as f64;
    let farthest = counts.max_by(|a, b| (a - truth).abs().total_cmp(&(b - truth).abs()));
    let reported = farthest.unwrap_or(f64::NAN);
    Finding::new(metric, Unit::Count, truth, reported, Bound::Distance(0.0))
}

/// While the CPU is away, and after it came back.
fn windows(stage: &Stage, view: &View, cpu: u32) -> Result<[Window; 2], Trouble> {
    let absent = Absent::take(stage, cpu)?;
    settled(view)?;
    let away = thread::scope(|scope| join(scope.spawn(|| part(stage, view, LENGTH))))?;
    drop(absent);
    settled(view)?;
    let back = thread::scope(|scope| join(scope.spawn(|| part(stage, view, LENGTH))))?;
    Ok([away, back])
}

fn part(stage: &Stage, view: &View, length: Duration) -> Result<Window, Trouble> {
    window::window(stage.machine, view, INTERVAL_MS, length, Vec::new)
}

fn join(thread: thread::ScopedJoinHandle<'_, Result<Window, Trouble>>) -> Result<Window, Trouble> {
    thread.join().unwrap_or_else(|_| Err(Trouble::Failed("a thread panicked".to_owned())))
}

fn settled(view: &View) -> Result<(), Trouble> {
    thread::sleep(SETTLES);
    daemon::next(view, view.latest()).map(|_| ())
}
