//! A CPU that goes and comes back while the daemon runs.

use std::fs;
use std::thread;
use std::time::Duration;

use rstat_shm::View;
use rstat_testbed::programs::Program;
use rstat_testbed::truth;

use crate::cases::SYSTEM_POINTS;
use crate::daemon::{self, Daemon, Stage};
use crate::finding::{Finding, Trouble};
use crate::window::{self, Window, extremes};

const INTERVAL_MS: u64 = 100;
const LENGTH: Duration = Duration::from_secs(2);
/// Until a CPU is quiet after it came or went.
const SETTLES: Duration = Duration::from_millis(300);

/// A CPU that is taken away, and comes back when this goes, or when we do: another
/// process waits for our end.
struct Absent {
    file: String,
    guard: Option<Program>,
}

impl Absent {
    fn take(cpu: u32) -> Result<Self, Trouble> {
        let file = format!("/sys/devices/system/cpu/cpu{cpu}/online");
        let cannot = |error| Trouble::Cannot(format!("{file}: {error}"));
        let online = fs::read_to_string(&file).map_err(cannot)?;
        if online.trim() != "1" {
            return Err(Trouble::Cannot(format!("{file} is not 1")));
        }
        let guard = Program::outliving(&format!("bring-back|{file}"))?;
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

/// The last CPU is away at the start, comes, goes and comes back; the first one is busy.
pub fn hotplug(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let cpus = truth::cpus();
    let (Some(first), Some(last)) = (cpus.first(), cpus.last()) else {
        return Err(Trouble::Failed("no CPU in /proc/stat".to_owned()));
    };
    if first == last {
        return Err(Trouble::Cannot("there is one CPU only".to_owned()));
    }
    let _load = Program::start(&format!("spin|1|spinner|{first}"))?;
    let absent = Absent::take(*last)?;
    let mut daemon = Daemon::start(stage, INTERVAL_MS)?;
    let view = daemon.first()?.0;
    drop(absent);
    settled(&view)?;
    // Beside the windows a thread looks at every sample, those of the changes too.
    let every = thread::scope(|scope| {
        let watch = scope.spawn(|| window::window(&view, INTERVAL_MS, LENGTH * 3, Vec::new));
        let result = windows(&view, *last);
        let watched =
            watch.join().unwrap_or_else(|_| Err(Trouble::Failed("a thread panicked".to_owned())));
        result.and_then(|windows| Ok((windows, watched?)))
    });
    let ([away, back], every) = every?;
    let name = |mut finding: Finding, name: &str| {
        name.clone_into(&mut finding.metric);
        finding
    };
    let mut findings = vec![
        name(away.system(SYSTEM_POINTS), "system CPU, one away"),
        name(back.system(SYSTEM_POINTS), "system CPU, it is back"),
    ];
    findings.extend(extremes([&away, &back, &every]));
    Ok(findings)
}

/// While the CPU is away, and after it came back.
fn windows(view: &View, cpu: u32) -> Result<[Window; 2], Trouble> {
    let absent = Absent::take(cpu)?;
    settled(view)?;
    let away = window::window(view, INTERVAL_MS, LENGTH, Vec::new)?;
    drop(absent);
    settled(view)?;
    let back = window::window(view, INTERVAL_MS, LENGTH, Vec::new)?;
    Ok([away, back])
}

fn settled(view: &View) -> Result<(), Trouble> {
    thread::sleep(SETTLES);
    daemon::next(view, view.latest()).map(|_| ())
}
