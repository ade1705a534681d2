//! From the first sample to the last, and from one run of the daemon to the next.

use std::path::Path;
use std::process::Command;

use rstat_shm::layout::{HISTORY_POINTS, WriterState};
use rstat_shm::snapshot::{HistoryPoint, Process, valid};
use rstat_shm::trust::Trust;
use rstat_shm::{Snapshot, View};

use crate::programs::Program;
use crate::stage::{
    FOR_EVER, SECOND_NS, Stage, eventually, is_root, latest, next, plausible, skip, sources,
};

/// Known in every sample, also the first.
const ALWAYS: u64 = valid::MEMORY | valid::LOAD | valid::PROCESSES;
/// Known from the second sample on.
const RATES: u64 = valid::CPU | valid::PROCESS_CPU | valid::CONTEXT_SWITCHES | valid::SAMPLE_COST;
/// Samples that a test looks at one by one.
const SAMPLES: usize = 20;

#[test]
fn the_first_sample_is_there_at_once_and_has_no_rates() {
    for source in sources("the first sample of the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", FOR_EVER, "--source", source]);
        // The second sample comes later than we give up.
        let view = daemon.view(&stage.region(), 0);
        let first = latest(&view);
        assert_eq!((first.sequence, first.elapsed_ns, first.period_ns), (1, 0, 60_000_000_000));
        assert!(first.has(ALWAYS), "{source}: {:#x}", first.valid);
        assert_eq!(first.valid & (RATES | valid::PROCESS_IO), 0, "{source}");
        assert_eq!(first.source_name(), Some(source));
        assert!(first.memory_total_bytes > first.memory_used_bytes && first.processes > 1);
        assert!(first.top_memory[0].rss_bytes > 0 && first.top_memory[0].count == 1);
        assert_eq!((first.top_cpu, first.top_io), Default::default());
        assert_eq!(view.state(), Some(WriterState::Running));
        assert!(view.has_writer());
        daemon.stop();
    }
}

#[test]
fn fresh_samples_follow_in_order() {
    for source in sources("the samples of the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "20", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let first = next(&view, 1);
        let mut seen = vec![first];
        while seen.len() < SAMPLES {
            let before = &seen[seen.len() - 1];
            let now = next(&view, before.sequence);
            plausible(before, &now);
            assert!(now.has(ALWAYS | RATES));
            seen.push(now);
        }
        daemon.stop();
        the_history_has(&view, &seen);
    }
}

/// That the history has a point of each sample, also of those that we were too slow for.
#[track_caller]
fn the_history_has(view: &View, seen: &[Snapshot]) {
    let mut points = vec![HistoryPoint::default(); HISTORY_POINTS];
    let count = view.history(&mut points);
    let place = |sample: &Snapshot| {
        let is_its = |point: &HistoryPoint| point.monotonic_ns == sample.monotonic_ns;
        points[..count].iter().position(is_its).expect("a point of a sample that we have seen")
    };
    for sample in seen {
        let point = points[place(sample)];
        assert_eq!((point.valid, point.cpu_busy_ppm), (sample.valid, sample.cpu_busy_ppm));
    }
    let [first, .., last] = seen else { panic!("too few samples") };
    let steps = place(last) - place(first);
    assert_eq!(steps as u64, last.sequence - first.sequence, "the history has gaps");
}

#[test]
fn once_publishes_a_sample_with_rates_and_leaves() {
    for source in sources("--once with the probe") {
        let stage = Stage::new();
        let outcome = stage.run(&["--once", "--interval", "50", "--source", source]);
        assert_eq!((outcome.code, &*outcome.said, &*outcome.printed), (0, "", ""));
        let view = View::open(&stage.region(), Trust::default()).unwrap();
        let sample = latest(&view);
        assert_eq!(sample.sequence, 1);
        assert!(sample.has(ALWAYS | valid::CPU | valid::PROCESS_CPU));
        assert!(sample.elapsed_ns >= 50_000_000);
        assert_eq!((view.state(), view.has_writer()), (Some(WriterState::Stopped), false));
    }
}

#[test]
fn an_ending_signal_stops_the_region_without_waiting_for_a_tick() {
    for source in sources("signals to the daemon with the probe") {
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            let stage = Stage::new();
            let mut daemon = stage.daemon(&["--interval", FOR_EVER, "--source", source]);
            let view = daemon.view(&stage.region(), 0);
            daemon.signal(signal);
            let outcome = daemon.outcome();
            assert_eq!((outcome.code, &*outcome.said), (0, ""), "{source}, signal {signal}");
            assert_eq!((view.state(), view.has_writer()), (Some(WriterState::Stopped), false));
            assert_eq!(latest(&view).sequence, 1);
        }
    }
}

