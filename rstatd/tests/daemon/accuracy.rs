//! The CPU's share against the kernel's idle time, which other code keeps.

use std::thread;
use std::time::Duration;

use rstat_shm::View;
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::{HistoryPoint, valid};

use crate::plausible;
use crate::programs::{Program, last_cpu};
use crate::stage::{Stage, latest, next, sources, tell};
use crate::truth::Ticks;

/// The kernel tells idle time in hundredths of a second: over this time that is
/// less than half a percentage point.
const WINDOW: Duration = Duration::from_secs(4);
/// Percentage points; by design it is within 2, and a busy machine adds its noise.
const TOLERANCE: f64 = 3.0;
const INTERVALS_MS: [&str; 2] = ["100", "1000"];

#[test]
fn the_cpu_is_as_busy_as_the_kernel_says_while_idle() {
    compare("idle", None);
}

#[test]
fn the_cpu_is_as_busy_as_the_kernel_says_in_a_storm_of_processes() {
    compare("fork storm", Some(format!("storm|{}", last_cpu())));
}

#[test]
fn the_cpu_is_as_busy_as_the_kernel_says_with_a_thread_that_never_sleeps() {
    compare("busy loop", Some(format!("spin|1|spinner|{}", last_cpu())));
}

/// Measures with each source and interval, all at the same time.
fn compare(load: &str, program: Option<String>) {
    let stage = Stage::new();
    let _program = program.map(|line| Program::start(&stage, &line));
    let mut daemons = Vec::new();
    for source in sources("the accuracy of the probe") {
        for interval in INTERVALS_MS {
            let region = stage.path(&format!("{source}-{interval}/v1"));
            let arguments = ["--source", source, "--interval", interval];
            let mut daemon = stage.daemon_at(&region, &arguments);
            let view = daemon.view(&region, 0);
            daemons.push((source, interval, daemon, view));
        }
    }
    let measured: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = daemons
            .iter()
            .map(|(source, interval, _, view)| {
                (source, interval, scope.spawn(move || measure(view)))
            })
            .collect();
        threads
            .into_iter()
            .map(|(source, interval, thread)| (source, interval, thread.join().unwrap()))
            .collect()
    });
    for (source, interval, (ours, kernels)) in &measured {
        let row = format!("{load:<11} {source:<5} {interval:>4} ms");
        tell(&format!("accuracy: {row}: {ours:6.2} % against {kernels:6.2} %"));
    }
    for (source, interval, (ours, kernels)) in measured {
        assert!((ours - kernels).abs() <= TOLERANCE, "{load}, {source}, {interval} ms");
    }
    for (.., daemon, _) in daemons {
        daemon.stop();
    }
}

/// The share over a number of samples, and over the same time by the kernel.
fn measure(view: &View) -> (f64, f64) {
    // The first has none.
    let first = next(view, latest(view).sequence.max(2));
    let idle = Ticks::read();
    let mut last = first.clone();
    while last.monotonic_ns < first.monotonic_ns + WINDOW.as_nanos() as u64 {
        let sample = next(view, last.sequence);
        plausible::check(&last, &sample);
        last = sample;
    }
    let kernels = Ticks::read().busy_percent_since(&idle);

    // From the history, which has also the samples that we were too slow for.
    let mut points = vec![HistoryPoint::default(); HISTORY_POINTS];
    let count = view.history(&mut points);
    let (mut busy, mut elapsed) = (0.0, 0.0);
    for pair in points[..count].windows(2) {
        let [before, now] = pair else { continue };
        if (first.monotonic_ns..last.monotonic_ns).contains(&before.monotonic_ns) {
            assert!(now.valid & valid::CPU != 0);
            let time = (now.monotonic_ns - before.monotonic_ns) as f64;
            busy += f64::from(now.cpu_busy_ppm) * time;
            elapsed += time;
        }
    }
    assert!(elapsed >= WINDOW.as_nanos() as f64, "the history has gaps");
    (busy / elapsed / 10_000.0, kernels)
}
