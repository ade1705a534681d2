//! What goes and comes back while the daemon runs: a CPU, and the whole machine.

use std::fs;
use std::time::{Duration, Instant};

use rstat_shm::{Snapshot, View};
use rstat_testbed::sys;

use crate::checks::{Answer, Machine, Trouble, expect};
use crate::compare::{BUSY_TOLERANCE as TOLERANCE, measure};
use crate::daemon;
use crate::load;

/// Samples while a CPU is away, and after it is back: 2 s each.
const SAMPLES: usize = 8;
const WHOLE_PPM: u32 = 1_000_000;
/// Of the CPU that is left, and has a load that never sleeps.
const BUSY_PPM: u32 = 900_000;
const CLOCK: &str = "/sys/class/rtc/rtc0/wakealarm";
const SLEEP_STATES: &str = "/sys/power/state";
/// Suspend to memory. Where it is deep, all CPUs but the first are taken away, and
/// clocks stop; else everything is only idle.
const TO_MEMORY: &str = "mem";
const HOW: &str = "/sys/power/mem_sleep";
/// How long the machine is to sleep, and how much of that must really be missing
/// from the clock that stops meanwhile: the alarm has whole seconds.
const ASLEEP_S: u64 = 5;
const MISSING: Duration = Duration::from_secs(2);
/// Percent of a CPU that interrupts take on an emulated machine, which the kernel does
/// not count as idle; the time of tasks alone is unknown across a suspend.
const EMULATED: f64 = 15.0;

/// The CPU with the load goes and comes back. No sample tells of more than there is,
/// and each tells how many CPUs there are. The figure is the least busy sample while
/// only one was there, which the load had to move to.
pub fn hotplug(machine: &mut Machine) -> Answer {
    machine.is_watched()?;
    let online = format!("/sys/devices/system/cpu/cpu{}/online", load::CPU);
    let set = |value: &str| {
        fs::write(&online, value).map_err(|why| Trouble::Skipped(format!("{online}: {why}")))
    };
    let _spin = load::spin();
    let view = daemon::view()?;
    daemon::next(&view, daemon::next(&view, view.latest())?.sequence)?;
    set("0")?;
    let alone = samples(&view, machine.probe_works);
    set("1")?;
    let both = samples(&view, machine.probe_works)?;
    let alone = alone?;
    // The first of each has the change in it, in part or as a whole.
    let counts = |samples: &[Snapshot], count| {
        samples.iter().skip(1).all(|sample| sample.cpu_count == count)
    };
    expect(counts(&alone, 1) && counts(&both, 2), || "a wrong number of CPUs".to_owned())?;
    let least = alone.iter().skip(1).map(|sample| sample.cpu_busy_ppm).min().unwrap_or_default();
    let figure = format!("{:.1} %", f64::from(least) / 1e4);
    expect(least >= BUSY_PPM, || figure.clone())?;
    Ok(figure)
}

/// The samples that follow, each of them plausible.
fn samples(view: &View, probe_works: bool) -> Result<Vec<Snapshot>, Trouble> {
    let mut samples = vec![daemon::next(view, view.latest())?];
    while samples.len() < SAMPLES {
        let seen = samples[samples.len() - 1].sequence;
        samples.push(daemon::next(view, seen)?);
    }
    samples.iter().try_for_each(|sample| plausible(sample, probe_works))?;
    Ok(samples)
}

/// No share is above all there is; below zero would be a very large number.
fn plausible(sample: &Snapshot, probe_works: bool) -> Result<(), Trouble> {
    let cores = (0..=load::CPU).filter_map(|cpu| sample.core_busy_ppm(cpu));
    let most = cores.chain([sample.cpu_busy_ppm]).max().unwrap_or_default();
    let number = sample.sequence;
    expect(most <= WHOLE_PPM, || format!("{most} ppm of a CPU in sample {number}"))?;
    if !probe_works {
        // `/proc` is walked so slowly here that its rows are of another time than the sample.
        return Ok(());
    }
    let all = u64::from(sample.cpu_count) * u64::from(WHOLE_PPM);
    let row = sample.top_cpu.iter().map(|row| row.cpu_ppm).max().unwrap_or_default();
    expect(u64::from(row) <= all, || format!("{row} ppm in a row of sample {number}"))
}

/// The machine sleeps for seconds, with a load that never does, on a CPU that may be
/// taken away meanwhile. Over the time before and after, the first sample of which has
/// the going and the coming in it, the daemon agrees with the kernel's idle time. The
/// figure is how long the machine slept by the clock that goes on, and the shares.
pub fn suspend(machine: &mut Machine) -> Answer {
    machine.is_watched()?;
    let states = fs::read_to_string(SLEEP_STATES).unwrap_or_default();
    if !states.split_whitespace().any(|state| state == TO_MEMORY) {
        return Err(Trouble::Skipped(format!("{SLEEP_STATES} has {:?} only", states.trim())));
    }
    let is_deep = fs::read_to_string(HOW).is_ok_and(|how| how.contains("[deep]"));
    let _spin = load::spin();
    let view = daemon::view()?;
    let (mut asleep, mut took) = (Duration::ZERO, Duration::ZERO);
    let mut each = Ok(());
    let began = Instant::now();
    let sleep = || {
        let (before, began) = (asleep_since_boot(), Instant::now());
        sleep_to_memory()?;
        (asleep, took) = (asleep_since_boot().saturating_sub(before), began.elapsed());
        Ok(())
    };
    let measured = measure(&view, sleep, |sample| {
        if each.is_ok() {
            each = plausible(sample, machine.probe_works);
        }
    })?;
    let whole = began.elapsed();
    each?;
    // A CPU that is away is neither busy nor idle; on the other one there are interrupts.
    let away = if is_deep { 100.0 * took.as_secs_f64() / whole.as_secs_f64() } else { 0.0 };
    let mut figures =
        vec![if is_deep { format!("{:.1} s", asleep.as_secs_f64()) } else { "shallow".to_owned() }];
    let mut agrees = !is_deep || asleep >= MISSING;
    for (cpu, unsure) in [(load::CPU, away), (1 - load::CPU, EMULATED)] {
        let (told, kernel) = (measured.each[cpu], measured.kernel[cpu].not_idle);
        figures.push(format!("{told:.1}/{kernel:.1} %"));
        agrees &= (kernel - unsure - TOLERANCE..=kernel + TOLERANCE).contains(&told);
    }
    let figure = figures.join(", ");
    expect(agrees, || format!("{figure}, {away:.1} % away"))?;
    Ok(figure)
}

/// What the clock has that goes on while the machine sleeps, and the other one has not.
fn asleep_since_boot() -> Duration {
    sys::clock(libc::CLOCK_BOOTTIME).saturating_sub(sys::clock(libc::CLOCK_MONOTONIC))
}

fn sleep_to_memory() -> Result<(), Trouble> {
    let write = |file: &str, text: &str| {
        fs::write(file, text)
            .map_err(|why| Trouble::Skipped(format!("write {text} to {file}: {why}")))
    };
    // One that was set before has to go first.
    write(CLOCK, "0")?;
    write(CLOCK, &format!("+{ASLEEP_S}"))?;
    write(SLEEP_STATES, TO_MEMORY)
}
