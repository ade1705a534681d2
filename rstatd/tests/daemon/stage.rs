//! What the tests stand on: a directory of their own, and daemons that end with
//! the test.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use rstat_shm::trust::Trust;
use rstat_shm::{Snapshot, View};

use crate::sys;

/// When something that should have happened is given up; nothing takes so long in
/// a good run. Shorter than [`FOR_EVER`].
pub const GIVE_UP: Duration = Duration::from_secs(40);
/// The same for a program that has much to do before it ends by itself.
const PATIENCE: Duration = Duration::from_secs(240);
/// An interval in milliseconds that is longer than any test.
pub const FOR_EVER: &str = "60000";
pub const SECOND_NS: u64 = 1_000_000_000;
/// The user `nobody`, who owns no file here.
pub const OTHER_UID: u32 = 65534;
/// Processes that come and go on any machine while two lists are taken.
pub const NOISE: u32 = 5;
/// Time between two looks at something that is not so yet.
const LOOK: Duration = Duration::from_millis(2);

/// A directory that goes when the test ends.
pub struct Stage {
    directory: PathBuf,
    files: AtomicU32,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    /// Waits for the test before: they would take each other's CPU time.
    pub fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // That another test has failed is no reason to fail too.
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Not the directory for temporary files, which may be no storage at all.
        let name = format!("rstatd-{}-{number}", process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&directory).unwrap();
        Self { directory, files: AtomicU32::new(0), _alone: alone }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The same for a file that a test makes several times.
    pub fn new_path(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.{}", self.files.fetch_add(1, Ordering::Relaxed)))
    }

    /// The region of a test that has only one; its directory is the daemon's to make.
    pub fn region(&self) -> PathBuf {
        self.path("region/v1")
    }

    /// Starts the daemon on [`Stage::region`].
    pub fn daemon(&self, arguments: &[&str]) -> Daemon {
        self.daemon_at(&self.region(), arguments)
    }

    pub fn daemon_at(&self, region: &Path, arguments: &[&str]) -> Daemon {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rstatd"));
        command.arg("--shm").arg(region).args(arguments);
        self.start(command)
    }

    /// Starts a command: the daemon, what becomes it, or what looks at it.
    pub fn start(&self, mut command: Command) -> Daemon {
        let printed = self.new_path("stdout");
        command.stdout(File::create(&printed).unwrap());
        self.start_printing(command, printed)
    }

    /// The same where the command knows already where it prints.
    pub fn start_printing(&self, mut command: Command, printed: PathBuf) -> Daemon {
        // Neither the environment of the tests, nor the default region.
        command.env("RSTAT_SHM", self.region());
        Daemon::start(command, printed, self.new_path("stderr"))
    }

