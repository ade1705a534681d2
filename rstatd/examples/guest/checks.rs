//! The checks: what the daemon says, held against what the kernel says.

use std::time::Instant;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{source, valid};
use rstat_testbed::truth::rss_bytes;

use crate::compare::compare;
use crate::daemon::{self, Daemon, GIVE_UP, REGION};
use crate::{absence, load, sys, truth};

/// The oldest kernel that the probe is for: its atomic operations that return a
/// value need 5.12, and 5.15 is the first with long support after that.
const OLDEST: (u32, u32) = (5, 15);
/// From 6.2 on, each CPU keeps back up to 32 pages (`percpu_counter_batch`) of
/// each of three counters: two CPUs 768 KiB.
const RSS_TOLERANCE_BYTES: u64 = 1 << 20;

/// A figure to show, or why there is none.
pub type Answer = Result<String, Trouble>;

/// Why a check is not passed.
pub enum Trouble {
    /// It cannot be made on this kernel.
    Skipped(String),
    /// It was made.
    Failed(String),
}

/// What one check leaves to the next.
#[derive(Default)]
pub struct Machine {
    pub probe_works: bool,
    daemon: Option<Daemon>,
}

type Check = fn(&mut Machine) -> Answer;

/// Each by its name, in the order in which they are made.
pub const CHECKS: [(&str, Check); 10] = [
    ("probe", probe),
    ("auto", auto),
    ("cpu", cpu),
    ("rss", rss),
    ("storm", storm),
    ("hotplug", absence::hotplug),
    ("suspend", absence::suspend),
    ("restart", restart),
    ("check", check),
    ("no-btf", without_btf),
];

/// The probe loads and attaches. The figure is the time to the first sample.
fn probe(machine: &mut Machine) -> Answer {
    let began = Instant::now();
    let mut daemon = Daemon::start("bpf");
    let sample = match daemon.first_sample() {
        Err(Trouble::Failed(said)) if truth::version() < OLDEST => {
            return Err(Trouble::Skipped(said));
        }
        answer => answer?,
    };
    let took = began.elapsed();
    comes_from(&sample, source::BPF)?;
    expect(daemon.said().is_empty(), || daemon.said())?;
    machine.probe_works = true;
    daemon.stop()?;
    Ok(format!("{} ms", took.as_millis()))
}

/// Left to itself, the daemon uses the probe where it works, and says in one line
/// why where it does not.
fn auto(machine: &mut Machine) -> Answer {
    let mut daemon = Daemon::start("auto");
    let sample = daemon.first_sample()?;
    // What is wrong with it here need not be wrong with what it measures.
    let daemon = machine.daemon.insert(daemon);
    if !machine.probe_works {
        falls_back(daemon, &sample)?;
        return Ok("proc".to_owned());
    }
    comes_from(&sample, source::BPF)?;
    expect(daemon.said().is_empty(), || daemon.said())?;
    Ok("bpf".to_owned())
}

/// One of two CPUs is busy.
fn cpu(machine: &mut Machine) -> Answer {
    machine.is_watched()?;
    let _spin = load::spin();
    compare(&daemon::view()?, machine.probe_works, |_| ())
}

/// The memory of a process that holds 64 MiB.
fn rss(machine: &mut Machine) -> Answer {
    machine.is_watched()?;
    let view = daemon::view()?;
    let hold = load::hold();
    // The process sleeps from here on; the second sample is all of later.
    let sample = daemon::next(&view, view.latest())?;
    let sample = daemon::next(&view, sample.sequence)?;
    let row = sample.top_memory.iter().find(|row| row.pid == hold.pid());
    let told = row.ok_or_else(|| Trouble::Failed("it is not among the largest".to_owned()))?;
    let (told, kernel) = (told.rss_bytes, rss_bytes(hold.pid()).unwrap_or_default());
    let mib = |bytes| bytes as f64 / f64::from(1 << 20);
    let figure = format!("{:.1}/{:.1} MiB", mib(told), mib(kernel));
    expect(told.abs_diff(kernel) <= RSS_TOLERANCE_BYTES, || figure.clone())?;
    Ok(figure)
}

