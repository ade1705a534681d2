//! Stage 6: rstat's own tick, published in the bench's own region.

use std::io;
use std::time::Duration;

use rstat_shm::View;
use rstat_shm::snapshot::{self, Snapshot};
use rstatd::backend::Choice;

use super::Stage;
use super::daemon::Daemon;
use super::figures::{Figures, Machine, Process};

pub struct Rstat {
    daemon: Daemon,
    view: View,
}

impl Rstat {
    pub fn new() -> io::Result<Self> {
        let (daemon, view) = Daemon::start(Choice::Bpf)?;
        Ok(Self { daemon, view })
    }
}

impl Stage for Rstat {
    fn name(&self) -> &'static str {
        "6 rstat"
    }

    fn sample(&mut self) -> io::Result<Duration> {
        Ok(Duration::from_nanos(self.daemon.sample().sysfs_ns))
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
