//! What a kind of machine lets us compare, and how closely.

use std::path::Path;
use std::time::Duration;

/// The interval of the daemons, the bounds, and the loads' sizes.
pub struct Machine {
    /// The intervals at which every load is measured, by daemons side by side.
    pub intervals_ms: &'static [u64],
    /// Points of all CPUs between the daemon and the kernel's idle time.
    pub system_points: f64,
    /// The same while processes come and go.
    pub storm_points: f64,
    /// The same for one CPU, whose ticks at either end weigh more.
    pub core_points: f64,
    /// Percent of a process's CPU time. Nothing where interrupts take so much of each tick
    /// that ticks say little of a process.
    pub process_percent: Option<f64>,
    /// How late the kernel may be asked after a sample, besides what taking the sample costs.
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
    /// What a process holds that has to be among the largest.
    pub held_bytes: u64,
    /// Processes of a storm that fit into one sample at least.
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

/// Where a driver keeps things and how its program becomes a load.
pub struct Places<'a> {
    pub rstatd: &'a Path,
    /// For regions, which should cost storage nothing.
    pub regions: &'a Path,
    /// For files that are to be written to storage.
    pub storage: &'a Path,
    /// A program that ends soon.
    pub brief: &'a Path,
    /// Arguments that lead this executable to `programs::be_one`.
    pub entrance: &'static [&'static str],
}
