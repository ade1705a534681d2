//! What the daemon does on a kernel besides measuring: it loads its probe or falls back,
//! says so, and goes on after its predecessor.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{source, valid};

use crate::cases::daemon::{self, Daemon, Stage};
use crate::cases::finding::Trouble;
use crate::{Answer, RSTATD, Run, sys};

/// The oldest kernel that the probe is for: its atomic operations that return a
/// value need 5.12, and 5.15 is the first with long support after that.
const OLDEST: (u32, u32) = (5, 15);
const INTERVAL_MS: u64 = 250;
/// The region of daemons that follow each other.
const REGION: &str = "/dev/shm/rstat/v1";

/// A check, on a stage whose source is chosen by the daemon.
pub type Check = fn(&mut Run, &mut Stage) -> Answer;

/// Each by its name, in the order in which they are made: before the cases and after.
pub const BEFORE: [(&str, Check); 2] = [("probe", probe), ("auto", auto)];
pub const AFTER: [(&str, Check); 3] =
    [("restart", restart), ("check", check), ("no-btf", without_btf)];

/// Such as `6.1.0-40-cloud-amd64`.
pub fn release() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("read /proc");
    release.trim().to_owned()
}

/// Its first two numbers.
fn version() -> (u32, u32) {
    let release = release();
    let mut numbers = release.split(['.', '-', '+']).map_while(|number| number.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// The probe loads and attaches. The figure is the time to the first sample.
fn probe(run: &mut Run, stage: &mut Stage) -> Answer {
    stage.source = "bpf";
    let began = Instant::now();
    let mut daemon = stage.daemon(INTERVAL_MS)?;
    let sample = match daemon.first() {
        Err(Trouble::Failed(said)) if version() < OLDEST => return Err(Trouble::Cannot(said)),
        answer => answer?.1,
    };
    let took = began.elapsed();
    comes_from(&sample, source::BPF)?;
    expect(daemon.said().is_empty(), || daemon.said())?;
    run.probe_works = true;
    daemon.stop()?;
    Ok(format!("{} ms", took.as_millis()))
}

/// Left to itself, the daemon uses the probe where it works, and says in one line
/// why where it does not.
fn auto(run: &mut Run, stage: &mut Stage) -> Answer {
    let mut daemon = stage.daemon_at(Path::new(REGION), INTERVAL_MS)?;
    let sample = daemon.first()?.1;
    // A daemon that says something wrong here need not measure something wrong.
    let daemon = run.daemon.insert(daemon);
    if !run.probe_works {
        falls_back(daemon, &sample)?;
        return Ok("proc".to_owned());
    }
    comes_from(&sample, source::BPF)?;
    expect(daemon.said().is_empty(), || daemon.said())?;
    Ok("bpf".to_owned())
}

/// The daemon is killed; its successor goes on in the same file with the next number.
fn restart(run: &mut Run, stage: &mut Stage) -> Answer {
    let region = Path::new(REGION);
    let daemon = run.daemon.take();
    let mut daemon = daemon.ok_or_else(|| Trouble::Failed("there is no daemon".to_owned()))?;
    let view = daemon.first()?.0;
    // Dropping it kills it.
    drop(daemon);
    let mut last = Snapshot::EMPTY;
    view.snapshot(&mut last).map_err(|why| Trouble::Failed(format!("after the end: {why:?}")))?;
    let mut daemon = stage.daemon_at(region, INTERVAL_MS)?;
    let (_, first) = daemon.first()?;
    let figure = format!("{} to {}", last.sequence, first.sequence);
    // It may have published more than one before we looked.
    let gone_on = (last.sequence + 1..last.sequence + 8).contains(&first.sequence);
    expect(gone_on && view.latest() >= first.sequence, || figure.clone())?;
    expect(view.is_at(region), || format!("{figure} in another file"))?;
    daemon.stop()?;
    Ok(figure)
}

/// `--check` says where the figures come from, and that the core set works.
fn check(run: &mut Run, _: &mut Stage) -> Answer {
    let (status, printed) = print(&["--check"])?;
    let origin = if run.probe_works { "BPF probe" } else { "/proc/stat" };
    expect(status.success() && printed.contains(origin), || format!("{status}: {printed}"))?;
    Ok("status 0".to_owned())
}

/// As if the kernel had been built without type information.
fn without_btf(_: &mut Run, stage: &mut Stage) -> Answer {
    sys::mount("tmpfs", "/sys/kernel/btf");
    let mut daemon = stage.daemon(INTERVAL_MS)?;
    // The second sample is the first that has rates.
    let (view, first) = daemon.first()?;
    let sample = daemon::next(&view, first.sequence)?;
    falls_back(&daemon, &sample)?;
    expect(daemon.said().contains("BTF"), || daemon.said())?;
    let core = valid::CPU | valid::MEMORY | valid::LOAD | valid::PROCESSES | valid::PROCESS_CPU;
    expect(sample.has(core), || format!("groups {:#x} of {core:#x}", sample.valid & core))?;
    daemon.stop()?;
    Ok("proc".to_owned())
}

/// Runs the daemon's program to its end: its status, and all that it said and printed.
fn print(arguments: &[&str]) -> Result<(ExitStatus, String), Trouble> {
    const PRINTED: &str = "/printed";
    let file = File::create(PRINTED)?;
    let mut command = Command::new(RSTATD);
    command.args(arguments).stdin(Stdio::null()).stderr(file.try_clone()?).stdout(file);
    let status = daemon::wait(&mut command.spawn()?)?;
    Ok((status, fs::read_to_string(PRINTED).unwrap_or_default()))
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

fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::Failed(what())) }
}
