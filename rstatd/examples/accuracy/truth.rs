//! What the kernel says of itself, to hold the daemon's figures against.

use std::fs;
use std::time::{Duration, Instant};

use crate::sys;

/// `USER_HZ`, in which the kernel tells times, is 100 on every machine we serve.
pub const TICK_NS: u64 = 10_000_000;
const PF_KTHREAD: u64 = 0x0020_0000;

/// What the CPUs together did since boot, and some processes since their start.
#[derive(Clone)]
pub struct Moment {
    at: Instant,
    /// In the kernel's ticks, as is the next.
    idle: u64,
    stolen: u64,
    cpus: u64,
    /// CPU time of the processes that were asked for, in their order.
    pub processes_ns: Vec<u64>,
}

impl Moment {
    /// Reads `/proc/stat`, then what `processes` says of processes.
    pub fn read(processes: impl FnOnce() -> Vec<u64>) -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let at = Instant::now();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let ticks: Vec<u64> =
            first.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let column = |number: usize| ticks.get(number).copied().unwrap_or_default();
        Self {
            at,
            // Idle and waiting for storage: the CPU does nothing in both.
            idle: column(3) + column(4),
            stolen: column(7),
            cpus: lines.filter(|line| line.starts_with("cpu")).count() as u64,
            processes_ns: processes(),
        }
    }

    pub fn elapsed_since(&self, before: &Self) -> Duration {
        self.at - before.at
    }

    /// Share of all CPUs that was not idle since `before`, in percent. Not the
    /// sum of the other columns: in a virtual machine that runs ahead of time.
    pub fn busy_percent_since(&self, before: &Self) -> f64 {
        let wall_ns = self.elapsed_since(before).as_nanos() as f64 * self.cpus as f64;
        let idle_ns = self.idle.saturating_sub(before.idle) * TICK_NS;
        100.0 * (1.0 - idle_ns as f64 / wall_ns)
    }

    /// Time that a hypervisor took of all CPUs.
    pub fn stolen_ns_since(&self, before: &Self) -> u64 {
        self.stolen.saturating_sub(before.stolen) * TICK_NS
    }

    /// The same as a share of all CPUs, in percent.
    pub fn stolen_percent_since(&self, before: &Self) -> f64 {
        let wall_ns = self.elapsed_since(before).as_nanos() as f64 * self.cpus as f64;
        100.0 * self.stolen_ns_since(before) as f64 / wall_ns
    }
}

/// `/proc/PID/stat`, as far as we compare it.
pub struct Stat {
    pub pid: u32,
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
            pid,
            comm: comm.to_owned(),
            is_kernel_thread: field(9)? & PF_KTHREAD != 0,
            cpu_ns: (field(14)? + field(15)?) * TICK_NS,
            children_ns: (field(16)? + field(17)?) * TICK_NS,
        })
    }

    /// All that are there.
    pub fn all() -> Vec<Self> {
        pids().into_iter().filter_map(Self::read).collect()
    }
}

/// CPU time of a process; 0 when it is gone.
pub fn cpu_ns(pid: u32) -> u64 {
    Stat::read(pid).map_or(0, |stat| stat.cpu_ns)
}

/// The numbers in `/proc`.
pub fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// Resident memory, by `/proc/PID/statm`.
pub fn rss_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    Some(text.split(' ').nth(1)?.parse::<u64>().ok()? * sys::page_bytes())
}

/// `MemAvailable` of `/proc/meminfo`.
pub fn available_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Bytes that a process made storage deliver and take, by `/proc/PID/io`;
/// nothing where the kernel does not count them.
pub fn io_bytes(pid: u32) -> Option<[u64; 2]> {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let value = |name| text.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
    Some([value("read_bytes: ")?, value("write_bytes: ")?])
}

/// Numbers of the CPUs that are online.
pub fn cpus() -> Vec<usize> {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("cpu"));
    lines.filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
}
