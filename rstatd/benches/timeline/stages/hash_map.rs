//! Stages 3 and 4: two system calls for each entry copy the probe's map into a `HashMap` that is
//! new in each sample; serde prints.
//!
//! Stage 4 takes all figures of a thread from the map. Stage 3 takes only CPU time from it.
//! Memory and I/O come from two files below `/proc`, opened, read and closed for each thread.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use rstat_testbed::{sys, truth};

use super::article::{MAX_THREADS, Probe, ThreadStats, look_up, next_key};
use super::figures::{Figures, ppm};
use super::machine::Interval;
use super::output::Output;
use super::process_files::ProcessFiles;
use super::top::Used;
use super::{MachineFiles, Stage, TopLists};

pub struct HashMaps {
    name: &'static str,
    probe: Rc<Probe>,
    /// The files of memory and I/O; `None` where these come from the probe, too.
    files: Option<ProcessFiles>,
    before: HashMap<u32, ThreadStats>,
    machine: MachineFiles,
    interval: Interval,
    cpus: u64,
    page_bytes: u64,
    output: Output,
}

impl HashMaps {
    /// Stage 3.
    pub fn with_files(probe: Rc<Probe>) -> io::Result<Self> {
        Self::new("3 hybrid", probe, Some(ProcessFiles::default()))
    }

    /// Stage 4.
    pub fn alone(probe: Rc<Probe>) -> io::Result<Self> {
        Self::new("4 BPF, entry by entry", probe, None)
    }

    fn new(name: &'static str, probe: Rc<Probe>, files: Option<ProcessFiles>) -> io::Result<Self> {
        Ok(Self {
            name,
            probe,
            files,
            before: HashMap::new(),
            machine: MachineFiles::discover(),
            interval: Interval::default(),
            cpus: truth::cpus().len() as u64,
            page_bytes: sys::page_bytes(),
            output: Output::open()?,
        })
    }
}

impl Stage for HashMaps {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sample(&mut self) -> io::Result<Duration> {
        let elapsed_ns = self.interval.next_ns();
        let mut now = read_map(&self.probe.stats, self.before.len())?;
        let mut top = TopLists::default();
        for (&pid, stats) in &mut now {
            if let Some(files) = &mut self.files {
                // The file's sum stands for both fields, as only the sum is printed.
                stats.read_bytes = files.io_bytes(pid).unwrap_or_default();
                stats.write_bytes = 0;
                stats.rss_pages = files.resident_pages(pid).unwrap_or_default();
            }
            let before = self.before.get(&pid).copied().unwrap_or_default();
            top.offer(&used(pid, stats, &before, self.page_bytes));
        }
        self.before = now;
        let (machine, machine_time) = self.machine.read();
        let cpu_busy_ppm = ppm(top.busy_ns, elapsed_ns * self.cpus);
        self.output.print(cpu_busy_ppm, machine, &top, elapsed_ns)?;
        Ok(machine_time)
    }

    fn figures(&self) -> io::Result<Figures> {
        self.output.figures()
    }
}

/// Reads the probe's map an entry at a time.
fn read_map(map: &OwnedFd, usual: usize) -> io::Result<HashMap<u32, ThreadStats>> {
    let mut all = HashMap::with_capacity(usual);
    let mut key = next_key(map, None)?;
    // The kernel begins again after a key that was deleted meanwhile: the bound ends the loop.
    for _ in 0..2 * MAX_THREADS {
        let Some(pid) = key else { break };
        let mut stats = ThreadStats::default();
        if look_up(map, pid, &mut stats)? {
            all.insert(pid, stats);
        }
        key = next_key(map, Some(&pid))?;
    }
    Ok(all)
}

/// What a thread used between two samples.
pub fn used(pid: u32, now: &ThreadStats, before: &ThreadStats, page_bytes: u64) -> Used {
    let io_bytes = |stats: &ThreadStats| stats.read_bytes + stats.write_bytes;
    Used {
        pid,
        comm: now.comm,
        // Another thread may have the number by now, with smaller counts.
        busy_ns: now.busy_ns.saturating_sub(before.busy_ns),
        rss_bytes: now.rss_pages * page_bytes,
        io_bytes: io_bytes(now).saturating_sub(io_bytes(before)),
    }
}
