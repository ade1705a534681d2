//! Which figures a kind of machine allows to compare, and how closely.

use std::path::Path;
use std::time::Duration;

/// The interval of the daemons, the bounds, and the loads' sizes.
pub struct Machine {
    /// The intervals at which every load is measured, by daemons side by side.
    pub intervals_ms: &'static [u64],
    /// The allowed difference from the kernel's idle time, in points of all CPUs.
    pub system_points: f64,
    /// The same difference while processes come and go.
    pub storm_points: f64,
    /// The same difference for one CPU, for which the ticks at both ends weigh more.
    pub core_points: f64,
    /// The allowed error of a process's CPU time, in percent. `None` where interrupts take so much
    /// of each tick that ticks say little about a process.
    pub process_percent: Option<f64>,
    /// How late after a sample the kernel may be read, besides the cost of the sample.
    pub aligned_ns: u64,
    /// The CPU that observers stay on, if the load must not be disturbed.
    pub observer_cpu: Option<u32>,
    /// Whether interrupts on an idle CPU are so many that the daemon may count them as idle
    /// or as busy time. The probe knows them only where it can read the kernel's own account
    /// of idle time.
    pub has_many_interrupts: bool,
    /// Milliseconds by which one row may be more than all CPUs, by the probe.
    pub row_over_ms: f64,
    /// Whether `/proc` is walked fast enough for its rows to be of the sample's time.
    pub walks_fast: bool,
    /// The memory of a process that has to be among the largest.
    pub held_bytes: u64,
    /// The least number of a storm's processes in one sample.
    pub storm_row: f64,
}

/// A kernel on real CPUs, or on a hypervisor's.
pub static REAL: Machine = Machine {
    intervals_ms: &[10, 100, 1000],
    system_points: 1.0,
    storm_points: 1.5,
    core_points: 2.0,
    process_percent: Some(2.0),
    aligned_ns: 3_000_000,
    observer_cpu: None,
    has_many_interrupts: false,
    row_over_ms: 20.0,
    walks_fast: true,
    held_bytes: 1 << 30,
    storm_row: 11.0,
};

/// Two CPUs that one thread of QEMU emulates, and 512 MiB.
pub static EMULATED: Machine = Machine {
    intervals_ms: &[250],
    system_points: 2.0,
    storm_points: 2.0,
    core_points: 2.0,
    process_percent: None,
    aligned_ns: 20_000_000,
    observer_cpu: Some(0),
    has_many_interrupts: true,
    row_over_ms: 0.0,
    walks_fast: false,
    held_bytes: 64 << 20,
    storm_row: 2.0,
};

/// How long a load is measured. The kernel counts idle time in hundredths of a second: over
/// this time, of two CPUs, that is a quarter of a point at most.
pub const LENGTH: Duration = Duration::from_secs(4);

/// The directories of a driver, and how its program becomes a load.
pub struct Places<'a> {
    pub rstatd: &'a Path,
    /// The directory for regions, which should cost storage nothing.
    pub regions: &'a Path,
    /// The directory for files that go to storage.
    pub storage: &'a Path,
    /// A program that ends soon.
    pub brief: &'a Path,
    /// Arguments that lead this executable to `programs::be_one`.
    pub entrance: &'static [&'static str],
}
