//! `rstatd --bench N`: what a sample costs, measured on this machine, now.
//!
//! The samples are the daemon's own, published to a region of the bench's own,
//! but with every source read in every sample, also those with a longer period.
//! Times are taken around the real stages, allocations are counted by the
//! program's allocator, system calls by tracing a copy of the process.

mod print;
mod statistics;
mod trace;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rstat_shm::Writer;

use crate::allocations;
use crate::daemon::{open_backend, publish, report};
use crate::monitor::{Monitor, Stages};
use crate::options::{Format, Options};
use crate::source::Root;
use crate::sys::EndingSignals;
use statistics::Summary;
use trace::SystemCall;

/// Time between two samples.
const PAUSE: Duration = Duration::from_millis(1);
/// Samples before the first one that counts: they fault memory in and find what
/// is read once.
const WARM_UP: u64 = 10;
/// Samples of the traced copy.
const TRACED: u64 = 100;

/// The result of a bench.
struct Report {
    samples: u64,
    source: &'static str,
    processes: u32,
    /// The whole sample and its stages, in nanoseconds.
    stages: [(&'static str, Summary); 5],
    /// What each source's last reading took.
    sources: Vec<(&'static str, u64)>,
    allocations_per_sample: f64,
    /// Per sample; `None` when tracing is not allowed.
    system_calls: Option<Vec<SystemCall>>,
}

/// Takes the samples and prints what they cost.
pub fn run(
    options: &Options,
    samples: u64,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), String> {
    let signals = EndingSignals::hold();
    let region = PrivateRegion::create()?;
    let mut writer = Writer::open(&region.path()).map_err(|error| error.to_string())?;
    let mut monitor = Monitor::new(open_backend(options)?, &Root::default());
    monitor.sources().read_at_every_tick();
    let Some(report) = measure(&mut monitor, &mut writer, samples, &signals) else {
        return Err("bench: interrupted".into());
    };
    match format {
        Format::Text => print::text(&report, out),
        Format::Json => print::json(&report, out),
    }
    .map_err(|error| format!("print: {error}"))
}

/// Nothing, if a signal came.
fn measure(
    monitor: &mut Monitor,
    writer: &mut Writer,
    samples: u64,
    signals: &EndingSignals,
) -> Option<Report> {
    let mut times: [Vec<u64>; 5] = Default::default();
    for times in &mut times {
        times.reserve_exact(samples as usize);
    }
    for _ in 0..WARM_UP {
        one_sample(monitor, writer);
        if signals.wait(PAUSE) {
            return None;
        }
    }
    let allocated = allocations::count();
    for _ in 0..samples {
        for (times, ns) in times.iter_mut().zip(one_sample(monitor, writer)) {
            times.push(ns);
        }
        if signals.wait(PAUSE) {
            return None;
        }
    }
    let allocated = allocations::count() - allocated;
    let system_calls = trace::count(TRACED, || {
        one_sample(monitor, writer);
        signals.wait(PAUSE);
    });
    if let Err(error) = &system_calls {
        report(&format!("system calls are not counted: {error}"));
    }
    let (sample, _) = monitor.sample(&mut report);
    let processes = sample.processes;
    let names = ["sample", "probe", "sysfs", "compute", "publish"];
    let mut times = times.into_iter();
    Some(Report {
        samples,
        source: monitor.backend().source().name(),
        processes,
        stages: names.map(|name| (name, Summary::of(times.next().unwrap_or_default()))),
        sources: monitor.sources().costs().collect(),
        allocations_per_sample: allocated as f64 / samples as f64,
        system_calls: system_calls.ok(),
    })
}

/// Takes and publishes one sample: the time of the whole and of its stages.
fn one_sample(monitor: &mut Monitor, writer: &mut Writer) -> [u64; 5] {
    let begin = Instant::now();
    let (sample, Stages { probe_ns, sysfs_ns, compute_ns }) = monitor.sample(&mut report);
    let computed = Instant::now();
    publish(sample, writer, PAUSE, None);
    let end = Instant::now();
    let ns = |from: Instant, to: Instant| (to - from).as_nanos() as u64;
    [ns(begin, end), probe_ns, sysfs_ns, compute_ns, ns(computed, end)]
}

/// A directory for the bench's region, which is gone when the bench ends.
struct PrivateRegion {
    directory: PathBuf,
}

impl PrivateRegion {
    fn create() -> Result<Self, String> {
        let directory = PathBuf::from(format!("/dev/shm/rstat-bench.{}", std::process::id()));
        fs::create_dir(&directory)
            .map_err(|error| format!("create directory {}: {error}", directory.display()))?;
        Ok(Self { directory })
    }

    fn path(&self) -> PathBuf {
        self.directory.join("v1")
    }
}

impl Drop for PrivateRegion {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            report(&format!("remove directory {}: {error}", self.directory.display()));
        }
    }
}
