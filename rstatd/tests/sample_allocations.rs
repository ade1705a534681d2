//! A whole sample of the daemon allocates nothing: counted by the allocator itself.

use std::fs;
use std::thread;
use std::time::Duration;

use rstat_testbed::allocations::{self, Counting};
use rstat_testbed::truth;
use rstatd::backend::Choice;

#[path = "../benches/timeline/stages/daemon.rs"]
mod daemon;
use daemon::Daemon;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Samples that fault memory in and read the files that are read once.
const WARM_UP: u64 = 10;
/// Far fewer than in the time after which absent sources are looked for.
const SAMPLES: u64 = 200;
const PAUSE: Duration = Duration::from_millis(1);
/// Processes that may come without a table of them growing.
const MORE: usize = 100;

/// The number of events of devices so far: after each event the daemon looks for its devices.
fn device_events() -> String {
    fs::read_to_string("/sys/kernel/uevent_seqnum").unwrap_or_default()
}

/// Checks the samples of a source, or says aloud why not.
fn check(source: Choice, what: &str) {
    let mut daemon = match Daemon::start(source) {
        Ok((daemon, _)) => daemon,
        Err(error) => return eprintln!("SKIPPED: allocations of samples {what}: {error}"),
    };
    for _ in 0..WARM_UP {
        daemon.sample();
        thread::sleep(PAUSE);
    }
    let (events, processes) = (device_events(), truth::pids().len());
    let count = allocations::count(|| {
        for _ in 0..SAMPLES {
            daemon.sample();
            thread::sleep(PAUSE);
        }
    });
    if device_events() != events || truth::pids().len() > processes + MORE {
        return eprintln!("SKIPPED: allocations of samples {what}: the machine has changed");
    }
    assert_eq!(count, 0, "{what}");
}

#[test]
fn a_sample_allocates_nothing() {
    check(Choice::Bpf, "with the probe");
    check(Choice::Proc, "without the probe");
}