/// Short-lived programs, one after another: no time is lost with them, and the
/// probe tells them by their name. The figure is the most of them in one sample.
fn storm(machine: &mut Machine) -> Answer {
    machine.is_watched()?;
    let _storm = load::storm();
    let view = daemon::view()?;
    let mut most = 0;
    let count = |sample: &Snapshot| most = most_brief(sample).max(most);
    let busy = compare(&view, machine.probe_works, count)?;
    if !machine.probe_works {
        return Ok(format!("{busy}, uncounted"));
    }
    // On a busy host few of them fit into a sample.
    let began = Instant::now();
    while most < 2 {
        expect(began.elapsed() < GIVE_UP, || format!("{busy}, but no two of a name in a row"))?;
        most = most_brief(&daemon::next(&view, view.latest())?);
    }
    Ok(format!("{busy}, {most} a row"))
}

/// The most processes of the storm in a row.
fn most_brief(sample: &Snapshot) -> u32 {
    let rows = sample.top_cpu.iter().filter(|row| row.comm.bytes() == b"brief");
    rows.map(|row| row.count).max().unwrap_or(0)
}

/// The daemon is killed; its successor goes on in the same file with the next number.
fn restart(machine: &mut Machine) -> Answer {
    machine.is_watched()?;
    let view = daemon::view()?;
    // Dropping it kills it.
    machine.daemon = None;
    let mut last = Snapshot::EMPTY;
    view.snapshot(&mut last).map_err(|why| Trouble::Failed(format!("after the end: {why:?}")))?;
    let mut daemon = Daemon::start("auto");
    let first = daemon.first_sample()?;
    let figure = format!("{} to {}", last.sequence, first.sequence);
    // It may have published more than one before we looked.
    let gone_on = (last.sequence + 1..last.sequence + 8).contains(&first.sequence);
    expect(gone_on && view.latest() >= first.sequence, || figure.clone())?;
    expect(view.is_at(REGION.as_ref()), || format!("{figure} in another file"))?;
    daemon.stop()?;
    Ok(figure)
}

/// `--check` tells where the figures come from, and that the core set works.
fn check(machine: &mut Machine) -> Answer {
    let (status, printed) = daemon::run(&["--check"])?;
    let origin = if machine.probe_works { "BPF probe" } else { "/proc/stat" };
    expect(status.success() && printed.contains(origin), || format!("{status}: {printed}"))?;
    Ok("status 0".to_owned())
}

/// As if the kernel had been built without type information.
fn without_btf(_: &mut Machine) -> Answer {
    sys::mount("tmpfs", "/sys/kernel/btf");
    let mut daemon = Daemon::start("auto");
    // The second sample is the first that has rates.
    let first = daemon.first_sample()?;
    let sample = daemon::next(&daemon::view()?, first.sequence)?;
    falls_back(&daemon, &sample)?;
    expect(daemon.said().contains("BTF"), || daemon.said())?;
    let core = valid::CPU | valid::MEMORY | valid::LOAD | valid::PROCESSES | valid::PROCESS_CPU;
    expect(sample.has(core), || format!("groups {:#x} of {core:#x}", sample.valid & core))?;
    daemon.stop()?;
    Ok("proc".to_owned())
}

impl Machine {
    /// That there is a daemon.
    pub fn is_watched(&self) -> Result<(), Trouble> {
        expect(self.daemon.is_some(), || "there is no daemon".to_owned())
    }
}

fn comes_from(sample: &Snapshot, source: u32) -> Result<(), Trouble> {
    let found = sample.source_name();
    expect(sample.source == source, || format!("the source is {found:?}, not number {source}"))
}

fn falls_back(daemon: &Daemon, sample: &Snapshot) -> Result<(), Trouble> {
    comes_from(sample, source::PROC)?;
    let said = daemon.said();
    let explained = said.starts_with("rstatd: using /proc") && said.lines().count() == 1;
    expect(explained, || format!("not one line that says why: {said:?}"))
}

pub fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::Failed(what())) }
}
