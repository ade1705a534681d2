//! The work of the programs: each load is one function.

use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use super::{Run, VARIABLE, order, ready_for_order, say};
use crate::{sys, truth};

/// The program that a storm starts, unless its line names another.
pub const BRIEF: &str = "true";
/// The size of storage's blocks. Direct reads need memory aligned to this size.
const BLOCK: usize = 4096;
/// `grow` takes this much memory in each step.
const GROWTH_BYTES: usize = 2 << 20;
/// The time between two steps of `grow`.
const GROWTH_EVERY: Duration = Duration::from_millis(10);
/// `grow` stops growing at this size.
const GROWN_BYTES: usize = 1 << 30;
/// The period of a real-time task.
const REAL_TIME_PERIOD: Duration = Duration::from_millis(10);
/// The work of a real-time task in each period. All real-time tasks together may work for
/// 95 % of the time (sched_rt_runtime_us, sched(7)).
const REAL_TIME_WORK: Duration = Duration::from_millis(6);
/// The priority of a real-time task, above the daemon's.
const REAL_TIME_PRIORITY: i32 = 10;
/// The time between two looks at a thread's state.
const LOOK: Duration = Duration::from_millis(2);
/// How many looks a program makes before it fails.
const LOOKS: usize = 5000;

pub const LOADS: &[(&str, Run)] = &[
    ("hold", hold),
    ("map", map),
    ("scatter", scatter),
    ("grow", grow),
    ("spin", spin),
    ("real-time", real_time),
    ("storm", storm),
    ("crowd", crowd),
    ("blocked", blocked),
    ("zombies", zombies),
    ("outlive", outlive),
    ("write", write),
    ("bring-back", bring_back),
];

fn word<'a>(arguments: &[&'a str], index: usize) -> io::Result<&'a str> {
    arguments.get(index).copied().ok_or_else(|| io::Error::other("an argument is missing"))
}

fn number<T: FromStr>(arguments: &[&str], index: usize) -> io::Result<T> {
    let word = word(arguments, index)?;
    word.parse().map_err(|_| io::Error::other(format!("{word:?} is no number")))
}

/// `hold|BYTES`: holds memory and sleeps.
fn hold(arguments: &[&str]) -> io::Result<()> {
    let memory = vec![1_u8; number(arguments, 0)?];
    // The process keeps this memory until its end.
    std::mem::forget(black_box(memory));
    Ok(())
}

/// `map|FILE`: maps a whole file into memory and sleeps. Truncating the file takes the
/// memory away from the process.
fn map(arguments: &[&str]) -> io::Result<()> {
    sys::map_all_of(&File::open(word(arguments, 0)?)?)
}

/// `scatter|PAGES`: touches that many pages on each CPU, one CPU after another.
fn scatter(arguments: &[&str]) -> io::Result<()> {
    let length = number::<usize>(arguments, 0)? * BLOCK;
    for cpu in truth::cpus() {
        let touch = move || {
            sys::pin(cpu)?;
            let mut memory: Vec<u8> = Vec::with_capacity(length);
            for page in memory.spare_capacity_mut().chunks_mut(BLOCK) {
                page[0].write(1);
            }
            // The process keeps this memory until its end.
            std::mem::forget(black_box(memory));
            Ok(())
        };
        let panicked = |_| Err(io::Error::other("a thread panicked"));
        thread::spawn(touch).join().unwrap_or_else(panicked)?;
    }
    Ok(())
}

/// `grow`: takes more and more memory.
fn grow(_: &[&str]) -> io::Result<()> {
    say(super::READY)?;
    for _ in 0..GROWN_BYTES / GROWTH_BYTES {
        std::mem::forget(black_box(vec![1_u8; GROWTH_BYTES]));
        thread::sleep(GROWTH_EVERY);
    }
    while order()?.is_some() {}
    process::exit(0);
}

/// `spin|THREADS|NAME`: is busy in that many threads, apart from its idle first thread. An
/// additional `|CPU` keeps all threads on one CPU.
fn spin(arguments: &[&str]) -> io::Result<()> {
    fs::write("/proc/self/comm", word(arguments, 1)?)?;
    if arguments.len() > 2 {
        sys::pin(number(arguments, 2)?)?;
    }
    for number in 0..number(arguments, 0)? {
        thread::Builder::new().name(format!("spinner {number}")).spawn(|| {
            loop {
                black_box(0);
            }
        })?;
    }
    Ok(())
}

/// `real-time|CPU`: works for a part of each period, at real-time priority.
fn real_time(arguments: &[&str]) -> io::Result<()> {
    sys::pin(number(arguments, 0)?)?;
    sys::be_real_time(REAL_TIME_PRIORITY)?;
    say(super::READY)?;
    let worked = || sys::clock(libc::CLOCK_THREAD_CPUTIME_ID);
    loop {
        let (period, before) = (Instant::now(), worked());
        while worked().saturating_sub(before) < REAL_TIME_WORK {
            black_box(0);
        }
        thread::sleep(REAL_TIME_PERIOD.saturating_sub(period.elapsed()));
    }
}

