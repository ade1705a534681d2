//! The daemon held against the kernel: one set of cases, which three drivers run.
//!
//! A case starts a load that uses a known amount of something, asks the daemon and the
//! kernel over the same time, and returns findings: figure, truth, error and bound.
//!
//! | driver | cases | a figure beyond its bound |
//! |---|---|---|
//! | `tests/daemon/exact.rs` | [`Case::is_exact`] | fails a test |
//! | `examples/accuracy` | all but [`Case::needs_own_machine`] | is measured again, three times in all |
//! | `examples/guest` | [`Case::is_for_guests`] | is measured again, three times in all |
//!
//! No load of other programs can break the bounds of an exact case, so no driver tries one
//! again. No driver tries a case again that has broken, as by an impossible sample.
#![allow(dead_code, reason = "each driver takes what it needs")]

pub mod counters;
mod cpu;
mod crowds;
pub mod daemon;
pub mod finding;
mod hotplug;
mod listed;
pub mod machine;
mod memory;
pub mod plausible;
mod process_states;
mod storage;
mod suspend;
mod window;

use daemon::Stage;
use finding::{Finding, Trouble};

/// How often a case may be measured: a host that stops one of our CPUs for a while looks
/// like an error, but not every time.
pub const TRIES: usize = 3;

/// One case, by the name of its load.
pub struct Case {
    pub name: &'static str,
    pub run: Run,
    /// The sources of a brief run, which leaves out cases that take a minute. It also leaves
    /// out what other cases show: with `/proc` the truth has the same source as the figures.
    pub brief: &'static [&'static str],
    pub is_exact: bool,
    pub is_for_guests: bool,
    /// Whether the case disturbs the machine too much for one that is in use.
    pub needs_own_machine: bool,
}

/// The function of a case.
pub type Run = fn(&Stage) -> Result<Vec<Finding>, Trouble>;

/// A case that is neither exact nor for guests.
pub const fn case(name: &'static str, brief: &'static [&'static str], run: Run) -> Case {
    let (is_exact, is_for_guests, needs_own_machine) = (false, false, false);
    Case { name, run, brief, is_exact, is_for_guests, needs_own_machine }
}

impl Case {
    const fn exact(mut self) -> Self {
        self.is_exact = true;
        self
    }

    const fn for_guests(mut self) -> Self {
        self.is_for_guests = true;
        self
    }

    const fn alone(mut self) -> Self {
        self.needs_own_machine = true;
        self
    }

    /// How often a driver may measure the case.
    pub const fn tries(&self) -> usize {
        if self.is_exact { 1 } else { TRIES }
    }
}

const BOTH: &[&str] = &["bpf", "proc"];
const PROBE: &[&str] = &["bpf"];
const NONE: &[&str] = &[];

/// All cases, in the order of a run.
pub const CASES: [Case; 19] = [
    case("idle", BOTH, cpu::idle),
    case("first second", BOTH, cpu::first_second),
    case("busy loop", BOTH, cpu::busy_loop).for_guests(),
    case("5 s interval", PROBE, cpu::long_interval),
    case("60 s interval", NONE, cpu::longest_interval),
    case("threads", PROBE, cpu::threads),
    case("stress-ng cpu", NONE, cpu::stress),
    case("real-time", PROBE, cpu::real_time),
    case("memory asleep", BOTH, memory::asleep).exact().for_guests(),
    case("memory taken", BOTH, memory::taken).exact(),
    case("memory apart", BOTH, memory::apart).exact(),
    case("memory", BOTH, memory::memory),
    case("fork storm", BOTH, crowds::storm).for_guests(),
    case("kernel threads", PROBE, crowds::kernel_threads),
    case("2,500 processes", PROBE, crowds::crowd),
    case("blocked, zombie", BOTH, process_states::process_states),
    case("CPU hotplug", BOTH, hotplug::hotplug).for_guests(),
    case("suspend", NONE, suspend::suspend).for_guests().alone(),
    case("storage", BOTH, storage::storage),
];
