//! What the tests stand on: a directory of their own, samples in which a single
//! wrong word shows, words of the file by offset, and other processes.

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

/// When something that should have happened is given up; nothing waits so long in a good run.
pub const GIVE_UP: Duration = Duration::from_secs(60);
/// `nobody`, who owns no file here.
pub const OTHER_UID: u32 = 65534;
/// Attempts at a snapshot before a test gives up; each is 16 of the reader's own.
const READS: usize = 1_000_000;

/// A directory that goes when the test ends.
pub struct Stage {
    directory: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    /// Waits for the test before: a process that another thread starts shares our
    /// open files, and with them the locks, for the moment between fork and exec.
    pub fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        static WATCH: Once = Once::new();
        // That another test has failed is no reason to fail too.
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        WATCH.call_once(|| drop(thread::spawn(give_up_on_everything)));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("rstat-shm-{}-{number}", process::id()));
        fs::create_dir(&directory).unwrap();
        // Whatever our umask: other users must be able to look in.
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

    /// A file beside the region, by what its name has more.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        self.directory.join(format!("v1{suffix}"))
    }

    /// The names of all files.
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
        // A test that failed half-way should tell why it failed, not this.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A system call that should not block, and does, would else never end.
fn give_up_on_everything() {
    thread::sleep(10 * GIVE_UP);
    let _ = writeln!(io::stderr(), "the tests of the region do not end");
    process::exit(1);
}

/// A sample whose every word follows from `tag` and its place.
pub fn sample(tag: u64) -> Snapshot {
    let mut words = [0; SNAPSHOT_WORDS];
    for (place, word) in words.iter_mut().enumerate() {
        *word = (tag ^ (place as u64) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    let mut sample = Snapshot::from_words(words);
    sample.monotonic_ns = tag;
    sample
}

/// Fails unless all of `read` comes from one [`sample`].
#[track_caller]
pub fn assert_whole(read: &Snapshot) {
    let mut expected = sample(read.monotonic_ns);
    expected.sequence = read.sequence;
    expected.instance = read.instance;
    assert_eq!(read.as_words(), expected.as_words(), "torn sample {}", read.sequence);
}

/// Fails unless all of `read` comes from one [`sample`].
#[track_caller]
pub fn assert_whole_point(read: &HistoryPoint) {
    assert_eq!(*read, HistoryPoint::from(&sample(read.monotonic_ns)), "torn point");
}

pub fn publish(writer: &mut Writer, tags: impl IntoIterator<Item = u64>) {
    for tag in tags {
        writer.publish(&mut sample(tag));
    }
}

/// A sample, however often the writer overtakes us.
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

/// A word of the file, as whoever has it mapped sees it too.
pub fn peek(file: &File, offset: usize) -> u64 {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, offset as u64).unwrap();
    u64::from_le_bytes(bytes)
}

/// Changes a word of the file for everyone who has it mapped.
pub fn poke(path: &Path, offset: usize, word: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&word.to_le_bytes(), offset as u64).unwrap();
}

pub fn is_root() -> bool {
    // `/proc/self` belongs to the effective user.
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// What an error says; nothing if it is none.
pub fn text<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(String::new, |error| error.to_string())
}

/// Runs a program on a file.
pub fn run(program: &str, arguments: &[&str], path: &Path) {
    assert!(Command::new(program).args(arguments).arg(path).status().unwrap().success());
}

/// Says aloud, past the test harness's capture, what is not tested.
pub fn skip(what: &str, why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: {what}: {why}");
}

/// This program in another process, playing one of the [`roles`](crate::roles).
pub struct Child {
    process: process::Child,
    lines: BufReader<ChildStdout>,
}

/// The variable that makes a child play a role.
pub const ROLE: &str = "RSTAT_SHM_TEST_ROLE";
/// The variable that tells it on which region.
pub const REGION: &str = "RSTAT_SHM_TEST_REGION";
/// What marks the lines of a child that are not the test harness's.
pub const MARK: &str = "@ ";

/// The command line of a child.
pub fn command(program: &Path, role: &str, path: &Path) -> Command {
    let mut command = Command::new(program);
    arrange(&mut command, role, path);
    command.args(["--exact", "roles::play", "--nocapture", "--test-threads=1"]);
    command
}

/// What a child must find in its environment and on its descriptors.
pub fn arrange(command: &mut Command, role: &str, path: &Path) {
    // The child ends when its standard input does, that is, with us.
    command.env(ROLE, role).env(REGION, path).stdin(Stdio::piped()).stdout(Stdio::piped());
}

impl Child {
    pub fn start(role: &str, path: &Path) -> Self {
        Self::spawn(&mut command(&env::current_exe().unwrap(), role, path)).unwrap()
    }

    /// As another user, or nothing where that cannot be.
    pub fn start_as_other(stage: &Stage, role: &str, path: &Path) -> Option<Self> {
        if !is_root() {
            skip(role, "only root can start a process of another user");
            return None;
        }
        // Our own program may lie where the other user cannot look.
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

    /// The next line that it says; fails when it ends without one.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.try_line().expect("the other process ended without a word")
    }

    /// The next line that it says, if there is one.
    pub fn try_line(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            // The harness may have printed the test's name without a line's end before.
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

    /// Waits for its end; fails when it has failed.
    #[track_caller]
    pub fn finish(mut self) {
        // Held open till then: a child takes the end of its input as the order to leave.
        let input = self.process.stdin.take();
        while self.try_line().is_some() {}
        assert!(self.process.wait().unwrap().success());
        drop(input);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
