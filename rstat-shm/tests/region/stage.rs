//! Tools of the region's tests: a directory for each test, samples that betray a single
//! wrong word, words of the file by offset, and other processes.

use std::env;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

use rstat_shm::snapshot::{HistoryPoint, SNAPSHOT_WORDS};
use rstat_shm::{Error, Snapshot, Unread, View, Writer};

/// How long a test waits for an event before it fails. In a good run every wait is shorter.
pub const GIVE_UP: Duration = Duration::from_secs(60);
/// Another user's id. No file of these tests belongs to that user.
pub const OTHER_UID: u32 = 65534;
/// Attempts at a snapshot before a test fails. Each stands for 16 attempts of the reader.
const READS: usize = 1_000_000;

/// A directory that exists while the test runs.
pub struct Stage {
    directory: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    /// Waits for the end of the test before. Between fork and exec a process that another
    /// thread starts would share this test's open files, and with the files the locks.
    pub fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        static WATCH: Once = Once::new();
        // The failure of another test poisons the lock, and must not fail this test too.
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        WATCH.call_once(|| drop(thread::spawn(give_up_on_everything)));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("rstat-shm-{}-{number}", process::id()));
        fs::create_dir(&directory).unwrap();
        // Other users must be able to look into the directory, whatever the umask.
        fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
        Self { directory, _alone: alone }
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The region's path.
    pub fn path(&self) -> PathBuf {
        self.directory.join("v1")
    }

    /// The path of a file beside the region: the region's path and a suffix.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        self.directory.join(format!("v1{suffix}"))
    }

    /// The names of all files in the directory, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After a failed test the removal may fail too, which must not hide the first failure.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Ends the whole program after a long time, in case a system call blocks that should not.
fn give_up_on_everything() {
    thread::sleep(10 * GIVE_UP);
    let _ = writeln!(io::stderr(), "the tests of the region hang");
    process::exit(1);
}

/// A sample that has in every word a value computed from `tag` and the word's index.
pub fn sample(tag: u64) -> Snapshot {
    let mut words = [0; SNAPSHOT_WORDS];
    for (index, word) in words.iter_mut().enumerate() {
        *word = (tag ^ (index as u64) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    let mut sample = Snapshot::from_words(words);
    sample.monotonic_ns = tag;
    sample
}

/// Fails unless all words of `read` come from one [`sample`].
#[track_caller]
pub fn assert_whole(read: &Snapshot) {
    let mut expected = sample(read.monotonic_ns);
    expected.sequence = read.sequence;
    expected.instance = read.instance;
    assert_eq!(read.as_words(), expected.as_words(), "torn sample {}", read.sequence);
}

/// Fails unless all words of `read` come from the point of one [`sample`].
#[track_caller]
pub fn assert_whole_point(read: &HistoryPoint) {
    assert_eq!(*read, HistoryPoint::from(&sample(read.monotonic_ns)), "torn point");
}

pub fn publish(writer: &mut Writer, tags: impl IntoIterator<Item = u64>) {
    for tag in tags {
        writer.publish(&mut sample(tag));
    }
}

/// Reads a sample, also when the writer overtakes the reader many times.
#[track_caller]
pub fn read(view: &View) -> Snapshot {
    let mut read = Snapshot::EMPTY;
    for _ in 0..READS {
        match view.snapshot(&mut read) {
            Ok(()) => {
                assert_whole(&read);
                return read;
            }
            Err(Unread::Busy) => {}
            Err(Unread::Empty) => panic!("the region is empty"),
        }
    }
    panic!("the writer was faster {READS} times");
}

pub fn open(path: &Path) -> View {
    View::open(path, rstat_shm::trust::Trust::default()).unwrap()
}

/// A word of the file. A mapping of the file shows the same value.
pub fn peek(file: &File, offset: usize) -> u64 {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, offset as u64).unwrap();
    u64::from_le_bytes(bytes)
}

/// Changes a word of the file. Every mapping of the file shows the new value.
pub fn poke(path: &Path, offset: usize, word: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&word.to_le_bytes(), offset as u64).unwrap();
}

pub fn is_root() -> bool {
    // `/proc/self` belongs to the effective user.
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The text of an error, or an empty string for success.
pub fn text<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(String::new, |error| error.to_string())
}

/// Runs a program on a file.
pub fn run(program: &str, arguments: &[&str], path: &Path) {
    assert!(Command::new(program).args(arguments).arg(path).status().unwrap().success());
}

/// Reports what is not tested, on standard error past the test harness's capture.
pub fn skip(what: &str, why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: {what}: {why}");
}

/// This program in another process, where it plays one of the [`roles`](crate::roles).
pub struct Child {
    process: process::Child,
    lines: BufReader<ChildStdout>,
}

/// The variable that names a child's role.
pub const ROLE: &str = "RSTAT_SHM_TEST_ROLE";
/// The variable that names a child's region.
pub const REGION: &str = "RSTAT_SHM_TEST_REGION";
/// The mark before a child's own lines. Lines of the test harness have none.
pub const MARK: &str = "@ ";

/// The command line of a child.
pub fn command(program: &Path, role: &str, path: &Path) -> Command {
    let mut command = Command::new(program);
    arrange(&mut command, role, path);
    command.args(["--exact", "roles::play", "--nocapture", "--test-threads=1"]);
    command
}

/// Sets what a child must find in its environment and on its descriptors.
pub fn arrange(command: &mut Command, role: &str, path: &Path) {
    // The child ends when its standard input ends, which happens with this process.
    command.env(ROLE, role).env(REGION, path).stdin(Stdio::piped()).stdout(Stdio::piped());
}

impl Child {
    pub fn start(role: &str, path: &Path) -> Self {
        Self::spawn(&mut command(&env::current_exe().unwrap(), role, path)).unwrap()
    }

    /// Starts a child as another user. Returns `None` where that is not possible.
    pub fn start_as_other(stage: &Stage, role: &str, path: &Path) -> Option<Self> {
        if !is_root() {
            skip(role, "only root can start a process of another user");
            return None;
        }
        // The test program may lie in a folder that the other user cannot enter.
        let program = stage.directory().join("program");
        if !program.exists() {
            fs::copy(env::current_exe().unwrap(), &program).unwrap();
            fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        }
        let mut command = command(&program, role, path);
        command.uid(OTHER_UID).gid(OTHER_UID).current_dir("/");
        Self::spawn(&mut command)
            .map_err(|error| skip(role, &format!("start as user {OTHER_UID}: {error}")))
            .ok()
    }

    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut process = command.spawn()?;
        let lines = BufReader::new(process.stdout.take().unwrap());
        Ok(Self { process, lines })
    }

    /// The child's next line. Fails when the child ends without one.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.try_line().expect("the other process ended without a word")
    }

    /// The child's next line, if the child says one before its end.
    pub fn try_line(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            // The harness may have printed the test's name on the same line before.
            if let Some((_, said)) = line.trim_end().split_once(MARK) {
                return Some(said.to_owned());
            }
            line.clear();
        }
        None
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits for the child's end. Fails when the child has failed.
    #[track_caller]
    pub fn finish(mut self) {
        // The input stays open until the end: a child leaves as soon as its input ends.
        let input = self.process.stdin.take();
        while self.try_line().is_some() {}
        assert!(self.process.wait().unwrap().success());
        drop(input);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The child may have ended already, and then both calls fail.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
