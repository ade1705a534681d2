//! The programs that the daemon is to see. This program starts itself again, with
//! a variable that says which of them to be.

use std::env;
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, ChildStdin, Command, Stdio};
use std::thread;

use crate::stage::{Stage, eventually};
use crate::{sys, truth};

/// The variable that says which program to be: its name, then its arguments.
const PROGRAM: &str = "RSTAT_TEST_PROGRAM";
/// What marks the lines of a program that are not the test harness's.
const MARK: &str = "@ ";
/// The harness's own arguments that lead to [`main`].
pub const ARGUMENTS: [&str; 4] = ["--exact", "programs::main", "--nocapture", "--test-threads=1"];
/// Bytes that storage transfers at once; direct reading wants memory aligned to it.
const BLOCK: usize = 4096;

type Run = fn(&[&str]);

const PROGRAMS: &[(&str, Run)] = &[
    ("hold", hold),
    ("map", map),
    ("scatter", scatter),
    ("blocked", blocked),
    ("spin", spin),
    ("write", write),
    ("storm", storm),
    ("crowd", crowd),
    ("exec", exec),
    ("exec in a thread", exec_in_a_thread),
    ("numbered", numbered),
];

/// Not a test: the entrance for other processes. Without a name it does nothing.
#[test]
fn main() {
    let Ok(line) = env::var(PROGRAM) else { return };
    let mut words = line.split('|');
    let name = words.next().unwrap();
    let (_, program) = PROGRAMS.iter().find(|(known, _)| *known == name).unwrap();
    program(&words.collect::<Vec<_>>());
    // Whoever started us holds the other end of our input, and dies with it open
    // or closes it. Each line of it is a name to take.
    say("ready");
    while let Some(name) = order() {
        fs::write("/proc/self/comm", name).unwrap();
        say("renamed");
    }
    process::exit(0);
}

fn say(text: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{MARK}{text}").unwrap();
    out.flush().unwrap();
}

fn order() -> Option<String> {
    let mut line = String::new();
    let length = io::stdin().lock().read_line(&mut line).unwrap();
    (length > 0).then(|| line.trim_end().to_owned())
}

/// `hold|BYTES`: holds memory and sleeps.
fn hold(arguments: &[&str]) {
    let memory = vec![1_u8; arguments[0].parse().unwrap()];
    // Never given back: the process ends with it.
    std::mem::forget(black_box(memory));
}

/// `map|FILE`: has all of a file in its memory and sleeps.
fn map(arguments: &[&str]) {
    sys::map_all_of(&File::open(arguments[0]).unwrap()).unwrap();
}

