//! What the kernel says of itself, where the test's own processes are asked for: they
//! are there.

pub use rstat_testbed::truth::{Stat, TICK_NS, Ticks, cpus, io_bytes, states, switches};

/// Resident memory, by `/proc/PID/statm`.
#[track_caller]
pub fn rss_bytes(pid: u32) -> u64 {
    rstat_testbed::truth::rss_bytes(pid).unwrap()
}

/// How many processes there are: the numbers in `/proc`.
pub fn processes() -> u32 {
    rstat_testbed::truth::pids().len() as u32
}
