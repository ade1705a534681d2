//! Stage 3: CPU time from the probe's map, an entry at a time; memory and I/O of each
//! thread in it from `/proc`, two files opened, read and closed for each.

use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use rstat_testbed::{sys, truth};

use super::article::{Probe, ThreadStats};
use super::figures::{Figures, ppm};
use super::hash_map::read_map;
use super::machine::Interval;
use super::output::Output;
use super::process_files::ProcessFiles;
use super::top::Used;
use super::{MachineFiles, Stage, TopLists};

pub struct Hybrid {
    probe: Rc<Probe>,
    before: HashMap<u32, ThreadStats>,
    files: ProcessFiles,
    machine: MachineFiles,
    interval: Interval,
    cpus: u64,
    page_bytes: u64,
    output: Output,
}

impl Hybrid {
    pub fn new(probe: Rc<Probe>) -> io::Result<Self> {
        Ok(Self {
            probe,
            before: HashMap::new(),
            files: ProcessFiles::default(),
            machine: MachineFiles::discover(),
            interval: Interval::default(),
            cpus: truth::cpus().len() as u64,
            page_bytes: sys::page_bytes(),
            output: Output::open()?,
        })
    }
}

impl Stage for Hybrid {
    fn name(&self) -> &'static str {
        "3 hybrid"
    }

    fn sample(&mut self) -> io::Result<Duration> {
        let elapsed_ns = self.interval.next_ns();
        let mut now = read_map(&self.probe.stats, self.before.len())?;
        let mut top = TopLists::default();
        for (&pid, stats) in &mut now {
            // In place of what the probe has of it.
            stats.read_bytes = self.files.io_bytes(pid).unwrap_or_default();
            let before = self.before.get(&pid).copied().unwrap_or_default();
            top.offer(&Used {
                pid,
                comm: stats.comm,
                busy_ns: stats.busy_ns.saturating_sub(before.busy_ns),
                rss_bytes: self.files.resident_pages(pid).unwrap_or_default() * self.page_bytes,
                io_bytes: stats.read_bytes.saturating_sub(before.read_bytes),
            });
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
