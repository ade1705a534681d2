//! The programs that the daemon is to see, as tests start them, and those that only
//! these tests need.

use std::env;
use std::ffi::CString;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;

pub use rstat_testbed::truth::last_cpu;

use rstat_testbed::programs::{self, Run, VARIABLE, order, ready_for_order, say};

use crate::stage::Stage;
use crate::sys;

/// The harness's own arguments that lead to [`main`].
pub const ARGUMENTS: [&str; 4] = ["--exact", "programs::main", "--nocapture", "--test-threads=1"];

const PROGRAMS: &[(&str, Run)] =
    &[("exec", exec), ("exec in a thread", exec_in_a_thread), ("numbered", numbered)];

/// Not a test: the entrance for other processes. Without a name it does nothing.
#[test]
fn main() {
    programs::be_one(PROGRAMS);
}

/// `exec|FILE|LINE`: on an order becomes the program of that file and line.
fn exec(arguments: &[&str]) -> io::Result<()> {
    if ready_for_order()?.is_some() {
        return Err(become_other(arguments[0], &arguments[1..].join("|")));
    }
    process::exit(0);
}

/// The same, but another thread than the first one becomes the program.
fn exec_in_a_thread(arguments: &[&str]) -> io::Result<()> {
    if ready_for_order()?.is_some() {
        let (file, line) = (arguments[0].to_owned(), arguments[1..].join("|"));
        return Err(thread::spawn(move || become_other(&file, &line)).join().unwrap());
    }
    process::exit(0);
}

/// `numbered|PID|FILE|LINE`: on an order has a child of that number, which is the
/// program of that file and line and takes the orders from then on.
fn numbered(arguments: &[&str]) -> io::Result<()> {
    let text = |text: &str| CString::new(text).unwrap();
    let mut argv = vec![text(arguments[1])];
    argv.extend(ARGUMENTS.map(text));
    let environment = text(&format!("{VARIABLE}={}", arguments[2..].join("|")));
    let mut ordered = ready_for_order()?;
    while ordered.is_some() {
        if let Err(error) = sys::run_numbered(arguments[0].parse().unwrap(), &argv, &environment) {
            say(&error.to_string())?;
        }
        ordered = order()?;
    }
    process::exit(0);
}

fn become_other(file: &str, line: &str) -> io::Error {
    Command::new(file).args(ARGUMENTS).env(VARIABLE, line).exec()
}

/// One of the programs; it ends with this at the latest.
pub struct Program(programs::Program);

impl Program {
    /// Starts it and waits until it has done what it does before any order. Only while
    /// there is a stage, which is the machine's one at the time.
    #[track_caller]
    pub fn start(stage: &Stage, line: &str) -> Self {
        Self::start_as(stage, &env::current_exe().unwrap(), line)
    }

    /// The same from another file, after which the process is named.
    #[track_caller]
    pub fn start_as(_: &Stage, file: &Path, line: &str) -> Self {
        let mut command = Command::new(file);
        command.args(ARGUMENTS);
        rstat_testbed::sys::ends_with_us(&mut command);
        Self(programs::Program::start_as(command, line).unwrap())
    }

    pub fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// Gives an order and waits for the answer.
    #[track_caller]
    pub fn order(&mut self, order: &str) -> String {
        self.0.order(order).unwrap()
    }
}

/// This program under another name.
pub fn named(stage: &Stage, name: &str) -> PathBuf {
    let path = stage.path(name);
    symlink(env::current_exe().unwrap(), &path).unwrap();
    path
}
