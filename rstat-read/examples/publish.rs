//! Publishes invented samples again and again until it is killed: a daemon for
//! trying out readers, and for the tests that kill one.
//!
//! `cargo run --example publish -- PATH PERIOD_MS [SAMPLE]`
//!
//! Without the name of a sample it is a laptop whose CPU goes up and down; with
//! one, the same sample again and again, after two minutes of history.

use std::env;
use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rstat_read::Snapshot;
use rstat_shm::Writer;

#[path = "../tests/samples/mod.rs"]
mod samples;

type Make = fn() -> Snapshot;

const SAMPLES: [(&str, Make); 7] = [
    ("ordinary", samples::ordinary),
    ("critical", samples::critical),
    ("gpu-asleep", samples::gpu_asleep),
    ("hostile", samples::hostile),
    ("hostile-applications", samples::hostile_applications),
    ("huge", samples::huge),
    ("empty", samples::empty),
];

/// Samples that are published at once, as if they had been before.
const HISTORY_SAMPLES: u64 = 150;
/// What figures were as they come back, four samples each, the latest first.
const CPU_TENTHS: [u64; 13] = [10, 13, 9, 7, 15, 33, 28, 12, 6, 5, 9, 20, 8];
const GPU_TENTHS: [u64; 13] = [10, 12, 31, 43, 26, 8, 5, 4, 4, 9, 38, 52, 30];
const WRITE_TENTHS: [u64; 13] = [10, 3, 1, 0, 0, 42, 60, 35, 4, 0, 1, 0, 2];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(path), Some(period)) = (arguments.next(), arguments.next()) else {
        return Err("usage: publish PATH PERIOD_MS [SAMPLE]".into());
    };
    let period = Duration::from_millis(period.parse()?);
    let make = arguments.next().map(|name| find(&name)).transpose()?;
    let mut writer = Writer::open(Path::new(&path))?;
    if let Some(make) = make {
        let sample = now(make, period);
        for back in (1..=HISTORY_SAMPLES).rev() {
            writer.publish(&mut past(&sample, back));
        }
    }
    let mut round = 0;
    loop {
        let mut sample = now(make.unwrap_or(samples::ordinary), period);
        if make.is_none() {
            sample.cpu_busy_ppm = round % 100 * 10_000;
            round += 7;
        }
        writer.publish(&mut sample);
        thread::sleep(period);
    }
}

fn find(name: &str) -> Result<Make, String> {
    let found = SAMPLES.iter().find(|(known, _)| *known == name);
    found.map(|(_, make)| *make).ok_or_else(|| {
        format!("SAMPLE is one of {}, not '{name}'", SAMPLES.map(|(known, _)| known).join(", "))
    })
}

fn now(make: Make, period: Duration) -> Snapshot {
    let monotonic_ns = samples::monotonic_ns();
    Snapshot { monotonic_ns, period_ns: period.as_nanos() as u64, ..make() }
}

/// The sample so many periods ago: loads that came and went, memory that filled up.
fn past(sample: &Snapshot, back: u64) -> Snapshot {
    let mut past = sample.clone();
    past.monotonic_ns = sample.monotonic_ns.saturating_sub(back * sample.period_ns);
    let at = |tenths: &[u64; 13]| tenths[(back / 4) as usize % tenths.len()];
    let share = |ppm: u32, tenths| tenths_of(ppm.into(), tenths).min(1_000_000) as u32;
    past.cpu_busy_ppm = share(sample.cpu_busy_ppm, at(&CPU_TENTHS));
    past.gpus[0].busy_ppm = share(sample.gpus[0].busy_ppm, at(&GPU_TENTHS));
    past.io_write_bytes_per_s = tenths_of(sample.io_write_bytes_per_s, at(&WRITE_TENTHS));
    let free = sample.memory_total_bytes.saturating_sub(sample.memory_used_bytes);
    let freed = tenths_of(sample.memory_used_bytes, (back / 10).min(4));
    past.memory_used_bytes = sample.memory_used_bytes - freed;
    past.memory_available_bytes = free + freed;
    past
}

fn tenths_of(value: u64, tenths: u64) -> u64 {
    value / 10 * tenths
}
