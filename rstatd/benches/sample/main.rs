//! A whole sample against its indispensable system calls: one reading of each of the same files
//! and the wake-up, without any work on their contents.
//!
//! The two take turns, each after the same sleep, so both find the caches as other programs have
//! left them. The difference is rstat's own work.

mod calls;
#[path = "../timeline/stages/daemon.rs"]
mod daemon;

use std::cell::RefCell;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{self, Stdio};
use std::sync::atomic::AtomicU32;
use std::thread;
use std::time::{Duration, Instant};

use calls::Call;
use daemon::Daemon;
use rstat_testbed::allocations::{self, Counting};
use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave};
use rstat_testbed::caches::Caches;
use rstat_testbed::programs::{self, Program};
use rstat_testbed::{sys, truth};
use rstatd::backend::Choice;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Processes added for the second half of the rows.
const CROWD: usize = 2_000;
const ROUNDS: usize = 401;
const WARM_UP: usize = 20;
const PAUSE: Duration = Duration::from_millis(1);
/// The most readers that a sample wakes.
const READERS: u32 = 256;
/// The daemon reads the memory of a listed process in one of so many samples.
const ASKED_EACH: usize = 4;

fn main() {
    programs::be_one(&[]);
    if let Err(error) = run() {
        println!("sample: not measured: {error}");
    }
}

fn run() -> Result<()> {
    let mut table = Table::new("sample");
    let (mut daemon, _) = Daemon::start(Choice::Bpf)?;
    compare(&mut table, &mut daemon, Caches::Kept)?;
    compare(&mut table, &mut daemon, Caches::swept())?;
    let mut crowd = Program::start(&format!("crowd|{CROWD}"))?;
    compare(&mut table, &mut daemon, Caches::Kept)?;
    compare(&mut table, &mut daemon, Caches::swept())?;
    crowd.order("end")?;
    allocations_of(&mut table, &mut daemon);
    let calls = calls_of_a_sample()?;
    let sum = calls.iter().map(|call| call.per_sample).sum();
    alone(&mut table, "system calls of a sample", sum, None);
    table.finish();
    for Call { name, file, per_sample, reason } in calls {
        let call = format!("{name} {file}");
        let reason = reason.unwrap_or("no reason is known");
        println!("{per_sample:>6.2}  {call:<68}  {reason}");
    }
    Ok(())
}

/// A row of a number that is the daemon's alone.
fn alone(table: &mut Table, what: &str, ours: f64, goal: Option<Goal>) {
    table.row(&Row { what, unit: Unit::Times, ours, against: None, goal });
}

/// A row of the heap allocations of a sample.
fn allocations_of(table: &mut Table, daemon: &mut Daemon) {
    let allocations = allocations::count(|| {
        for _ in 0..ROUNDS {
            daemon.sample();
        }
    });
    let each = allocations as f64 / ROUNDS as f64;
    alone(table, "heap allocations of a sample", each, Some(Goal::AtMost(0.0)));
}

/// None without strace, or where tracing is not allowed.
fn calls_of_a_sample() -> io::Result<Vec<Call>> {
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("calls-{}", process::id()));
    let traced = calls::traced(&log, "bpf").stdout(Stdio::null()).status();
    let text = fs::read_to_string(&log);
    let _ = fs::remove_file(&log);
    Ok(if traced.is_ok() { calls::of_a_sample(&text?) } else { Vec::new() })
}

fn compare(table: &mut Table, daemon: &mut Daemon, caches: Caches) -> Result<()> {
    for _ in 0..WARM_UP {
        daemon.sample();
        thread::sleep(PAUSE);
    }
    let mut calls = Calls::of_this_process()?;
    let words = match caches {
        Caches::Kept => "caches warm",
        Caches::Swept(_) => "caches swept",
    };
    let caches = RefCell::new(caches);
    let mut sample = || {
        timed(&caches, || {
            daemon.sample();
        })
    };
    let mut alone = || timed(&caches, || calls.make());
    let rounds = interleave(ROUNDS, [&mut sample, &mut alone]);
    table.row(&Row {
        what: &format!("whole sample, {} processes, {words}", truth::pids().len()),
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, "its system calls alone")),
        goal: None,
    });
    Ok(())
}

/// The nanoseconds that the work takes after a sleep.
fn timed(caches: &RefCell<Caches>, work: impl FnOnce()) -> f64 {
    caches.borrow_mut().leave();
    thread::sleep(PAUSE);
    let begin = Instant::now();
    work();
    begin.elapsed().as_nanos() as f64
}

/// The system calls of a sample.
struct Calls {
    /// The machine's files, each read once.
    machine: Vec<File>,
    /// `statm` of the listed processes; each sample reads a part of them, in turn.
    listed: Vec<File>,
    turn: usize,
    /// The futex of the wake-up. No reader waits on it, nor on the region's.
    word: AtomicU32,
    buffer: [u8; 4096],
}

impl Calls {
    /// Opens every file below `/proc` and `/sys` that this process has open.
    fn of_this_process() -> io::Result<Self> {
        let (mut machine, mut listed) = (Vec::new(), Vec::new());
        for entry in fs::read_dir("/proc/self/fd")? {
            let Ok(path) = fs::read_link(entry?.path()) else { continue };
            let is_kernels = path.starts_with("/proc") || path.starts_with("/sys");
            // The daemon reads the number of device events every two seconds only.
            if !is_kernels || !path.is_file() || path.ends_with("uevent_seqnum") {
                continue;
            }
            let files = if path.ends_with("statm") { &mut listed } else { &mut machine };
            // A process may have ended since.
            files.extend(open(&path).ok());
        }
        Ok(Self { machine, listed, turn: 0, word: AtomicU32::new(0), buffer: [0; 4096] })
    }

    fn make(&mut self) {
        self.turn += 1;
        let turn = self.turn;
        let its_turn =
            |(place, file): (usize, _)| (place + turn).is_multiple_of(ASKED_EACH).then_some(file);
        let listed = self.listed.iter().enumerate().filter_map(its_turn);
        for file in self.machine.iter().chain(listed) {
            // The file of a process that has ended returns an error, in the daemon too.
            let _ = file.read_at(&mut self.buffer, 0);
        }
        sys::wake(&self.word, READERS);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    file.read_at(&mut [0; 4096], 0)?;
    Ok(file)
}
