//! The daemon that is measured: one process a region, which ends with us.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::trust::Trust;
use rstat_shm::{Snapshot, View};
use rstat_testbed::sys;

use crate::finding::Trouble;

/// When something that should have happened is given up; nothing takes so long in
/// a good run. Longer than the longest interval.
const GIVE_UP: Duration = Duration::from_secs(80);
/// Time between two looks at something that is not so yet.
const LOOK: Duration = Duration::from_micros(500);

/// Where a run takes place; its directories go when it ends.
pub struct Stage {
    /// `--source`.
    pub source: &'static str,
    rstatd: PathBuf,
    /// For the regions, which should cost storage nothing.
    regions: PathBuf,
    /// For files that are to be written to storage.
    pub storage: PathBuf,
    number: AtomicU32,
}

impl Stage {
    /// Finds the daemon beside this example, and makes the directories.
    pub fn new(source: &'static str) -> Result<Self, Trouble> {
        let program = std::env::current_exe()?;
        let examples = program.parent().unwrap_or(&program);
        let rstatd = examples.with_file_name("rstatd");
        if !rstatd.exists() {
            return Err(Trouble::Failed(format!("{} is not built", rstatd.display())));
        }
        let name = format!("rstat-accuracy-{}", std::process::id());
        let memory = PathBuf::from("/dev/shm");
        let memory = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let stage = Self {
            source,
            rstatd,
            regions: memory.join(&name),
            storage: examples.join(&name),
            number: AtomicU32::new(0),
        };
        fs::create_dir_all(&stage.regions)?;
        fs::create_dir_all(&stage.storage)?;
        Ok(stage)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What is left there is only ours, and there is nobody to tell.
        let _ = fs::remove_dir_all(&self.regions);
        let _ = fs::remove_dir_all(&self.storage);
    }
}

/// A running daemon.
pub struct Daemon {
    process: Child,
    said: PathBuf,
    region: PathBuf,
}

impl Daemon {
    /// Starts it on a region of its own. Not from a thread: it ends with its starter.
    pub fn start(stage: &Stage, interval_ms: u64) -> Result<Self, Trouble> {
        let number = stage.number.fetch_add(1, Ordering::Relaxed);
        let region = stage.regions.join(number.to_string()).join("v1");
        let said = stage.regions.join(format!("{number}.stderr"));
        let mut command = Command::new(&stage.rstatd);
        command.arg("--shm").arg(&region).args(["--source", stage.source]);
        command.args(["--interval", &interval_ms.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said)?);
        sys::ends_with_us(&mut command);
        Ok(Self { process: command.spawn()?, said, region })
    }

    /// Its region and the first sample in it.
    pub fn first(&mut self) -> Result<(View, Snapshot), Trouble> {
        let began = Instant::now();
        let mut sample = Snapshot::EMPTY;
        while began.elapsed() < GIVE_UP {
            if let Ok(view) = View::open(&self.region, Trust::default())
                && view.snapshot(&mut sample).is_ok()
            {
                return Ok((view, sample));
            }
            if let Some(status) = self.process.try_wait()? {
                let said = fs::read_to_string(&self.said).unwrap_or_default();
                return Err(Trouble::Failed(format!(
                    "the daemon ended, {status}: {}",
                    said.trim()
                )));
            }
            thread::sleep(LOOK);
        }
        Err(Trouble::Failed(format!("no sample in {GIVE_UP:?}")))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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
