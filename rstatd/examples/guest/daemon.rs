//! The daemon under test, and its region.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::trust::Trust;
use rstat_shm::{Snapshot, View};
use rstat_testbed::sys;

use crate::checks::Trouble;

/// Where it publishes.
pub const REGION: &str = "/dev/shm/rstat/v1";
/// When something that should have happened is given up: an emulated machine on a
/// busy one may take long to parse a kernel's types.
pub const GIVE_UP: Duration = Duration::from_secs(60);

const PROGRAM: &str = "/rstatd";
const INTERVAL_MS: &str = "250";
/// Time between two looks at something that is not so yet.
const LOOK: Duration = Duration::from_millis(5);

/// Its process; it is killed with this at the latest.
pub struct Daemon {
    process: Child,
    /// Whose samples are in the region before its own.
    predecessor: u64,
    said: String,
}

impl Daemon {
    pub fn start(source: &str) -> Self {
        let arguments = ["--source", source, "--interval", INTERVAL_MS, "--shm", REGION];
        let said = format!("/said.{source}");
        let mut command = Command::new(PROGRAM);
        command.args(arguments).stderr(File::create(&said).expect("create a file in memory"));
        let mut last = Snapshot::EMPTY;
        let found = view().is_ok_and(|view| view.snapshot(&mut last).is_ok());
        let predecessor = if found { last.instance } else { 0 };
        Self { process: command.spawn().expect("start the daemon"), predecessor, said }
    }

    /// What it has said on stderr so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// Its first sample, or what it said if it ends before.
    pub fn first_sample(&mut self) -> Result<Snapshot, Trouble> {
        let began = Instant::now();
        let mut sample = Snapshot::EMPTY;
        while began.elapsed() < GIVE_UP {
            if self.process.try_wait().expect("wait for a child").is_some() {
                return Err(Trouble::Failed(self.said()));
            }
            let read = view().is_ok_and(|view| view.snapshot(&mut sample).is_ok());
            if read && sample.instance != self.predecessor {
                return Ok(sample);
            }
            thread::sleep(LOOK);
        }
        Err(Trouble::Failed(format!("no sample in {GIVE_UP:?}; it said {:?}", self.said())))
    }

    /// Ends it in order.
    pub fn stop(mut self) -> Result<(), Trouble> {
        sys::signal(self.process.id(), libc::SIGTERM);
        let status = wait(&mut self.process)?;
        if status.success() {
            return Ok(());
        }
        Err(Trouble::Failed(format!("{status} after SIGTERM: {}", self.said())))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The region, as any reader sees it.
pub fn view() -> Result<View, Trouble> {
    let view = View::open(REGION.as_ref(), Trust::default());
    view.map_err(|error| Trouble::Failed(error.to_string()))
}

/// The first sample after number `seen`.
pub fn next(view: &View, seen: u64) -> Result<Snapshot, Trouble> {
    let began = Instant::now();
    let mut sample = Snapshot::EMPTY;
    while began.elapsed() < GIVE_UP {
        if view.latest() > seen && view.snapshot(&mut sample).is_ok() {
            return Ok(sample);
        }
        view.wait(seen, view.state(), GIVE_UP);
    }
    Err(Trouble::Failed(format!("no sample after number {seen}")))
}

/// Runs the daemon's program to its end: its status, and what it said and printed.
pub fn run(arguments: &[&str]) -> Result<(ExitStatus, String), Trouble> {
    const PRINTED: &str = "/printed";
    let file = File::create(PRINTED).expect("create a file in memory");
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null());
    command.stderr(file.try_clone().expect("copy a descriptor")).stdout(file);
    let mut process = command.spawn().expect("start the daemon");
    let status = wait(&mut process)?;
    Ok((status, fs::read_to_string(PRINTED).unwrap_or_default()))
}

fn wait(process: &mut Child) -> Result<ExitStatus, Trouble> {
    let began = Instant::now();
    while began.elapsed() < GIVE_UP {
        if let Some(status) = process.try_wait().expect("wait for a child") {
            return Ok(status);
        }
        thread::sleep(LOOK);
    }
    // Nothing is lost if it ends in this moment.
    let _ = process.kill();
    Err(Trouble::Failed(format!("it does not end in {GIVE_UP:?}")))
}