/// `storm|CPU` or `storm|any`: starts short-lived programs one after another. An additional
/// `|FILE` names a file for the number of started programs, and `|PROGRAM` after that names
/// another program than [`BRIEF`].
fn storm(arguments: &[&str]) -> io::Result<()> {
    if word(arguments, 0)? != "any" {
        sys::pin(number(arguments, 0)?)?;
    }
    let counter = arguments.get(1).map(File::create).transpose()?;
    let program = arguments.get(2).unwrap_or(&BRIEF);
    say(super::READY)?;
    for count in 1_u64.. {
        brief(program).status()?;
        if let Some(counter) = &counter {
            counter.write_all_at(&count.to_le_bytes(), 0)?;
        }
    }
    Ok(())
}

fn brief(program: &str) -> Command {
    let mut command = Command::new(program);
    // The program may be this executable again, which must then ignore the variable.
    command.env_remove(VARIABLE).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// The number of programs that a storm has started, from the storm's file.
pub fn storm_count(path: &Path) -> u64 {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// `crowd|COUNT`: has that many sleeping children, and ends them on an order. An additional
/// `|NAME` names the program; a child has that name and its number.
fn crowd(arguments: &[&str]) -> io::Result<()> {
    let count: usize = number(arguments, 0)?;
    // A child inherits the name of the thread that forks.
    let be_called = |suffix: &str| match arguments.get(1) {
        Some(name) => fs::write("/proc/thread-self/comm", format!("{name}{suffix}")),
        None => Ok(()),
    };
    let mut children = Vec::with_capacity(count);
    for number in 0..count {
        be_called(&number.to_string())?;
        children.push(sys::fork_a_sleeper()?);
    }
    be_called("")?;
    if ready_for_order()?.is_some() {
        for pid in &children {
            sys::signal(*pid, libc::SIGKILL);
        }
        for pid in &children {
            sys::reap(*pid);
        }
        say("ended")?;
    }
    process::exit(0);
}

/// `blocked`: has one thread, not the first, in uninterruptible sleep. With `|first` the
/// first thread falls into that sleep, a moment after the program is ready.
fn blocked(arguments: &[&str]) -> io::Result<()> {
    if arguments.first() == Some(&"first") {
        say(super::READY)?;
        return sys::wait_for_a_child_to_execute();
    }
    thread::spawn(sys::wait_for_a_child_to_execute);
    for _ in 0..LOOKS {
        if truth::states(process::id()).contains(&'D') {
            return Ok(());
        }
        thread::sleep(LOOK);
    }
    Err(io::Error::other("no thread is ever in uninterruptible sleep"))
}

/// `zombies|COUNT`: has that many ended children, and does not wait for them.
fn zombies(arguments: &[&str]) -> io::Result<()> {
    for _ in 0..number(arguments, 0)? {
        // Dropping a child does not wait for its end.
        drop(brief(BRIEF).spawn()?);
    }
    Ok(())
}

/// `outlive|BYTES`: ends its first thread, while another thread holds memory.
fn outlive(arguments: &[&str]) -> io::Result<()> {
    let length = number(arguments, 0)?;
    let other = thread::spawn(move || {
        let memory = vec![1_u8; length];
        sys::end_first_thread()?;
        let mut looks = 0..LOOKS;
        while !truth::states(process::id()).contains(&'Z') {
            looks.next().ok_or_else(|| io::Error::other("the first thread never ends"))?;
            thread::sleep(LOOK);
        }
        super::obey()?;
        drop(black_box(memory));
        process::exit(0);
    });
    let panicked = |_| Err(io::Error::other("a thread panicked"));
    other.join().unwrap_or_else(panicked)
}

/// `write|FILE|BYTES`: on each order writes a file, waits until storage has the data, and
/// reads the data back from storage where the file system can.
fn write(arguments: &[&str]) -> io::Result<()> {
    let (path, length) = (word(arguments, 0)?, number(arguments, 1)?);
    say(super::READY)?;
    while order()?.is_some() {
        let mut file = File::create(path)?;
        file.write_all(&vec![1; length])?;
        file.sync_all()?;
        let mut direct = OpenOptions::new();
        direct.read(true).custom_flags(libc::O_DIRECT);
        if let Ok(mut file) = direct.open(path) {
            let mut memory = vec![0; length + BLOCK];
            let start = memory.as_ptr().align_offset(BLOCK);
            // A file system without direct reads fails here, and the kernel counts nothing.
            let _ = file.read(&mut memory[start..start + length]);
        }
        say("written")?;
    }
    process::exit(0);
}

/// `bring-back|FILE`: waits until the process that started it ends in any way. Then writes 1
/// to the file, which brings a CPU back online.
fn bring_back(arguments: &[&str]) -> io::Result<()> {
    say(super::READY)?;
    while order()?.is_some() {}
    fs::write(word(arguments, 0)?, "1")?;
    process::exit(0);
}
