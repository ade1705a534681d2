//! The loads: this program again, with the name of what it is to do, or stress-ng.

use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use crate::finding::Trouble;
use crate::sys;

/// The first argument that makes this program a load.
pub const ARGUMENT: &str = "load";
/// What a program of the storm is called, by its file.
pub const BRIEF: &str = "true";
/// Bytes that storage transfers at once; direct reading wants memory aligned to it.
const BLOCK: usize = 4096;
/// What `grow` takes at a time, how often, and when it has enough.
const GROWTH_BYTES: usize = 2 << 20;
const GROWTH_EVERY: Duration = Duration::from_millis(10);
const GROWN_BYTES: usize = 1 << 30;
/// Of each period a real-time task works this much: less than what the kernel lets
/// all of them have (sched_rt_runtime_us, sched(7)).
const REAL_TIME_PERIOD: Duration = Duration::from_millis(10);
const REAL_TIME_WORK_NS: u64 = 6_000_000;
/// Above the daemon.
const REAL_TIME_PRIORITY: i32 = 10;
/// stress-ng ends by itself after this many seconds, should we not.
const STRESS_SECONDS: &str = "60";

type Load = fn(&[String]) -> io::Result<()>;

const LOADS: [(&str, Load); 8] = [
    ("hold", hold),
    ("grow", grow),
    ("spin", spin),
    ("real-time", real_time),
    ("storm", storm),
    ("crowd", crowd),
    ("write", write),
    ("bring-back", bring_back),
];

