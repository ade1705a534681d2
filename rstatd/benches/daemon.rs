//! The daemon's size, its memory, and the CPU time of daemon and probe while the machine does
//! little.

#[path = "probe/measured.rs"]
mod measured;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, io, process, thread};

use measured::{Nothing, OURS, Ours};
use rstat_testbed::bench::{Against, Goal, Row, Table, Unit, median};
use rstat_testbed::programs::{self, Program};
use rstat_testbed::{sys, truth};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const DAEMON: &str = env!("CARGO_BIN_EXE_rstatd");
/// How long the daemon's start takes to settle.
const SETTLE: Duration = Duration::from_secs(3);
/// A figure is the median of so many stretches, as other programs disturb some of them.
/// Every source is due at least once in a stretch.
const STRETCHES: usize = 10;
const STRETCH: Duration = Duration::from_secs(2);
/// The load under which the probe is measured: each sleep is two switches.
const SLEEP: Duration = Duration::from_millis(2);
const SWITCHES_A_SECOND: f64 = 1000.0;
const SLEEPS: u32 = 1000;
const ROUNDS: usize = 5;
/// The interval of a second daemon, which finds most of its data in the caches.
const OFTEN: Duration = Duration::from_millis(10);
const SECOND: Duration = Duration::from_secs(1);
/// The daemon's memory that no other process shares, at most.
const PRIVATE_BYTES: f64 = 1.5 * 1024.0 * 1024.0;
/// The article's figure for its daemon: a share of one CPU, as top shows it.
const ARTICLE_SHARE: f64 = 1e-4;

fn main() {
    programs::be_one(&[("idler", idler)]);
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("daemon-{}", process::id()));
    if let Err(error) = run(&directory) {
        println!("daemon: not measured: {error}");
    }
    // An error harms nothing: the next run's directory has another name.
    let _ = fs::remove_dir_all(&directory);
}

fn run(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    let mut table = Table::new("daemon");
    let stripped = stripped(directory)? as f64;
    alone(&mut table, "daemon, stripped", Unit::Bytes, stripped, Some(Goal::AtMost(1e6)));

    let mut daemon = Daemon::start(&directory.join("region/v1"), SECOND)?;
    thread::sleep(SECOND / 2);
    // The idler wakes half a second after the daemon, so neither warms the caches for the other.
    let idler = Program::start("idler")?;
    let [daemon_ns, idler_ns] = watch([daemon.0.id(), idler.pid()])?;
    drop(idler);
    let private = private_bytes(daemon.0.id())?;
    let processes = truth::pids().len();
    daemon.stop()?;
    for (part, bytes) in PARTS.iter().zip(private) {
        alone(&mut table, &format!("private memory: {part}"), Unit::Bytes, bytes, None);
    }
    let goal = Some(Goal::AtMost(PRIVATE_BYTES));
    let whole = format!("private memory of the daemon, {processes} processes");
    alone(&mut table, &whole, Unit::Bytes, private.iter().sum(), goal);

    let mut daemon = Daemon::start(&directory.join("often/v1"), OFTEN)?;
    let [often_ns] = watch([daemon.0.id()])?;
    daemon.stop()?;
    each_sample(&mut table, often_ns, daemon_ns, idler_ns);
    shares(&mut table, daemon_ns / STRETCH.as_nanos() as f64, switch_ns()?);
    table.finish();
    Ok(())
}

/// A row of a figure without a contender.
fn alone(table: &mut Table, what: &str, unit: Unit, ours: f64, goal: Option<Goal>) {
    table.row(&Row { what, unit, ours, against: None, goal });
}

/// Rows of the CPU time of a sample, from the CPU time of daemons and idler in a stretch.
fn each_sample(table: &mut Table, often_ns: f64, daemon_ns: f64, idler_ns: f64) {
    let often_samples = STRETCH.as_secs_f64() / OFTEN.as_secs_f64();
    let what = "daemon's CPU time a sample, one each 10 ms";
    alone(table, what, Unit::Nanoseconds, often_ns / often_samples, None);
    let samples = STRETCH.as_secs_f64() / SECOND.as_secs_f64();
    table.row(&Row {
        what: "daemon's CPU time a sample, one a second",
        unit: Unit::Nanoseconds,
        ours: daemon_ns / samples,
        against: Some(Against {
            name: "a program that only wakes",
            figure: idler_ns / samples,
            ratio: daemon_ns / idler_ns,
        }),
        goal: None,
    });
}

