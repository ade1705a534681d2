//! What the daemon weighs, and what it and the probe use while the machine does little.

#[path = "probe/measured.rs"]
mod measured;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, io, process, thread};

use measured::{Nothing, OURS, Ours};
use rstat_testbed::bench::{Goal, Row, Table, Unit, median};
use rstat_testbed::{sys, truth};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const DAEMON: &str = env!("CARGO_BIN_EXE_rstatd");
/// How long the daemon is watched, after its start has settled.
const SETTLE: Duration = Duration::from_secs(3);
const WATCHED: Duration = Duration::from_secs(20);
/// The load under which the probe is measured: each sleep is two switches.
const SLEEP: Duration = Duration::from_millis(2);
const SWITCHES_A_SECOND: f64 = 1000.0;
const SLEEPS: u32 = 1000;
const ROUNDS: usize = 5;

fn main() {
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("daemon-{}", process::id()));
    if let Err(error) = run(&directory) {
        println!("daemon: not measured: {error}");
    }
    // Nobody misses it, and the next one has another name.
    let _ = fs::remove_dir_all(&directory);
}

fn run(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    let mut table = Table::new("daemon");
    let mut alone = |what: &str, unit, ours, goal| {
        table.row(&Row { what, unit, ours, against: None, goal });
    };
    let mebibyte = Some(Goal::AtMost(1024.0 * 1024.0));
    alone("daemon, stripped", Unit::Bytes, stripped(directory)? as f64, Some(Goal::AtMost(1e6)));

    let mut daemon = Daemon::start(&directory.join("region/v1"))?;
    thread::sleep(SETTLE);
    let before = cpu_ns(daemon.0.id())?;
    thread::sleep(WATCHED);
    let used_ns = cpu_ns(daemon.0.id())? - before;
    let private = private_bytes(daemon.0.id())?;
    for (part, bytes) in PARTS.iter().zip(private) {
        alone(&format!("private memory: {part}"), Unit::Bytes, bytes, None);
    }
    let processes = truth::pids().len();
    let whole = format!("private memory of the daemon, {processes} processes");
    alone(&whole, Unit::Bytes, private.iter().sum(), mebibyte);
    daemon.stop()?;

    let daemon_share = used_ns / WATCHED.as_nanos() as f64;
    let switch_ns = switch_ns()?;
    let probe_share = switch_ns * SWITCHES_A_SECOND / 1e9;
    alone("probe per switch, 1,000 switches a second", Unit::Nanoseconds, switch_ns, None);
    alone("daemon's share of a CPU, a sample a second", Unit::Share, daemon_share, None);
    alone("probe's share of a CPU, 1,000 switches a second", Unit::Share, probe_share, None);
    // Of the machine, as every figure of a bar is.
    let share = (daemon_share + probe_share) / truth::cpus().len() as f64;
    alone("both, of all CPUs", Unit::Share, share, Some(Goal::AtMost(1e-4)));
    let hour_ns = (daemon_share + probe_share) * 3600e9;
    alone("CPU time of both in an hour", Unit::Nanoseconds, hour_ns, None);
    table.finish();
    Ok(())
}

/// What the probe adds to a switch when there are few, and so nothing of it is cached.
fn switch_ns() -> Result<f64> {
    let nothing = Nothing::load()?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let sleep = || (0..SLEEPS).for_each(|_| thread::sleep(SLEEP));
        rounds.push(nothing.added_by(&Ours::attach(OURS)?, sleep)?);
    }
    Ok(median(rounds))
}

struct Daemon(Child);

impl Daemon {
    fn start(region: &Path) -> io::Result<Self> {
        let mut command = Command::new(DAEMON);
        command.args(["--source", "bpf", "--shm"]).arg(region).stdin(Stdio::null());
        sys::ends_with_us(&mut command);
        command.spawn().map(Self)
    }

    fn stop(&mut self) -> io::Result<()> {
        sys::signal(self.0.id(), libc::SIGTERM);
        self.0.wait().map(drop)
    }
}

/// The bytes of the program without symbols.
fn stripped(directory: &Path) -> Result<u64> {
    let program: PathBuf = directory.join("rstatd");
    let status =
        Command::new("strip").args(["-o".as_ref(), program.as_os_str()]).arg(DAEMON).status();
    if !status.map_err(|error| format!("run strip: {error}"))?.success() {
        return Err(format!("strip {DAEMON}: it failed").into());
    }
    Ok(fs::metadata(&program)?.len())
}

/// What there is in the daemon's memory.
const PARTS: [&str; 4] =
    ["heap, stacks and region", "the program's file", "the probe's maps", "libraries"];

/// What the daemon has in memory that no other process has now, in these parts.
fn private_bytes(pid: u32) -> Result<[f64; PARTS.len()]> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps"))?;
    let (mut bytes, mut part) = ([0.0; PARTS.len()], 0);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Private_Clean:" | "Private_Dirty:") => {
                let kilobytes = words.next().unwrap_or_default();
                bytes[part] += kilobytes.parse::<f64>()? * 1024.0;
            }
            Some(name) if name.ends_with(':') => {}
            // A mapping; all lines until the next are about it.
            _ if line.ends_with(DAEMON) => part = 1,
            _ if line.ends_with("anon_inode:bpf-map") => part = 2,
            _ => part = if line.contains(".so") { 3 } else { 0 },
        }
    }
    Ok(bytes)
}

/// CPU time of a process of one thread, in nanoseconds: its `stat` counts in ticks.
fn cpu_ns(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
    Ok(text.split_whitespace().next().unwrap_or_default().parse()?)
}
