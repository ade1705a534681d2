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
    pub run: Run,
    /// The sources that it is run with in a brief run. What is left out takes a minute,
    /// or shows what others show as well: `/proc` tells what the truth is read from.
    pub brief: &'static [&'static str],
}

type Run = fn(&Stage) -> Result<Vec<Finding>, Trouble>;

const fn case(name: &'static str, brief: &'static [&'static str], run: Run) -> Case {
    Case { name, run, brief }
}

const BOTH: &[&str] = &["bpf", "proc"];
const PROBE: &[&str] = &["bpf"];
const NONE: &[&str] = &[];

/// In the order in which they are run.
pub const CASES: [Case; 16] = [
    case("idle", BOTH, cpu::idle),
    case("first second", BOTH, cpu::first_second),
    case("busy loop", BOTH, cpu::busy_loop),
    case("5 s interval", PROBE, cpu::long_interval),
    case("60 s interval", NONE, cpu::longest_interval),
    case("threads", PROBE, cpu::threads),
    case("stress-ng cpu", NONE, cpu::stress),
    case("real-time", PROBE, cpu::real_time),
    case("fork storm", BOTH, crowds::storm),
    case("kernel threads", PROBE, crowds::kernel_threads),
    case("2,500 processes", PROBE, crowds::crowd),
    case("blocked, zombie", BOTH, stuck::stuck),
    case("CPU hotplug", BOTH, hotplug::hotplug),
    case("memory", BOTH, memory::memory),
    case("memory taken", PROBE, memory::taken),
    case("storage", BOTH, storage::storage),
];
