//! Publishes an invented sample again and again until it is killed: a daemon for
//! trying out readers, and for the tests that kill one.
//!
//! `cargo run --example publish -- PATH PERIOD_MS`

use std::env;
use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rstat_shm::Writer;

#[path = "../tests/samples/mod.rs"]
mod samples;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(path), Some(period)) = (arguments.next(), arguments.next()) else {
        return Err("usage: publish PATH PERIOD_MS".into());
    };
    let period = Duration::from_millis(period.parse()?);
    let mut writer = Writer::open(Path::new(&path))?;
    let mut round = 0;
    loop {
        let mut sample = samples::fresh(period);
        sample.cpu_busy_ppm = round % 100 * 10_000;
        writer.publish(&mut sample);
        round += 7;
        thread::sleep(period);
    }
}
