//! A whole sample against the system calls that it cannot do without: as many readings of
//! the same files, and the wake-up, with nothing made of what they say.
//!
//! The two take turns, each after the same sleep, so that both find the caches as others
//! have left them. What is between them is rstat's own work.

#[path = "timeline/stages/daemon.rs"]
mod daemon;

use std::cell::RefCell;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::AtomicU32;
use std::thread;
use std::time::{Duration, Instant};

use daemon::Daemon;
use rstat_testbed::bench::{Row, Table, Unit, interleave};
use rstat_testbed::caches::Caches;
use rstat_testbed::programs::{self, Program};
use rstat_testbed::{sys, truth};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// More processes than there are.
const CROWD: usize = 2_000;
const ROUNDS: usize = 401;
const WARM_UP: usize = 20;
const PAUSE: Duration = Duration::from_millis(1);
/// How many readers a sample wakes, at most.
const READERS: u32 = 256;
/// A listed process is asked for its memory in one of so many samples.
const ASKED_EACH: usize = 4;

fn main() {
    programs::be_one(&[]);
    if let Err(error) = run() {
        println!("sample: not measured: {error}");
    }
}

fn run() -> Result<()> {
    let mut table = Table::new("sample");
    let (mut daemon, _) = Daemon::start()?;
    compare(&mut table, &mut daemon, Caches::Kept)?;
    compare(&mut table, &mut daemon, Caches::swept())?;
    let mut crowd = Program::start(&format!("crowd|{CROWD}"))?;
    compare(&mut table, &mut daemon, Caches::Kept)?;
    compare(&mut table, &mut daemon, Caches::swept())?;
    crowd.order("end")?;
    table.finish();
    Ok(())
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

/// How long it took after a sleep.
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
    /// `statm` of the listed processes, which are asked in turn.
    listed: Vec<File>,
    turn: usize,
    /// Nobody waits on it, as nobody does at the region.
    word: AtomicU32,
    buffer: [u8; 4096],
}

impl Calls {
    /// Opens what this process has open below `/proc` and `/sys`.
    fn of_this_process() -> io::Result<Self> {
        let (mut machine, mut listed) = (Vec::new(), Vec::new());
        for entry in fs::read_dir("/proc/self/fd")? {
            let Ok(path) = fs::read_link(entry?.path()) else { continue };
            let is_kernels = path.starts_with("/proc") || path.starts_with("/sys");
            // Events of devices are looked at every two seconds only.
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
            // Of a process that has ended meanwhile there is an error, as in the daemon.
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
