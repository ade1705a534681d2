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

use rstat_read::{HistoryPoint, Snapshot};
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
        for point in samples::history(&sample) {
            writer.publish(&mut past(&sample, &point));
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

/// What the sample was when that point of its history was taken.
fn past(sample: &Snapshot, point: &HistoryPoint) -> Snapshot {
    let mut past = *sample;
    past.monotonic_ns = point.monotonic_ns;
    past.cpu_busy_ppm = point.cpu_busy_ppm;
    past.gpus[0].busy_ppm = point.gpu_busy_ppm;
    past.io_read_bytes_per_s = point.io_read_bytes_per_s;
    past.io_write_bytes_per_s = point.io_write_bytes_per_s;
    past
}
