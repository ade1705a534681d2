//! What the kernel says of itself and of each CPU.

use std::fs;
use std::time::Instant;

use rstat_testbed::truth::TICK_NS;

/// Such as `6.1.0-40-cloud-amd64`.
pub fn release() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("read /proc");
    release.trim().to_owned()
}

/// Its first two numbers.
pub fn version() -> (u32, u32) {
    let release = release();
    let mut numbers = release.split(['.', '-', '+']).map_while(|number| number.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// What each CPU did since boot.
pub struct CpuTimes {
    at: Instant,
    idle_ns: Vec<u64>,
    task_ns: Vec<u64>,
}

/// What a CPU did between two readings, percent.
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
    /// is none, whatever they say.
    pub fn most(&self) -> f64 {
        self.not_idle.max(self.tasks.min(100.0))
    }
}

impl CpuTimes {
    pub fn read() -> Self {
        Self {
            at: Instant::now(),
            // Column 4 of proc_stat(5) is idle, 5 is waiting for storage: nothing runs in both.
            idle_ns: each_cpu("/proc/stat", |columns| (columns[3] + columns[4]) * TICK_NS),
            // Column 7 of Documentation/scheduler/sched-stats.rst.
            task_ns: each_cpu("/proc/schedstat", |columns| columns[6]),
        }
    }

    /// The share of each CPU since `before`.
    pub fn since(&self, before: &Self) -> Vec<Share> {
        let wall_ns = (self.at - before.at).as_nanos() as f64;
        let percent = |now: u64, before: u64| 100.0 * (now - before) as f64 / wall_ns;
        let share = |now: &[u64], before: &[u64], cpu: usize| percent(now[cpu], before[cpu]);
        (0..self.idle_ns.len())
            .map(|cpu| Share {
                not_idle: 100.0 - share(&self.idle_ns, &before.idle_ns, cpu),
                tasks: share(&self.task_ns, &before.task_ns, cpu),
            })
            .collect()
    }
}

/// A value for each line `cpuN`, from the numbers behind.
fn each_cpu(path: &str, value: fn(&[u64]) -> u64) -> Vec<u64> {
    let text = fs::read_to_string(path).expect("read /proc");
    let lines = text.lines().filter_map(|line| line.strip_prefix("cpu"));
    // Without a number behind the name it is the line of all CPUs.
    lines
        .filter(|line| !line.starts_with(' '))
        .map(|line| {
            let columns = line.split(' ').skip(1).map_while(|column| column.parse().ok());
            value(&columns.collect::<Vec<u64>>())
        })
        .collect()
}
