//! Stage 2: Rust over `/proc`. `/proc/stat` is held open. Three files of each process are
//! opened, read and closed. serde prints.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use rstat_testbed::sys;
use rstat_testbed::truth::TICK_NS;

use super::figures::{Figures, ppm};
use super::machine::Interval;
use super::output::Output;
use super::process_files::{ProcessFiles, number};
use super::top::Used;
use super::{MachineFiles, Stage, TopLists};

const STAT_BYTES: usize = 1 << 16;

pub struct Proc {
    stat: File,
    text: Vec<u8>,
    idle_ns: u64,
    files: ProcessFiles,
    /// CPU time and I/O bytes of each process at the last sample.
    before: HashMap<u32, [u64; 2]>,
    machine: MachineFiles,
    interval: Interval,
    page_bytes: u64,
    output: Output,
}

impl Proc {
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            stat: File::open("/proc/stat")?,
            text: vec![0; STAT_BYTES],
            idle_ns: 0,
            files: ProcessFiles::default(),
            before: HashMap::new(),
            machine: MachineFiles::discover(),
            interval: Interval::default(),
            page_bytes: sys::page_bytes(),
            output: Output::open()?,
        })
    }

    /// The idle time of all CPUs since the last call, and the number of CPUs.
    fn idle(&mut self) -> io::Result<(u64, u64)> {
        let length = self.stat.read_at(&mut self.text, 0)?;
        let mut lines = self.text[..length].split(|&byte| byte == b'\n');
        let malformed = || io::Error::other("read /proc/stat: malformed line");
        let mut columns = lines.next().ok_or_else(malformed)?.split(|&byte| byte == b' ');
        // `cpu  USER NICE SYSTEM IDLE IOWAIT …`
        let mut column = |skip| columns.nth(skip).and_then(number).ok_or_else(malformed);
        let idle_ns = (column(5)? + column(0)?) * TICK_NS;
        let since_ns = idle_ns.saturating_sub(self.idle_ns);
        self.idle_ns = idle_ns;
        Ok((since_ns, lines.take_while(|line| line.starts_with(b"cpu")).count() as u64))
    }

    fn walk(&mut self) -> io::Result<TopLists> {
        let mut top = TopLists::default();
        let mut now = HashMap::with_capacity(self.before.len());
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            let Some(stat) = self.files.stat(pid) else { continue };
            let busy_ns = stat.cpu_ticks * TICK_NS;
            let io_bytes = self.files.io_bytes(pid).unwrap_or_default();
            let [busy_before_ns, io_before] = self.before.get(&pid).copied().unwrap_or_default();
            top.offer(&Used {
                pid,
                comm: stat.comm,
                busy_ns: busy_ns.saturating_sub(busy_before_ns),
                rss_bytes: self.files.resident_pages(pid).unwrap_or_default() * self.page_bytes,
                io_bytes: io_bytes.saturating_sub(io_before),
            });
            now.insert(pid, [busy_ns, io_bytes]);
        }
        self.before = now;
        Ok(top)
    }
}

impl Stage for Proc {
    fn name(&self) -> &'static str {
        "2 Rust over /proc"
    }

    fn sample(&mut self) -> io::Result<Duration> {
        let elapsed_ns = self.interval.next_ns();
        let (idle_ns, cpus) = self.idle()?;
        let top = self.walk()?;
        let (machine, machine_time) = self.machine.read();
        let whole_ns = elapsed_ns * cpus;
        let cpu_busy_ppm = ppm(whole_ns.saturating_sub(idle_ns), whole_ns);
        self.output.print(cpu_busy_ppm, machine, &top, elapsed_ns)?;
        Ok(machine_time)
    }

    fn figures(&self) -> io::Result<Figures> {
        self.output.figures()
    }
}