    /// Runs the daemon's program to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.daemon(arguments).end()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A test that failed half-way should report its own failure, not this one.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The daemon's process; it ends with this at the latest.
pub struct Daemon {
    process: process::Child,
    printed: PathBuf,
    said: PathBuf,
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; 128 and the signal's number if one killed it.
    pub code: i32,
    pub printed: String,
    pub said: String,
}

impl Daemon {
    fn start(mut command: Command, printed: PathBuf, said: PathBuf) -> Self {
        command.stdin(Stdio::null()).stderr(File::create(&said).unwrap());
        sys::ends_with_us(&mut command);
        sys::with_default_signals(&mut command);
        Self { process: command.spawn().unwrap(), printed, said }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// What it has said on stderr so far.
    pub fn said(&self) -> String {
        String::from_utf8(fs::read(&self.said).unwrap()).unwrap()
    }

    pub fn signal(&self, signal: libc::c_int) {
        sys::signal(self.pid(), signal);
    }

    /// Waits for its end, which is at hand.
    #[track_caller]
    pub fn outcome(self) -> Outcome {
        self.end_within(GIVE_UP)
    }

    /// Waits for its end, which comes by itself.
    #[track_caller]
    pub fn end(self) -> Outcome {
        self.end_within(PATIENCE)
    }

    #[track_caller]
    fn end_within(mut self, time: Duration) -> Outcome {
        let status = within(time, "the daemon ends", || self.process.try_wait().unwrap());
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap();
        let printed = String::from_utf8(fs::read(&self.printed).unwrap()).unwrap();
        Outcome { code, printed, said: self.said() }
    }

    /// Ends it in order, and in silence.
    #[track_caller]
    pub fn stop(self) {
        self.signal(libc::SIGTERM);
        let outcome = self.outcome();
        assert_eq!((outcome.code, &*outcome.said), (0, ""));
    }

    /// Its region, once there is a sample in it of a run other than `before`.
    #[track_caller]
    pub fn view(&mut self, region: &Path, before: u64) -> View {
        eventually("there is a sample", || {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("the daemon ended, {status}: {}", self.said());
            }
            let view = View::open(region, Trust { uid: Some(OTHER_UID) }).ok()?;
            let mut sample = Snapshot::EMPTY;
            view.snapshot(&mut sample).ok()?;
            (sample.instance != before).then_some(view)
        })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Outcome {
    /// The only line that was said, without the program's name.
    #[track_caller]
    pub fn line(&self) -> &str {
        assert_eq!(self.said.matches('\n').count(), 1, "one line: {self:?}");
        let line = self.said.trim_end().strip_prefix("rstatd: ");
        line.unwrap_or_else(|| panic!("the program's name: {self:?}"))
    }

    /// That it failed, with a line that has all of `parts`.
    #[track_caller]
    pub fn failed_with(&self, parts: &[&str]) {
        assert_eq!(self.code, 1, "{self:?}");
        for part in parts {
            assert!(self.line().contains(part), "{part:?} in {self:?}");
        }
    }
}

/// The first thing that `look` finds.
#[track_caller]
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(GIVE_UP, what, look)
}

#[track_caller]
fn within<T>(time: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    while began.elapsed() < time {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(LOOK);
    }
    panic!("given up after {time:?}: {what}");
}

/// The latest sample.
#[track_caller]
pub fn latest(view: &View) -> Snapshot {
    let mut sample = Snapshot::EMPTY;
    eventually("a sample is read", || view.snapshot(&mut sample).ok());
    sample
}

/// The first sample that is there after number `seen`.
#[track_caller]
pub fn next(view: &View, seen: u64) -> Snapshot {
    let began = Instant::now();
    while view.latest() <= seen {
        assert!(began.elapsed() < GIVE_UP, "no sample after {seen}");
        view.wait(seen, view.state(), GIVE_UP);
    }
    latest(view)
}

/// Fails if a figure of `now` cannot be, by itself or after `before`.
#[track_caller]
pub fn plausible(before: &Snapshot, now: &Snapshot) {
    crate::cases::plausible::check(before, now).unwrap();
}

/// The sources that can be tested here; what cannot is said aloud.
pub fn sources(what: &str) -> Vec<&'static str> {
    if bpf_works(what) { vec!["bpf", "proc"] } else { vec!["proc"] }
}

/// Whether the probe can be tested here. That it does not work where it may is no
/// reason to skip a test, but to fail.
pub fn bpf_works(what: &str) -> bool {
    static WHY_NOT: OnceLock<Option<String>> = OnceLock::new();
    let why_not = WHY_NOT.get_or_init(|| {
        if !is_root() {
            return Some("only root may load the probe".to_owned());
        }
        if !Path::new("/sys/kernel/btf/vmlinux").exists() {
            return Some("this kernel has no type information".to_owned());
        }
        let directory = env::temp_dir().join(format!("rstatd-{}-bpf", process::id()));
        fs::create_dir(&directory).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rstatd"));
        command.args(["--once", "--interval", "10", "--source", "bpf", "--shm"]);
        command.arg(directory.join("v1")).stdout(Stdio::null());
        let daemon = Daemon::start(command, "/dev/null".into(), directory.join("stderr"));
        let said = daemon.outcome().said;
        let _ = fs::remove_dir_all(&directory);
        let forbidden = ["Operation not permitted", "Function not implemented"];
        let is_forbidden = forbidden.iter().any(|text| said.contains(text));
        is_forbidden.then(|| said.trim().to_owned())
    });
    if let Some(why) = why_not {
        skip(what, why);
    }
    why_not.is_none()
}

pub fn is_root() -> bool {
    // `/proc/self` belongs to the effective user.
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Says aloud, past the test harness's capture, what is not tested.
pub fn skip(what: &str, why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: {what}: {why}");
}

/// Says what was measured, past the test harness's capture.
pub fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
