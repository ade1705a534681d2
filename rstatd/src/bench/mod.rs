//! `rstatd --bench N`: the cost of a sample, measured on this machine, now.
//!
//! The samples are the daemon's own, published to a region of the bench's own. Every source
//! is read in every sample, also a source with a longer period. Times are taken around the
//! real stages. `make bench` counts what a sample allocates and which system calls it makes.

mod print;
mod statistics;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rstat_shm::Writer;
use rstat_shm::fields::{SOURCES, name_of};

use crate::daemon::{open_backend, publish, report};
use crate::monitor::{Monitor, Stages};
use crate::options::{DaemonOptions, Format};
use crate::source::{Entry, Root};
use crate::sys::EndingSignals;
use statistics::Summary;

/// Time between two samples.
const PAUSE: Duration = Duration::from_millis(1);
/// Samples before the measured ones: they fault memory in and read what is read only once.
const WARM_UP: u64 = 10;
const SECOND_NS: u64 = 1_000_000_000;

/// The result of a bench.
struct Report {
    samples: u64,
    source: &'static str,
    processes: u32,
    /// The whole sample and its stages, in nanoseconds.
    stages: [(&'static str, Summary); 5],
    sources: Vec<SourceCost>,
    /// The daemon's time between two samples, in nanoseconds.
    interval_ns: u64,
}

/// The cost of one source.
struct SourceCost {
    name: &'static str,
    /// Shortest time between two readings.
    period_ns: u64,
    /// All readings together.
    sum_ns: u64,
    readings: u64,
}

impl SourceCost {
    /// An average reading.
    fn average_ns(&self) -> u64 {
        self.sum_ns.checked_div(self.readings).unwrap_or(0)
    }
}

impl Report {
    /// One reading of every source.
    fn every_source_ns(&self) -> u64 {
        self.sources.iter().map(SourceCost::average_ns).sum()
    }

    /// The readings of an average second. A source is read once a period, but not more often
    /// than samples are taken.
    fn second_ns(&self) -> u64 {
        let in_a_second = |source: &SourceCost| {
            let period_ns = source.period_ns.max(self.interval_ns);
            u128::from(source.average_ns()) * u128::from(SECOND_NS) / u128::from(period_ns)
        };
        self.sources.iter().map(in_a_second).sum::<u128>() as u64
    }
}

/// Takes the samples and prints their cost.
pub fn run(
    options: &DaemonOptions,
    samples: u64,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), String> {
    let signals = EndingSignals::hold();
    let region = PrivateRegion::create()?;
    let mut writer = Writer::open(&region.path()).map_err(|error| error.to_string())?;
    let mut monitor = Monitor::new(open_backend(options)?, &Root::default());
    monitor.sources().read_at_every_tick();
    let interval_ns = options.interval.as_nanos() as u64;
    let Some(report) = measure(&mut monitor, &mut writer, samples, interval_ns, &signals) else {
        return Err("bench: interrupted".into());
    };
    match format {
        Format::Text => print::text(&report, out),
        Format::Json => print::json(&report, out),
    }
    .map_err(|error| format!("print: {error}"))
}

/// Takes and measures the samples; `None` if a signal ends the daemon.
fn measure(
    monitor: &mut Monitor,
    writer: &mut Writer,
    samples: u64,
    interval_ns: u64,
    signals: &EndingSignals,
) -> Option<Report> {
    let mut times: [Vec<u64>; 5] = Default::default();
    for times in &mut times {
        times.reserve_exact(samples as usize);
    }
    let mut sources: Vec<_> = monitor.sources().costs().map(unread).collect();
    for _ in 0..WARM_UP {
        one_sample(monitor, writer);
        if signals.wait(PAUSE) {
            return None;
        }
    }
    for _ in 0..samples {
        for (times, ns) in times.iter_mut().zip(one_sample(monitor, writer)) {
            times.push(ns);
        }
        for (entry, ns) in monitor.sources().costs() {
            if let Some(source) = sources.iter_mut().find(|source| source.name == entry.name) {
                source.sum_ns += ns;
                source.readings += 1;
            }
        }
        if signals.wait(PAUSE) {
            return None;
        }
    }
    let (sample, _) = monitor.sample(&mut report);
    let processes = sample.processes;
    let names = ["sample", "probe", "sysfs", "compute", "publish"];
    let mut times = times.into_iter();
    Some(Report {
        samples,
        source: name_of(SOURCES, monitor.backend().source().into()).unwrap_or_default(),
        processes,
        stages: names.map(|name| (name, Summary::of(times.next().unwrap_or_default()))),
        sources,
        interval_ns,
    })
}

fn unread((entry, _): (&'static Entry, u64)) -> SourceCost {
    SourceCost { name: entry.name, period_ns: entry.period_ms * 1_000_000, sum_ns: 0, readings: 0 }
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

/// A directory for the bench's region, removed at the end of the bench.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_as_many_readings_as_period_and_interval_allow() {
        let source = |period_ms: u64, sum_ns, readings| SourceCost {
            name: "any",
            period_ns: period_ms * 1_000_000,
            sum_ns,
            readings,
        };
        let check = |interval_ms: u64, sources, every_source_ns, second_ns| {
            let report = Report {
                samples: 1,
                source: "proc",
                processes: 1,
                stages: [("sample", Summary::default()); 5],
                sources,
                interval_ns: interval_ms * 1_000_000,
            };
            assert_eq!(
                (report.every_source_ns(), report.second_ns()),
                (every_source_ns, second_ns)
            );
        };
        check(1000, vec![], 0, 0);
        // At every tick, every other one, and a source that has never answered.
        check(1000, vec![source(0, 600, 2), source(2000, 100, 1), source(0, 0, 0)], 400, 350);
        // Four ticks a second, and a period between two and three of them.
        check(250, vec![source(0, 100, 1), source(625, 100, 1)], 200, 560);
        // Rarer ticks than the source asks for.
        check(5000, vec![source(1000, 100, 1)], 100, 20);
    }
}
