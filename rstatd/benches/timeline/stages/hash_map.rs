//! Stage 4: all of a thread from the probe's map, an entry at a time with two system
//! calls, into a `HashMap` that is new in each sample; serde prints.

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
use super::top::Used;
use super::{MachineFiles, Stage, TopLists};

pub struct HashMaps {
    probe: Rc<Probe>,
    before: HashMap<u32, ThreadStats>,
    machine: MachineFiles,
    interval: Interval,
    cpus: u64,
    page_bytes: u64,
    output: Output,
}

impl HashMaps {
    pub fn new(probe: Rc<Probe>) -> io::Result<Self> {
        Ok(Self {
            probe,
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
        "4 BPF, entry by entry"
    }

    fn sample(&mut self) -> io::Result<Duration> {
        let elapsed_ns = self.interval.next_ns();
        let now = read_map(&self.probe.stats, self.before.len())?;
        let mut top = TopLists::default();
        for (pid, stats) in &now {
            let before = self.before.get(pid).copied().unwrap_or_default();
            top.offer(&used(*pid, stats, &before, self.page_bytes));
        }
        self.before = now;
        let (machine, machine_time) = self.machine.read();
        let cpu_busy_ppm = ppm(top.busy_ns, elapsed_ns * self.cpus);
        self.output.tell(cpu_busy_ppm, machine, &top, elapsed_ns)?;
        Ok(machine_time)
    }

    fn figures(&self) -> io::Result<Figures> {
        self.output.figures()
    }
}

/// Reads the probe's map, an entry at a time.
pub fn read_map(map: &OwnedFd, usual: usize) -> io::Result<HashMap<u32, ThreadStats>> {
    let mut all = HashMap::with_capacity(usual);
    let mut key = next_key(map, None)?;
    // After a key that has gone meanwhile the kernel begins again: the bound ends that.
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

/// What a thread used between two looks at it.
pub fn used(pid: u32, now: &ThreadStats, before: &ThreadStats, page_bytes: u64) -> Used {
    let io_bytes = |stats: &ThreadStats| stats.read_bytes + stats.write_bytes;
    Used {
        pid,
        comm: now.comm,
        // A number that is another thread's by now has counted less.
        busy_ns: now.busy_ns.saturating_sub(before.busy_ns),
        rss_bytes: now.rss_pages * page_bytes,
        io_bytes: io_bytes(now).saturating_sub(io_bytes(before)),
    }
}