#[test]
fn a_signal_that_it_was_told_to_ignore_changes_nothing() {
    let stage = Stage::new();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP INT; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_rstatd")]);
    shell.args(["--interval", "10", "--source", "proc", "--shm"]).arg(stage.region());
    let mut daemon = stage.start(shell);
    let view = daemon.view(&stage.region(), 0);
    for signal in [libc::SIGHUP, libc::SIGINT] {
        daemon.signal(signal);
        let sample = next(&view, latest(&view).sequence + 2);
        assert_eq!(view.state(), Some(WriterState::Running), "signal {signal} after {sample:?}");
    }
    daemon.stop();
}

#[test]
fn a_time_namespace_changes_neither_times_nor_who_is_listed() {
    if !is_root() || !Path::new("/proc/self/ns/time").exists() {
        return skip("time namespaces", "they are root's, on kernels that have them");
    }
    let uptime_ns = rstat_shm::monotonic_ns();
    // The clock is never set to before the machine's start.
    let half_s = (uptime_ns / 2 / SECOND_NS).cast_signed();
    for source in sources("time namespaces with the probe") {
        for offset_s in [100_000, -half_s] {
            let stage = Stage::new();
            let mut unshare = Command::new("unshare");
            unshare.args(["--time", "--monotonic", &offset_s.to_string()]);
            unshare.arg(env!("CARGO_BIN_EXE_rstatd"));
            unshare.args(["--interval", "50", "--source", source]);
            let mut daemon = stage.start(unshare);
            let view = daemon.view(&stage.region(), 0);
            let program = Program::start(&stage, "spin|1|newcomer");
            let sample = eventually("a program that has just started is listed", || {
                let sample = latest(&view);
                let is_its = |row: &Process| row.pid == program.pid();
                sample.top_cpu.iter().any(is_its).then_some(sample)
            });
            let now_ns = rstat_shm::monotonic_ns();
            let times = uptime_ns..now_ns;
            assert!(times.contains(&sample.monotonic_ns), "{source}, {offset_s} s: {times:?}");
            daemon.stop();
        }
    }
}

#[test]
fn a_signal_during_once_ends_it_before_its_interval() {
    let stage = Stage::new();
    let daemon = stage.daemon(&["--once", "--interval", FOR_EVER, "--source", "proc"]);
    // It holds the signals back before it makes the region.
    eventually("the region is there", || stage.region().exists().then_some(()));
    daemon.stop();
}

#[test]
fn a_killed_daemon_has_no_writer_and_leaves_its_last_sample() {
    let stage = Stage::new();
    let mut daemon = stage.daemon(&["--interval", "10", "--source", "proc"]);
    let view = daemon.view(&stage.region(), 0);
    next(&view, 5);
    assert!(view.has_writer());
    daemon.signal(libc::SIGKILL);
    assert_eq!(daemon.outcome().code, 128 + libc::SIGKILL);
    assert!(!view.has_writer());
    assert_eq!(view.state(), Some(WriterState::Running), "a killed daemon cannot change the state");
    let last = latest(&view);
    assert!(last.sequence > 5 && last.has(ALWAYS));

    // And the next daemon goes on in the same file.
    let mut daemon = stage.daemon(&["--interval", FOR_EVER, "--source", "proc"]);
    daemon.view(&stage.region(), last.instance);
    assert!(view.is_at(&stage.region()) && view.has_writer());
    assert_eq!(latest(&view).sequence, last.sequence + 1);
    daemon.stop();
}

#[test]
fn a_restarted_daemon_is_seen_through_the_same_mapping() {
    for source in sources("a restart with the probe") {
        let stage = Stage::new();
        let arguments = ["--interval", "10", "--source", source];
        let mut daemon = stage.daemon(&arguments);
        let view = daemon.view(&stage.region(), 0);
        next(&view, 3);
        daemon.stop();
        let last = latest(&view);

        let mut daemon = stage.daemon(&arguments);
        daemon.view(&stage.region(), last.instance);
        let first = next(&view, last.sequence);
        assert!(view.is_at(&stage.region()));
        assert_ne!(first.instance, last.instance);
        assert_eq!(view.state(), Some(WriterState::Running));
        let second = next(&view, first.sequence + 1);
        assert!(second.has(RATES) && second.elapsed_ns < second.monotonic_ns - last.monotonic_ns);
        daemon.stop();
    }
}

#[test]
fn a_second_daemon_is_told_and_disturbs_nothing() {
    for source in sources("two daemons with the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "10", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let instance = latest(&view).instance;
        for arguments in [&["--source", source][..], &["--once", "--source", source]] {
            let outcome = stage.run(arguments);
            let region = stage.region();
            let line =
                format!("publish to region {}: another rstatd publishes there", region.display());
            assert_eq!((outcome.code, outcome.line()), (1, &*line));
        }
        let seen = latest(&view).sequence;
        assert_eq!(next(&view, seen).instance, instance);
        assert_eq!(view.state(), Some(WriterState::Running));
        daemon.stop();
    }
}
