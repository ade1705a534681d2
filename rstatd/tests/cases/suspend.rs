//! A machine that sleeps for seconds while the daemon runs.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::Snapshot;
use rstat_testbed::{sys, truth};

use super::counters::{self, JUMP};
use super::cpu::spinner;
use super::daemon::Stage;
use super::finding::{Bound, Finding, Trouble, Unit};
use super::window::{self, Window, extremes};

const CLOCK: &str = "/sys/class/rtc/rtc0/wakealarm";
const SLEEP_STATES: &str = "/sys/power/state";
/// Suspend to memory. A deep one takes all CPUs but the first offline and stops clocks; otherwise
/// everything is only idle.
const TO_MEMORY: &str = "mem";
const HOW: &str = "/sys/power/mem_sleep";
/// How long the machine is to sleep, and the least time that the clock that stops must lose: the
/// alarm has whole seconds.
const ASLEEP_S: u64 = 5;
const MISSING: Duration = Duration::from_secs(2);
/// The time of the measurement, with the seconds of going to sleep and waking up.
const LENGTH: Duration = Duration::from_secs(7);
/// Percent of a CPU that interrupts take on an emulated machine, which the kernel does
/// not count as idle; the time of tasks alone is unknown across a suspend.
const INTERRUPTS: f64 = 15.0;

/// How long the machine slept by the clock that goes on, and how long the sleep took by the
/// clock that stops.
#[derive(Clone, Copy, Default)]
struct Sleep {
    asleep: Duration,
    took: Duration,
}

/// A load that never sleeps is on a CPU that may go offline meanwhile. The daemon agrees with the
/// kernel's idle time over the time before and after, whose first sample contains the suspend. A
/// disk's bytes and a package's energy jump on the way to sleep, and no rate shows that afterwards.
pub fn suspend(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let states = fs::read_to_string(SLEEP_STATES).unwrap_or_default();
    if !states.split_whitespace().any(|state| state == TO_MEMORY) {
        return Err(Trouble::Cannot(format!("{SLEEP_STATES} has {:?} only", states.trim())));
    }
    let is_deep = fs::read_to_string(HOW).is_ok_and(|how| how.contains("[deep]"));
    let _load = stage.start(&spinner())?;
    let interval_ms = stage.machine.intervals_ms[0];
    let mut daemon = stage.daemon(interval_ms)?;
    counters::set(0);
    let (view, first) = daemon.first()?;
    let mut sleep = Sleep::default();
    let began = Instant::now();
    let window = thread::scope(|scope| {
        let measured = scope.spawn(|| {
            let event = || {
                counters::set(JUMP);
                sleep_to_memory().map(|slept| sleep = slept)
            };
            window::around(stage.machine, &view, interval_ms, LENGTH, Vec::new, event)
        });
        measured.join().unwrap_or_else(|_| Err(Trouble::Failed("a thread panicked".to_owned())))
    })?;
    let whole = began.elapsed();
    // A CPU that is offline is neither busy nor idle; the other CPU has interrupts.
    let away = if is_deep { 100.0 * sleep.took.as_secs_f64() / whole.as_secs_f64() } else { 0.0 };
    let last = truth::last_cpu();
    let others = truth::cpus().into_iter().filter(|cpu| *cpu != last);
    let mut findings = vec![core(&window, last, away)];
    findings.extend(others.map(|cpu| core(&window, cpu, INTERRUPTS)));
    findings.extend(extremes([&window]));
    if is_deep {
        let [asleep, missing] = [sleep.asleep, MISSING].map(|time| time.as_secs_f64() * 1e3);
        let bound = Bound::Below(0.0);
        findings.push(Finding::new("asleep", Unit::Milliseconds, missing, asleep, bound));
        let slept = |sample: &&Snapshot| {
            realtime_ahead(sample).saturating_sub(realtime_ahead(&first)) >= MISSING
        };
        findings.extend(counters::findings(window.samples.iter().filter(slept)));
    }
    Ok(findings)
}

/// One CPU, for which the kernel counts some percent as busy that may be idle.
fn core(window: &Window, cpu: u32, unsure: f64) -> Finding {
    let reported = window.core_percent(cpu);
    let most = window.true_share(cpu).map_or(f64::NAN, |share| share.not_idle);
    let truth = reported.max(most - unsure).min(most);
    let bound = Bound::Distance(window.core_points());
    Finding::new(format!("CPU {cpu}"), Unit::Percent, truth, reported, bound)
}

/// How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, which is more after a suspend.
fn realtime_ahead(sample: &Snapshot) -> Duration {
    Duration::from_nanos(sample.realtime_ns.saturating_sub(sample.monotonic_ns))
}

/// The time by which the clock that never stops is ahead of the clock that stops in a suspend.
fn asleep_since_boot() -> Duration {
    sys::clock(libc::CLOCK_BOOTTIME).saturating_sub(sys::clock(libc::CLOCK_MONOTONIC))
}

fn sleep_to_memory() -> Result<Sleep, Trouble> {
    let (before, began) = (asleep_since_boot(), Instant::now());
    let write = |file: &str, text: &str| {
        let cannot = |why| Trouble::Cannot(format!("write {text} to {file}: {why}"));
        fs::write(file, text).map_err(cannot)
    };
    // An alarm that was set before has to go first.
    write(CLOCK, "0")?;
    write(CLOCK, &format!("+{ASLEEP_S}"))?;
    write(SLEEP_STATES, TO_MEMORY)?;
    Ok(Sleep { asleep: asleep_since_boot().saturating_sub(before), took: began.elapsed() })
}
