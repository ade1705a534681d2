//! rstat as it is: the daemon's tick, published in a region of the bench's own.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rstat_shm::snapshot::{self, Snapshot};
use rstat_shm::trust::Trust;
use rstat_shm::{View, Writer};
use rstatd::backend::{Backend, Choice};
use rstatd::daemon::publish;
use rstatd::monitor::Monitor;
use rstatd::source::Root;

use super::Stage;
use super::figures::{Figures, Machine, Process};

/// What the region says of the time between samples; nobody waits for it.
const PERIOD: Duration = Duration::from_secs(1);

pub struct Rstat {
    monitor: Monitor,
    writer: Writer,
    view: View,
}

impl Rstat {
    /// Loads the probe. The thread that calls this gets a low real-time priority.
    pub fn new() -> io::Result<Self> {
        let directory = PathBuf::from(format!("/dev/shm/rstat-timeline.{}", std::process::id()));
        fs::create_dir(&directory)?;
        let path = directory.join("v1");
        let opened = Writer::open(&path).map_err(io::Error::other).and_then(|writer| {
            let view = View::open(&path, Trust::default()).map_err(io::Error::other)?;
            Ok((writer, view))
        });
        // Both are mapped: nothing stays behind however this process ends.
        fs::remove_dir_all(&directory)?;
        let (writer, view) = opened?;
        let backend = Backend::open(Choice::Bpf, None, &Root::default(), &mut ignore);
        let mut monitor = Monitor::new(backend.map_err(io::Error::other)?, &Root::default());
        monitor.sources().read_at_every_tick();
        Ok(Self { monitor, writer, view })
    }
}

/// A source that comes or goes in a bench is none of its business.
fn ignore(_: &str) {}

impl Stage for Rstat {
    fn name(&self) -> &'static str {
        "6 rstat"
    }

    fn sample(&mut self) -> io::Result<Duration> {
        let (sample, stages) = self.monitor.sample(&mut ignore);
        publish(sample, &mut self.writer, PERIOD, None);
        Ok(Duration::from_nanos(stages.sysfs_ns))
    }

    fn figures(&self) -> io::Result<Figures> {
        let mut sample = Snapshot::EMPTY;
        let unread = |error| io::Error::other(format!("read the region: {error:?}"));
        self.view.snapshot(&mut sample).map_err(unread)?;
        let rows = |list: &[snapshot::Process], amount: fn(&snapshot::Process) -> u64| {
            let some = list.iter().take_while(|row| row.count > 0);
            let row = |row: &snapshot::Process| Process {
                pid: row.pid,
                comm: String::from_utf8_lossy(row.comm.bytes()).into_owned(),
                amount: amount(row),
            };
            some.map(row).collect()
        };
        Ok(Figures {
            cpu_busy_ppm: sample.cpu_busy_ppm,
            machine: Machine {
                memory_total_bytes: Some(sample.memory_total_bytes),
                memory_available_bytes: Some(sample.memory_available_bytes),
                memory_cached_bytes: Some(sample.memory_cached_bytes),
                swap_total_bytes: Some(sample.swap_total_bytes),
                swap_used_bytes: Some(sample.swap_used_bytes),
                load_1m_milli: Some(sample.load_1m_milli),
                load_5m_milli: Some(sample.load_5m_milli),
                load_15m_milli: Some(sample.load_15m_milli),
                disk_read_bytes_per_s: Some(sample.disk_read_bytes_per_s),
                disk_write_bytes_per_s: Some(sample.disk_write_bytes_per_s),
                ..Machine::default()
            },
            processes: sample.processes,
            top_cpu: rows(&sample.top_cpu, |row| row.cpu_ppm.into()),
            top_memory: rows(&sample.top_memory, |row| row.rss_bytes),
            top_io: rows(&sample.top_io, |row| row.read_bytes_per_s + row.write_bytes_per_s),
        })
    }
}
