//! The cases: each starts its load, measures, and ends what it has started.

mod cpu;
mod crowds;
mod hotplug;
mod memory;
mod storage;

use crate::daemon::Stage;
use crate::finding::{Finding, Trouble};

/// Points of all CPUs that may lie between the daemon and the kernel's idle time.
pub const SYSTEM_POINTS: f64 = 1.0;
/// The same while processes come and go.
pub const STORM_POINTS: f64 = 1.5;
/// Percent of a process's CPU time.
pub const PROCESS_PERCENT: f64 = 2.0;

type Case = fn(&Stage) -> Result<Vec<Finding>, Trouble>;

/// Each by its name, in the order in which they are run.
pub const CASES: [(&str, Case); 13] = [
    ("idle", cpu::idle),
    ("first second", cpu::first_second),
    ("busy loop", cpu::busy_loop),
    ("5 s interval", cpu::long_interval),
    ("threads", cpu::threads),
    ("stress-ng cpu", cpu::stress),
    ("real-time", cpu::real_time),
    ("fork storm", crowds::storm),
    ("kernel threads", crowds::kernel_threads),
    ("2,500 processes", crowds::crowd),
    ("CPU hotplug", hotplug::hotplug),
    ("memory", memory::memory),
    ("storage", storage::storage),
];
