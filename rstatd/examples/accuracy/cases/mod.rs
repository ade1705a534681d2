//! The cases: each starts its load, measures, and ends what it has started.

mod cpu;
mod crowds;
mod hotplug;
mod memory;
mod storage;
mod stuck;

use crate::daemon::Stage;
use crate::finding::{Finding, Trouble};

/// Points of all CPUs that may lie between the daemon and the kernel's idle time.
pub const SYSTEM_POINTS: f64 = 1.0;
/// The same while processes come and go.
pub const STORM_POINTS: f64 = 1.5;
/// Percent of a process's CPU time.
pub const PROCESS_PERCENT: f64 = 2.0;

/// One case, by the name of its load.
pub struct Case {
    pub name: &'static str,
    pub run: fn(&Stage) -> Result<Vec<Finding>, Trouble>,
    /// Whether it is left out of a brief run: what it shows, others show as well, or
    /// it takes a minute.
    pub is_extra: bool,
}

const fn case(name: &'static str, run: fn(&Stage) -> Result<Vec<Finding>, Trouble>) -> Case {
    Case { name, run, is_extra: false }
}

/// In the order in which they are run.
pub const CASES: [Case; 16] = [
    case("idle", cpu::idle),
    case("first second", cpu::first_second),
    case("busy loop", cpu::busy_loop),
    case("5 s interval", cpu::long_interval),
    Case { is_extra: true, ..case("60 s interval", cpu::longest_interval) },
    case("threads", cpu::threads),
    Case { is_extra: true, ..case("stress-ng cpu", cpu::stress) },
    case("real-time", cpu::real_time),
    case("fork storm", crowds::storm),
    case("kernel threads", crowds::kernel_threads),
    case("2,500 processes", crowds::crowd),
    case("blocked, zombie", stuck::stuck),
    case("CPU hotplug", hotplug::hotplug),
    case("memory", memory::memory),
    case("memory taken", memory::taken),
    case("storage", storage::storage),
];
