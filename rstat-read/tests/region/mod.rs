//! Directories for the tests' own regions, and the programs under test.
#![allow(dead_code, reason = "each test program takes what it needs")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::{Error, Writer};

use crate::samples;

/// The time after which a test gives up; no test comes near it.
pub const GIVE_UP: Duration = Duration::from_secs(60);
/// The time between samples where a test waits for a late sample.
pub const SHORT: Duration = Duration::from_millis(20);
/// The time between samples where no sample may be late while the test runs.
pub const LONG: Duration = Duration::from_secs(3_600);

/// A directory that is removed when the test ends.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rstat-read-{}-{number}", process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn region(&self) -> PathBuf {
        self.0.join("v1")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens a region for publishing. The lock of an old writer may outlive the writer: a program
/// that another test starts holds a copy of the file until exec.
pub fn writer(path: &Path) -> Writer {
    let start = Instant::now();
    loop {
        match Writer::open(path) {
            Err(Error::InUse { .. }) if start.elapsed() < GIVE_UP => {
                thread::sleep(Duration::from_millis(1));
            }
            result => return result.unwrap(),
        }
    }
}

/// A region with one sample of a laptop at work, which stays fresh during the test.
pub fn published(scratch: &Scratch) -> Writer {
    let mut writer = writer(&scratch.region());
    writer.publish(&mut samples::fresh(LONG));
    writer
}

/// The directory of the built programs, with `examples` and `deps` below it.
pub fn built() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rstat-read")).parent().unwrap()
}

/// The path of an example program; nothing where cargo built no examples.
pub fn example(name: &str) -> Option<PathBuf> {
    let path = built().join("examples").join(name);
    if !path.exists() {
        eprintln!("SKIPPED: example {name} is not built: run `cargo test -p rstat-read`");
        return None;
    }
    Some(path)
}

/// Waits for a child's end, for [`GIVE_UP`] at most.
pub fn end(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(start.elapsed() < GIVE_UP, "still running");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a program to its end, and returns exit code, output and errors.
pub fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The lines of an output, each as soon as it is printed.
pub fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    lines
}

/// A child that is killed when its test ends, also when the test fails.
pub struct Ending(pub Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
