//! The daemon's tick with all sources due, published in the bench's own region, on which no
//! reader waits.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use rstat_shm::trust::Trust;
use rstat_shm::{View, Writer};
use rstatd::backend::{Backend, Choice};
use rstatd::daemon::publish;
use rstatd::monitor::{Monitor, Stages};
use rstatd::source::Root;

/// The time between samples that the region states.
const PERIOD: Duration = Duration::from_secs(1);

pub struct Daemon {
    monitor: Monitor,
    writer: Writer,
}

impl Daemon {
    /// Opens a source of CPUs and processes and makes a region, returned with a view of it. With
    /// the probe the calling thread gets a low real-time priority.
    pub fn start(source: Choice) -> io::Result<(Self, View)> {
        let directory = PathBuf::from(format!("/dev/shm/rstat-tick.{}", process::id()));
        fs::create_dir(&directory)?;
        let path = directory.join("v1");
        let writer = Writer::open(&path).map_err(io::Error::other);
        let view = View::open(&path, Trust::default()).map_err(io::Error::other);
        // Writer and view are mapped already: no file stays behind however this process ends.
        fs::remove_dir_all(&directory)?;
        let backend = Backend::open(source, None, &Root::default(), &mut ignore);
        let mut monitor = Monitor::new(backend.map_err(io::Error::other)?, &Root::default());
        monitor.sources().read_at_every_tick();
        Ok((Self { monitor, writer: writer? }, view?))
    }

    /// One tick.
    pub fn sample(&mut self) -> Stages {
        let (sample, stages) = self.monitor.sample(&mut ignore);
        publish(sample, &mut self.writer, PERIOD, None);
        stages
    }
}

/// Drops the reports of sources that come or go.
fn ignore(_: &str) {}
