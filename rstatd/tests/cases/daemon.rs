//! The daemon that is measured: one process for each region, which ends with this program.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, io, process, thread};

use rstat_shm::trust::Trust;
use rstat_shm::{Snapshot, View};
use rstat_testbed::programs::{BRIEF, Program};
use rstat_testbed::sys;

use super::finding::Trouble;
use super::machine::{Machine, Places};

/// The time after which a wait is given up: longer than the longest interval, and than any wait of
/// a good run.
pub const GIVE_UP: Duration = Duration::from_secs(80);
/// The time between two checks of a condition.
const LOOK: Duration = Duration::from_micros(500);

/// The directories of a run, which are removed when it ends.
pub struct Stage {
    /// `--source`.
    pub source: &'static str,
    pub machine: &'static Machine,
    rstatd: PathBuf,
    regions: PathBuf,
    pub storage: PathBuf,
    /// A program that ends soon, with a name that no other program has.
    pub brief: PathBuf,
    entrance: &'static [&'static str],
    number: AtomicU32,
    /// The region of a daemon that runs already and serves all cases: where an emulator reads
    /// a kernel's types, a start takes long.
    pub running: Option<PathBuf>,
}

impl Stage {
    /// Makes the directories, and the link to a brief program.
    pub fn new(
        source: &'static str,
        machine: &'static Machine,
        places: &Places<'_>,
    ) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rstat-cases-{}-{number}", process::id());
        let stage = Self {
            source,
            machine,
            rstatd: places.rstatd.to_owned(),
            regions: places.regions.join(&name),
            storage: places.storage.join(&name),
            brief: places.storage.join(&name).join(format!("{BRIEF}-{}", process::id())),
            entrance: places.entrance,
            number: AtomicU32::new(0),
            running: None,
        };
        fs::create_dir_all(&stage.regions)?;
        fs::create_dir_all(&stage.storage)?;
        symlink(places.brief, &stage.brief)?;
        Ok(stage)
    }

    /// The kernel's name of the brief program.
    pub fn brief_name(&self) -> &[u8] {
        self.brief.file_name().unwrap_or_default().as_encoded_bytes()
    }

    /// Starts a load: a line of `rstat_testbed::programs`.
    pub fn start(&self, line: &str) -> io::Result<Program> {
        let mut command = self.program()?;
        sys::ends_with_us(&mut command);
        Program::start_as(command, line)
    }

    /// The same, but the program outlives this one, to clean up.
    pub fn start_outliving(&self, line: &str) -> io::Result<Program> {
        Program::start_as(self.program()?, line)
    }

    fn program(&self) -> io::Result<Command> {
        let mut command = Command::new(env::current_exe()?);
        command.args(self.entrance);
        Ok(command)
    }

    /// Starts the daemon on a region of its own, unless one runs already. Only the main thread may
    /// do so, as the daemon ends with the thread that started it.
    pub fn daemon(&self, interval_ms: u64) -> Result<Daemon, Trouble> {
        if let Some(region) = self.running.clone() {
            return Ok(Daemon { process: None, predecessor: 0, said: PathBuf::new(), region });
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let region = self.regions.join(number.to_string()).join("v1");
        self.daemon_at(&region, interval_ms)
    }

    /// The same on a region that other daemons may have had before.
    pub fn daemon_at(&self, region: &Path, interval_ms: u64) -> Result<Daemon, Trouble> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let said = self.regions.join(format!("{number}.stderr"));
        let mut command = Command::new(&self.rstatd);
        command.arg("--shm").arg(region).args(["--source", self.source]);
        command.args(["--interval", &interval_ms.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said)?);
        sys::ends_with_us(&mut command);
        sys::with_default_signals(&mut command);
        let predecessor = last_in(region).map_or(0, |sample| sample.instance);
        Ok(Daemon { process: Some(command.spawn()?), predecessor, said, region: region.to_owned() })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Only files of this run are left there, and an error has no reader.
        let _ = fs::remove_dir_all(&self.regions);
        let _ = fs::remove_dir_all(&self.storage);
    }
}

/// `true`, wherever it is.
pub fn brief_program() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut programs = env::split_paths(&path).map(|directory| directory.join(BRIEF));
    programs.find(|program| program.exists()).unwrap_or_else(|| BRIEF.into())
}

/// The last sample in a region, if the region has one.
pub fn last_in(region: &Path) -> Option<Snapshot> {
    let mut sample = Snapshot::EMPTY;
    View::open(region, Trust::default()).ok()?.snapshot(&mut sample).ok()?;
    Some(sample)
}

/// A running daemon.
pub struct Daemon {
    /// The daemon's process, unless another program has started it.
    process: Option<Child>,
    /// The instance whose samples were in the region before.
    predecessor: u64,
    said: PathBuf,
    pub region: PathBuf,
}

impl Daemon {
    /// Whether this case has started the daemon, so that [`Self::first`] returns its first sample.
    pub fn is_new(&self) -> bool {
        self.process.is_some()
    }

    /// The daemon's text on stderr so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// The daemon's region and its first sample.
    pub fn first(&mut self) -> Result<(View, Snapshot), Trouble> {
        let began = Instant::now();
        let mut sample = Snapshot::EMPTY;
        while began.elapsed() < GIVE_UP {
            if let Ok(view) = View::open(&self.region, Trust::default())
                && view.snapshot(&mut sample).is_ok()
                && sample.instance != self.predecessor
            {
                return Ok((view, sample));
            }
            if let Some(process) = &mut self.process
                && let Some(status) = process.try_wait()?
            {
                let said = self.said();
                return Err(Trouble::Failed(format!("the daemon ended, {status}: {said}")));
            }
            thread::sleep(LOOK);
        }
        Err(Trouble::Failed(format!("no sample in {GIVE_UP:?}: {}", self.said())))
    }

    /// Ends the daemon in order.
    pub fn stop(mut self) -> Result<(), Trouble> {
        let Some(process) = &mut self.process else { return Ok(()) };
        sys::signal(process.id(), libc::SIGTERM);
        let status = wait(process)?;
        if status.success() {
            return Ok(());
        }
        Err(Trouble::Failed(format!("{status} after SIGTERM: {}", self.said())))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // The process may have ended already, and then there is nothing to kill.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Waits for the end of a process, for a while.
pub fn wait(process: &mut Child) -> Result<ExitStatus, Trouble> {
    let began = Instant::now();
    while began.elapsed() < GIVE_UP {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        thread::sleep(LOOK);
    }
    // Nothing is lost if the process ends in this moment.
    let _ = process.kill();
    Err(Trouble::Failed(format!("it does not end in {GIVE_UP:?}")))
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