/// Rows of the shares of a CPU that the daemon and the probe take.
fn shares(table: &mut Table, daemon: f64, switch_ns: f64) {
    let probe = switch_ns * SWITCHES_A_SECOND / 1e9;
    let both = daemon + probe;
    let what = "probe per switch, 1,000 switches a second";
    alone(table, what, Unit::Nanoseconds, switch_ns, None);
    let mut share = |what, share, goal| alone(table, what, Unit::Share, share, goal);
    share("daemon's share of a CPU, a sample a second", daemon, None);
    share("probe's share of a CPU, 1,000 switches a second", probe, None);
    share("both, of a CPU", both, Some(Goal::AtMost(ARTICLE_SHARE)));
    // A share of the whole machine, as every figure of a bar is.
    share("both, of all CPUs", both / truth::cpus().len() as f64, None);
    alone(table, "CPU time of both in an hour", Unit::Nanoseconds, both * 3600e9, None);
}

/// What the probe adds to a switch when switches are rare and the caches hold nothing of the probe.
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
    fn start(region: &Path, interval: Duration) -> io::Result<Self> {
        let mut command = Command::new(DAEMON);
        command.args(["--source", "bpf", "--interval", &interval.as_millis().to_string()]);
        command.arg("--shm").arg(region).stdin(Stdio::null());
        sys::ends_with_us(&mut command);
        command.spawn().map(Self)
    }

    fn stop(&mut self) -> io::Result<()> {
        sys::signal(self.0.id(), libc::SIGTERM);
        self.0.wait().map(drop)
    }
}

/// Wakes once a second and does nothing: the cost of every program that wakes so often.
fn idler(_: &[&str]) -> io::Result<()> {
    programs::say("ready")?;
    loop {
        thread::sleep(SECOND);
    }
}

/// The CPU time that each process uses in a stretch, after its start has settled.
fn watch<const COUNT: usize>(pids: [u32; COUNT]) -> Result<[f64; COUNT]> {
    let read = || -> Result<Vec<f64>> { pids.iter().map(|pid| cpu_ns(*pid)).collect() };
    thread::sleep(SETTLE);
    let mut times = vec![read()?];
    for _ in 0..STRETCHES {
        thread::sleep(STRETCH);
        times.push(read()?);
    }
    let used =
        |which: usize| times.windows(2).map(|pair| pair[1][which] - pair[0][which]).collect();
    Ok(std::array::from_fn(|which| median(used(which))))
}

/// The bytes of the program without symbols.
fn stripped(directory: &Path) -> Result<u64> {
    let program: PathBuf = directory.join("rstatd");
    let status =
        Command::new("strip").args(["-o".as_ref(), program.as_os_str()]).arg(DAEMON).status();
    if !status.map_err(|error| format!("run strip: {error}"))?.success() {
        return Err(format!("strip {DAEMON}: strip(1) failed").into());
    }
    Ok(fs::metadata(&program)?.len())
}

/// The parts of the daemon's memory.
const PARTS: [&str; 4] =
    ["heap, stacks and region", "the program's file", "the probe's maps", "libraries"];

/// For each of these parts, the bytes that no other process maps now.
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
            // A mapping begins; all lines until the next one describe this mapping.
            _ if line.ends_with(DAEMON) => part = 1,
            _ if line.ends_with("anon_inode:bpf-map") => part = 2,
            _ => part = if line.contains(".so") { 3 } else { 0 },
        }
    }
    Ok(bytes)
}

/// CPU time of a process of one thread, in nanoseconds; `/proc/PID/stat` counts only in ticks.
fn cpu_ns(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
    Ok(text.split_whitespace().next().unwrap_or_default().parse()?)
}
