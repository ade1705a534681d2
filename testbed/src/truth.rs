//! The kernel's own figures, which tests compare with the daemon's.

use std::fs;
use std::time::{Duration, Instant};

use crate::sys;

/// Nanoseconds of a tick, the kernel's unit for times in `/proc`. `USER_HZ` is 100 on every
/// supported machine.
pub const TICK_NS: u64 = 10_000_000;
const PF_KTHREAD: u64 = 0x0020_0000;

/// The time of all CPUs together since boot, from `/proc/stat`.
#[derive(Clone, Copy)]
pub struct Ticks {
    at: Instant,
    /// In the kernel's ticks.
    idle: u64,
    /// In the kernel's ticks.
    stolen: u64,
    cpus: u64,
}

impl Ticks {
    /// Reads the times as of now.
    pub fn read() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let at = Instant::now();
        let first = text.lines().next().unwrap_or_default();
        let ticks: Vec<u64> =
            first.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let column = |number: usize| ticks.get(number).copied().unwrap_or_default();
        Self {
            at,
            // The columns "idle" and "iowait": the CPU does nothing in both.
            idle: column(3) + column(4),
            stolen: column(7),
            cpus: cpus_of(&text).len() as u64,
        }
    }

    /// The time between two readings.
    pub fn elapsed_since(&self, before: &Self) -> Duration {
        self.at - before.at
    }

    /// The share of all CPUs' time that was not idle since `before`, in percent. The sum of
    /// the other columns would be wrong: in a virtual machine it grows faster than time.
    pub fn busy_percent_since(&self, before: &Self) -> f64 {
        100.0 - self.percent(self.idle.saturating_sub(before.idle), before)
    }

    /// The share that a hypervisor took, in percent. Busy time contains that share, the
    /// kernel's times of processes do not.
    pub fn steal_percent_since(&self, before: &Self) -> f64 {
        self.percent(self.stolen.saturating_sub(before.stolen), before)
    }

    fn percent(&self, ticks: u64, before: &Self) -> f64 {
        let wall_ns = self.elapsed_since(before).as_nanos() as f64 * self.cpus as f64;
        100.0 * (ticks * TICK_NS) as f64 / wall_ns
    }
}

/// What each CPU did since boot.
pub struct CpuTimes {
    at: Instant,
    /// Each CPU's number, idle time, and time of tasks.
    each: Vec<(u32, u64, u64)>,
}

/// What a CPU did between two readings, percent.
#[derive(Clone, Copy)]
pub struct Share {
    /// All that is not idle time by `/proc/stat`. On a CPU that comes and goes from
    /// idle it has interrupts in it and the way in and out: little on real machines,
    /// several percent on emulated ones.
    pub not_idle: f64,
    /// Time of tasks that have left the CPU, by `/proc/schedstat`: what the scheduler
    /// knows of, to the nanosecond. Its clock goes on for a part of the time that the
    /// machine is suspended.
    pub tasks: f64,
}

impl Share {
    /// The most that can have been busy. Kernels after 7.0 count idle time in whole ticks
    /// as long as the tick goes on, and so count too much of it at times; time of tasks
    /// is never idle time.
    pub fn most(&self) -> f64 {
        self.not_idle.max(self.tasks.min(100.0))
    }
}

impl CpuTimes {
    /// As of now. A kernel without `/proc/schedstat` has no time of tasks.
    pub fn read() -> Self {
        let at = Instant::now();
        // Column 4 of proc_stat(5) is idle, 5 is waiting for storage: nothing runs in both.
        let idle = each_cpu("/proc/stat", |columns| (columns[3] + columns[4]) * TICK_NS);
        // Column 7 of Documentation/scheduler/sched-stats.rst.
        let tasks = each_cpu("/proc/schedstat", |columns| columns[6]);
        let of = |cpu| tasks.iter().find(|(other, _)| *other == cpu).map_or(0, |(_, ns)| *ns);
        let each = idle.into_iter().map(|(cpu, idle_ns)| (cpu, idle_ns, of(cpu))).collect();
        Self { at, each }
    }

    /// Each CPU that was there then and now, by its number, with what it did since `before`.
    pub fn since(&self, before: &Self) -> Vec<(u32, Share)> {
        let wall_ns = (self.at - before.at).as_nanos() as f64;
        let percent = |now: u64, before: u64| 100.0 * now.saturating_sub(before) as f64 / wall_ns;
        let share = |(cpu, idle_ns, task_ns): &(u32, u64, u64)| {
            let (_, idle_before_ns, task_before_ns) =
                before.each.iter().find(|(other, ..)| other == cpu)?;
            let not_idle = 100.0 - percent(*idle_ns, *idle_before_ns);
            Some((*cpu, Share { not_idle, tasks: percent(*task_ns, *task_before_ns) }))
        };
        self.each.iter().filter_map(share).collect()
    }
}