/// What this process is when it was started as a load.
pub fn main(arguments: &[String]) -> io::Result<()> {
    let (name, arguments) = arguments.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let load = LOADS.iter().find(|(known, _)| known == name).ok_or(io::ErrorKind::InvalidInput)?.1;
    load(arguments)?;
    // Whoever started us holds the other end.
    while order()? {}
    Ok(())
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

fn order() -> io::Result<bool> {
    Ok(io::stdin().lock().read_line(&mut String::new())? > 0)
}

fn number(arguments: &[String], place: usize) -> io::Result<usize> {
    let word = arguments.get(place).ok_or(io::ErrorKind::InvalidInput)?;
    word.parse().map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// `hold BYTES`: touches memory and sleeps.
fn hold(arguments: &[String]) -> io::Result<()> {
    let memory = vec![1_u8; number(arguments, 0)?];
    // Never given back: the process ends with it.
    std::mem::forget(black_box(memory));
    say("ready")
}

/// `grow`: takes more and more memory.
fn grow(_: &[String]) -> io::Result<()> {
    say("ready")?;
    for _ in 0..GROWN_BYTES / GROWTH_BYTES {
        std::mem::forget(black_box(vec![1_u8; GROWTH_BYTES]));
        thread::sleep(GROWTH_EVERY);
    }
    Ok(())
}

/// `spin THREADS`, and `CPU` to stay on one: never sleeps.
fn spin(arguments: &[String]) -> io::Result<()> {
    if arguments.len() > 1 {
        sys::pin(number(arguments, 1)?)?;
    }
    for _ in 0..number(arguments, 0)? {
        thread::spawn(|| {
            loop {
                black_box(0);
            }
        });
    }
    say("ready")
}

/// `real-time CPU`: works a part of each period, before everybody else.
fn real_time(arguments: &[String]) -> io::Result<()> {
    sys::pin(number(arguments, 0)?)?;
    match sys::be_real_time(REAL_TIME_PRIORITY) {
        Ok(()) => say("ready")?,
        Err(error) => return say(&format!("become a real-time task: {error}")),
    }
    loop {
        let (began, begin_ns) = (Instant::now(), sys::thread_cpu_ns());
        while sys::thread_cpu_ns() - begin_ns < REAL_TIME_WORK_NS {
            black_box(0);
        }
        thread::sleep(REAL_TIME_PERIOD.saturating_sub(began.elapsed()));
    }
}

/// `storm FILE`: starts programs one after another, and writes to the file how many.
fn storm(arguments: &[String]) -> io::Result<()> {
    let file = File::create(arguments.first().ok_or(io::ErrorKind::InvalidInput)?)?;
    say("ready")?;
    for count in 1_u64.. {
        Command::new(BRIEF).stdin(Stdio::null()).status()?;
        file.write_all_at(&count.to_le_bytes(), 0)?;
    }
    Ok(())
}

/// How many programs a storm has started.
pub fn storm_count(path: &Path) -> u64 {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// `crowd COUNT`: has so many children that sleep.
fn crowd(arguments: &[String]) -> io::Result<()> {
    sys::forget_children();
    for _ in 0..number(arguments, 0)? {
        if let Err(error) = sys::fork_a_sleeper() {
            return say(&format!("start processes: {error}"));
        }
    }
    say("ready")
}

/// `write FILE BYTES`: on each order writes to storage, waits until it is there,
/// and reads it back from there, where that is possible.
fn write(arguments: &[String]) -> io::Result<()> {
    let path = arguments.first().ok_or(io::ErrorKind::InvalidInput)?;
    let length = number(arguments, 1)?;
    say("ready")?;
    while order()? {
        let mut file = File::create(path)?;
        file.write_all(&vec![1; length])?;
        file.sync_all()?;
        let mut direct = OpenOptions::new();
        direct.read(true).custom_flags(libc::O_DIRECT);
        if let Ok(mut file) = direct.open(path) {
            let mut memory = vec![0; length + BLOCK];
            let start = memory.as_ptr().align_offset(BLOCK);
            // Not all file systems can; then nothing was read, for the kernel too.
            let _ = file.read(&mut memory[start..start + length]);
        }
        say("written")?;
    }
    Ok(())
}

/// `bring-back FILE`: when whoever started us ends, however it ends, writes 1 to the
/// file that brings a CPU back.
fn bring_back(arguments: &[String]) -> io::Result<()> {
    say("ready")?;
    while order()? {}
    fs::write(arguments.first().ok_or(io::ErrorKind::InvalidInput)?, "1")
}

/// A load that runs; it ends with this at the latest.
pub struct Running {
    process: Child,
    orders: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts this program as a load and waits until it is ready. Not from a
    /// thread: it ends with its starter.
    pub fn start(arguments: &[&str]) -> Result<Self, Trouble> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(ARGUMENT).args(arguments);
        sys::ends_with_us(&mut command);
        Self::spawn(command)
    }

    /// The load that has to outlive us, to clean up.
    pub fn outliving(arguments: &[&str]) -> Result<Self, Trouble> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(ARGUMENT).args(arguments);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Result<Self, Trouble> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut process = command.spawn()?;
        let orders = process.stdin.take();
        let output = process.stdout.take().map(BufReader::new);
        let mut running = Self { process, orders, output };
        match &*running.line()? {
            "ready" => Ok(running),
            why => Err(Trouble::Cannot(why.to_owned())),
        }
    }

    /// Starts stress-ng, whose workers are about to be there.
    pub fn stress(arguments: &[&str], directory: &Path) -> Result<Self, Trouble> {
        let mut command = Command::new("stress-ng");
        command.args(["--quiet", "--timeout", STRESS_SECONDS]).args(arguments);
        command.current_dir(directory).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        sys::ends_with_us(&mut command);
        match command.spawn() {
            Ok(process) => Ok(Self { process, orders: None, output: None }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Trouble::Cannot("stress-ng is missing: apt install stress-ng".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Gives an order and waits for the answer.
    pub fn order(&mut self) -> Result<String, Trouble> {
        if let Some(orders) = &mut self.orders {
            writeln!(orders)?;
        }
        self.line()
    }

    fn line(&mut self) -> Result<String, Trouble> {
        let mut line = String::new();
        if let Some(output) = &mut self.output {
            output.read_line(&mut line)?;
        }
        match line.trim_end() {
            "" => Err(Trouble::Failed("a load ended".to_owned())),
            line => Ok(line.to_owned()),
        }
    }

    /// Closes its input and waits for its end, which follows.
    pub fn finish(mut self) {
        self.orders = None;
        // There is nobody to tell, and dropping it ends it anyway.
        let _ = self.process.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        // It leads its group: what it has started ends with it.
        sys::signal(-self.process.id().cast_signed(), libc::SIGKILL);
        let _ = self.process.wait();
    }
}
