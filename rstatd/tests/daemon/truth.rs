//! What the kernel says of itself, to hold the daemon's figures against.

use std::fs;
use std::time::Instant;

use crate::stage::numeric;

/// `USER_HZ`, in which the kernel tells times, is 100 on every machine we serve.
pub const TICK_NS: u64 = 10_000_000;
const PF_KTHREAD: u64 = 0x0020_0000;

/// What the CPUs together did since boot.
#[derive(Clone, Copy)]
pub struct Ticks {
    at: Instant,
    /// In the kernel's ticks, as is the next.
    idle: u64,
    stolen: u64,
    cpus: u64,
}

impl Ticks {
    pub fn read() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap();
        let first = text.lines().next().unwrap();
        let ticks: Vec<u64> = first.split_whitespace().filter_map(numeric).collect();
        Self {
            at: Instant::now(),
            // Idle and waiting for storage: the CPU does nothing in both.
            idle: ticks[3] + ticks[4],
            stolen: ticks[7],
            cpus: cpus().len() as u64,
        }
    }

    /// Share of all CPUs that was not idle since `before`, in percent. Not the
    /// sum of the other columns: in a virtual machine that runs ahead of time.
    pub fn busy_percent_since(&self, before: &Self) -> f64 {
        100.0 * (1.0 - self.share(self.idle - before.idle, before))
    }

    /// Share that a hypervisor took, in percent: it is part of what we call busy,
    /// and no part of what the kernel says that processes used.
    pub fn steal_percent_since(&self, before: &Self) -> f64 {
        100.0 * self.share(self.stolen - before.stolen, before)
    }

    fn share(&self, ticks: u64, before: &Self) -> f64 {
        let wall_ns = (self.at - before.at).as_nanos() as f64;
        (ticks * TICK_NS) as f64 / (wall_ns * self.cpus as f64)
    }
}

/// The numbers of the CPUs that are online.
pub fn cpus() -> Vec<u32> {
    let text = fs::read_to_string("/proc/stat").unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("cpu"));
    lines.filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
}

/// `/proc/PID/stat`, as far as we compare it.
pub struct Stat {
    pub comm: String,
    pub is_kernel_thread: bool,
    /// User and system time of all threads.
    pub cpu_ns: u64,
    /// The same of all children that were waited for.
    pub children_ns: u64,
}

impl Stat {
    /// Nothing, if the process is gone.
    pub fn read(pid: u32) -> Option<Self> {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let text = String::from_utf8_lossy(&text);
        let (head, tail) = text.rsplit_once(") ")?;
        let (_, comm) = head.split_once(" (")?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        // Numbers of proc_pid_stat(5), where the state behind the name is field 3.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            comm: comm.to_owned(),
            is_kernel_thread: field(9)? & PF_KTHREAD != 0,
            cpu_ns: (field(14)? + field(15)?) * TICK_NS,
            children_ns: (field(16)? + field(17)?) * TICK_NS,
        })
    }
}

/// Resident memory, by `/proc/PID/statm`.
pub fn rss_bytes(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    let pages: u64 = text.split(' ').nth(1).and_then(numeric).unwrap();
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let page = smaps.lines().find_map(|line| line.strip_prefix("KernelPageSize:")).unwrap();
    pages * page.split_whitespace().next().and_then(numeric).unwrap() * 1024
}

/// How often the first thread of a process went to sleep or had to let others run.
pub fn switches(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let counts = text.lines().filter_map(|line| line.split_once("ctxt_switches:"));
    counts.filter_map(|(_, count)| numeric(count)).sum()
}

/// Bytes that a process made storage deliver and take, by `/proc/PID/io`;
/// nothing where the kernel does not count them.
pub fn io_bytes(pid: u32) -> Option<[u64; 2]> {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let value = |name| text.lines().find_map(|line| numeric(line.strip_prefix(name)?));
    Some([value("read_bytes: ")?, value("write_bytes: ")?])
}

/// How many processes there are: the numbers in `/proc`.
pub fn processes() -> u32 {
    let entries = fs::read_dir("/proc").unwrap();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| numeric(name).is_some()).count() as u32
}