/// `scatter|PAGES`: touches so many pages on each CPU, one after the other.
fn scatter(arguments: &[&str]) {
    let length = arguments[0].parse::<usize>().unwrap() * BLOCK;
    let threads: Vec<_> = truth::cpus()
        .into_iter()
        .map(|cpu| {
            thread::spawn(move || {
                sys::pin(cpu).unwrap();
                let mut memory: Vec<u8> = Vec::with_capacity(length);
                for page in memory.spare_capacity_mut().chunks_mut(BLOCK) {
                    page[0].write(1);
                }
                // Never given back: the process ends with it.
                std::mem::forget(black_box(memory));
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// `blocked`: one thread of it, not the first, is in uninterruptible sleep.
fn blocked(_: &[&str]) {
    thread::spawn(|| sys::wait_for_a_child_to_execute().unwrap());
    eventually("a thread is in uninterruptible sleep", || {
        let threads = fs::read_dir("/proc/self/task").unwrap();
        let mut states =
            threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("stat")));
        states.any(|stat| stat.is_ok_and(|stat| stat.contains(") D "))).then_some(())
    });
}

/// `spin|THREADS|NAME`, and `|CPU` to stay on one: is busy in threads other than
/// its first.
fn spin(arguments: &[&str]) {
    fs::write("/proc/self/comm", arguments[1]).unwrap();
    if let Some(cpu) = arguments.get(2) {
        sys::pin(cpu.parse().unwrap()).unwrap();
    }
    for number in 0..arguments[0].parse().unwrap() {
        let thread = thread::Builder::new().name(format!("spinner {number}"));
        thread
            .spawn(|| {
                loop {
                    black_box(0);
                }
            })
            .unwrap();
    }
}

/// `write|FILE|BYTES`: on each order writes to storage, waits until it is there,
/// and reads it back from there, where that is possible.
fn write(arguments: &[&str]) {
    let (path, length) = (arguments[0], arguments[1].parse().unwrap());
    say("ready");
    while order().is_some() {
        let mut file = File::create(path).unwrap();
        file.write_all(&vec![1; length]).unwrap();
        file.sync_all().unwrap();
        let mut direct = OpenOptions::new();
        direct.read(true).custom_flags(libc::O_DIRECT);
        if let Ok(mut file) = direct.open(path) {
            let mut memory = vec![0; length + BLOCK];
            let start = memory.as_ptr().align_offset(BLOCK);
            let _ = file.read(&mut memory[start..start + length]);
        }
        say("written");
    }
    process::exit(0);
}

/// `storm|CPU`: becomes a shell that starts short-lived programs one after another.
fn storm(arguments: &[&str]) {
    sys::pin(arguments[0].parse().unwrap()).unwrap();
    say("ready");
    let error = Command::new("sh").args(["-c", "while :; do /bin/true; done"]).exec();
    panic!("{error}");
}

/// `crowd|COUNT`: has so many children that sleep, until it is ordered to end them.
fn crowd(arguments: &[&str]) {
    let count = arguments[0].parse().unwrap();
    let children: Vec<_> = (0..count).map(|_| sys::fork_a_sleeper().unwrap()).collect();
    say("ready");
    if order().is_some() {
        for pid in &children {
            sys::signal(*pid, libc::SIGKILL);
        }
        for pid in &children {
            sys::reap(*pid);
        }
        say("ended");
    }
}

/// `exec|FILE|LINE`: on an order becomes the program of that file and line.
fn exec(arguments: &[&str]) {
    say("ready");
    if order().is_some() {
        become_other(arguments[0], &arguments[1..].join("|"));
    }
}

/// The same, but another thread than the first one becomes the program.
fn exec_in_a_thread(arguments: &[&str]) {
    say("ready");
    if order().is_some() {
        let (file, line) = (arguments[0].to_owned(), arguments[1..].join("|"));
        thread::spawn(move || become_other(&file, &line)).join().unwrap();
    }
}

/// `numbered|PID|FILE|LINE`: on an order has a child of that number, which is the
/// program of that file and line and takes the orders from then on.
fn numbered(arguments: &[&str]) {
    say("ready");
    let text = |text: &str| CString::new(text).unwrap();
    let mut argv = vec![text(arguments[1])];
    argv.extend(ARGUMENTS.map(text));
    let environment = text(&format!("{PROGRAM}={}", arguments[2..].join("|")));
    while order().is_some() {
        if let Err(error) = sys::run_numbered(arguments[0].parse().unwrap(), &argv, &environment) {
            say(&error.to_string());
        }
    }
    process::exit(0);
}

fn become_other(file: &str, line: &str) {
    let error = Command::new(file).args(ARGUMENTS).env(PROGRAM, line).exec();
    panic!("{error}");
}

/// One of the programs; it ends with this at the latest.
pub struct Program {
    process: process::Child,
    orders: ChildStdin,
    output: PathBuf,
    lines_read: usize,
}

impl Program {
    /// Starts it and waits until it has done what it does before any order.
    #[track_caller]
    pub fn start(stage: &Stage, line: &str) -> Self {
        Self::start_as(stage, &env::current_exe().unwrap(), line)
    }

    /// The same from another file, after which the process is named.
    #[track_caller]
    pub fn start_as(stage: &Stage, file: &Path, line: &str) -> Self {
        let output = stage.new_path("program");
        let mut command = Command::new(file);
        command.args(ARGUMENTS).env(PROGRAM, line);
        command.stdin(Stdio::piped()).stdout(File::create(&output).unwrap());
        sys::ends_with_us(&mut command);
        let mut process = command.spawn().unwrap();
        let orders = process.stdin.take().unwrap();
        let mut program = Self { process, orders, output, lines_read: 0 };
        assert_eq!(program.line(), "ready");
        program
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Gives an order and waits for the answer.
    #[track_caller]
    pub fn order(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").unwrap();
        self.line()
    }

    /// The next line that it says. From a file: a pipe would make us wait for ever
    /// for a program that hangs.
    #[track_caller]
    fn line(&mut self) -> String {
        let line = eventually("the program says something", || {
            let output = fs::read_to_string(&self.output).unwrap();
            let complete = output.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            // The harness may have printed the test's name without a line's end before.
            let mut said = complete.filter_map(|line| Some(line.trim_end().split_once(MARK)?.1));
            let line = said.nth(self.lines_read).map(str::to_owned);
            assert!(line.is_some() || self.process.try_wait().unwrap().is_none(), "{output}");
            line
        });
        self.lines_read += 1;
        line
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// This program under another name.
pub fn named(stage: &Stage, name: &str) -> PathBuf {
    let path = stage.path(name);
    symlink(env::current_exe().unwrap(), &path).unwrap();
    path
}

/// The highest CPU that programs can be kept on.
pub fn last_cpu() -> u32 {
    let cpus = truth::cpus();
    *cpus.last().unwrap()
}