/// A value for each line `cpuN`, from the numbers behind.
fn each_cpu(path: &str, value: fn(&[u64]) -> u64) -> Vec<(u32, u64)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("cpu"));
    let parse = |line: &str| {
        let mut words = line.split(' ');
        // Without a number behind the name it is the line of all CPUs.
        let cpu = words.next()?.parse().ok()?;
        let columns: Vec<u64> = words.map_while(|column| column.parse().ok()).collect();
        (columns.len() > 6).then(|| (cpu, value(&columns)))
    };
    lines.filter_map(parse).collect()
}

/// The numbers of all online CPUs.
pub fn cpus() -> Vec<u32> {
    cpus_of(&fs::read_to_string("/proc/stat").unwrap_or_default())
}

fn cpus_of(stat: &str) -> Vec<u32> {
    let lines = stat.lines().filter_map(|line| line.strip_prefix("cpu"));
    lines.filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
}

/// The highest number of an online CPU.
pub fn last_cpu() -> u32 {
    cpus().last().copied().unwrap_or_default()
}

/// The fields of `/proc/PID/stat` that tests compare.
pub struct Stat {
    /// The process id.
    pub pid: u32,
    /// The name of the process.
    pub comm: String,
    /// The state of the first thread, or of the one thread that was read, as a letter.
    pub state: char,
    /// The process id of the parent.
    pub parent: u32,
    /// Whether the process is a kernel thread.
    pub is_kernel_thread: bool,
    /// User and system time of all threads, nanoseconds.
    pub cpu_ns: u64,
    /// User and system time of all children that were waited for, nanoseconds.
    pub children_ns: u64,
}

impl Stat {
    /// Reads the figures of a process; `None` if the process is gone.
    pub fn read(pid: u32) -> Option<Self> {
        Self::parse(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(pid: u32, text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let (head, tail) = text.rsplit_once(") ")?;
        let (_, comm) = head.split_once(" (")?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        // Fields have the numbers of proc_pid_stat(5): the state behind the name is field 3.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            pid,
            comm: comm.to_owned(),
            state: fields.first()?.chars().next()?,
            parent: field(4)? as u32,
            is_kernel_thread: field(9)? & PF_KTHREAD != 0,
            cpu_ns: (field(14)? + field(15)?) * TICK_NS,
            children_ns: (field(16)? + field(17)?) * TICK_NS,
        })
    }

    /// Reads the figures of all processes.
    pub fn all() -> Vec<Self> {
        pids().into_iter().filter_map(Self::read).collect()
    }
}

/// CPU time of a process's first thread to the nanosecond, from `/proc/PID/schedstat`. A
/// kernel without `CONFIG_SCHED_INFO` lacks that file; there the time comes in ticks from
/// `/proc/PID/stat`.
pub fn first_thread_ns(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    let first = text.split(' ').next().and_then(|number| number.parse().ok());
    first.unwrap_or_else(|| cpu_ns(pid))
}

/// CPU time of a process; 0 when the process is gone.
pub fn cpu_ns(pid: u32) -> u64 {
    Stat::read(pid).map_or(0, |stat| stat.cpu_ns)
}

/// The states of all threads of a process, as letters; empty when the process is gone.
pub fn states(pid: u32) -> Vec<char> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let stat = |thread: fs::DirEntry| fs::read(thread.path().join("stat")).ok();
    threads.filter_map(|thread| Some(Stat::parse(pid, &stat(thread.ok()?)?)?.state)).collect()
}

/// How often the first thread of a process went to sleep or was preempted.
pub fn switches(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let counts = text.lines().filter_map(|line| line.split_once("ctxt_switches:"));
    counts.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum()
}

/// All process ids in `/proc`.
pub fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// Resident memory, from `/proc/PID/statm`; `None` when the process is gone.
pub fn rss_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    Some(text.split(' ').nth(1)?.parse::<u64>().ok()? * sys::page_bytes())
}

/// `MemAvailable` of `/proc/meminfo`, bytes.
pub fn available_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Bytes that a process made storage deliver and take, from `/proc/PID/io`. `None` where the
/// kernel does not count these bytes.
pub fn io_bytes(pid: u32) -> Option<[u64; 2]> {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let value = |name| text.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
    Some([value("read_bytes: ")?, value("write_bytes: ")?])
}

#[cfg(test)]
mod tests {
    use super::{Stat, TICK_NS};

    #[test]
    fn a_name_may_look_like_what_follows_it() {
        let text = b"7 (a) Z 1 (b)) D 5 7 7 0 -1 2129984 0 0 0 0 3 4 5 6 20 0 1 0 9 0 0";
        let stat = Stat::parse(7, text).unwrap();
        assert_eq!((&*stat.comm, stat.state, stat.parent), ("a) Z 1 (b)", 'D', 5));
        assert!(stat.is_kernel_thread);
        assert_eq!((stat.cpu_ns, stat.children_ns), (7 * TICK_NS, 11 * TICK_NS));
    }
}
