//! Many processes: those that are gone before anybody looks, and those that stay.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, process};

use rstat_shm::Snapshot;

use crate::plausible;
use crate::programs::{Program, last_cpu};
use crate::stage::{NOISE, Stage, bpf_works, eventually, latest, next, sources, tell};
use crate::truth::{self, Stat};

const SLEEPERS: u32 = 2000;
/// Of those that ended: some kernels do not tell BPF of every event.
const HIDDEN: u32 = SLEEPERS * 2 / 50;
const WINDOW: Duration = Duration::from_secs(5);

#[test]
fn a_storm_of_short_lived_processes_is_one_row_with_all_their_time() {
    if !bpf_works("short-lived processes") {
        return;
    }
    let stage = Stage::new();
    let (brief, counter) = (brief(&stage), stage.path("count"));
    let storm = format!("storm|{}|{}|{}", last_cpu(), counter.display(), brief.display());
    let program = Program::start(&stage, &storm);
    let comm = brief.file_name().unwrap().as_encoded_bytes();
    let mut daemon = stage.daemon(&["--interval", "1000", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    // The shell adds up what its children used when it waits for them.
    let children_ns = || Stat::read(program.pid()).unwrap().children_ns;
    let first = next(&view, latest(&view).sequence.max(2));
    let before_ns = children_ns();
    let (mut last, mut ours, mut most) = (first.clone(), 0.0, 0);
    while last.monotonic_ns < first.monotonic_ns + WINDOW.as_nanos() as u64 {
        let sample = next(&view, last.sequence);
        assert_eq!(sample.sequence, last.sequence + 1, "a sample of 1 s was missed");
        plausible::check(&last, &sample);
        let (time, count) = storm_of(&sample, comm);
        ours += time;
        most = most.max(count);
        last = sample;
    }
    let kernels = (children_ns() - before_ns) as f64;
    tell(&format!(
        "storm: {:.0} ms against {:.0} ms, up to {most} processes in a row",
        ours / 1e6,
        kernels / 1e6
    ));
    assert!(most > 10, "{most} processes in a row");
    assert!((ours - kernels).abs() < kernels * 0.1, "{ours} ns against {kernels} ns");
    daemon.stop();
}

/// `true` by a name that nobody else's programs have.
fn brief(stage: &Stage) -> PathBuf {
    let path = env::var_os("PATH").expect("where programs are");
    let mut programs = env::split_paths(&path).map(|directory| directory.join("true"));
    let own = stage.path(&format!("true-{}", process::id()));
    symlink(programs.find(|file| file.exists()).expect("true(1)"), &own).unwrap();
    own
}

/// The time of all that have this name, and the most processes in one row.
fn storm_of(sample: &Snapshot, comm: &[u8]) -> (f64, u32) {
    let rows = sample.top_cpu.iter().filter(|row| row.comm.bytes() == comm);
    let gone: Vec<_> = rows.clone().filter(|row| row.pid == 0).collect();
    assert_eq!(gone.len(), 1, "one row for all: {:?}", sample.top_cpu);
    let ppm: f64 = rows.map(|row| f64::from(row.cpu_ppm)).sum();
    (ppm / 1e6 * sample.elapsed_ns as f64, gone[0].count)
}

#[test]
fn those_that_were_waited_for_are_not_counted() {
    if !bpf_works("processes that were waited for") {
        return;
    }
    let stage = Stage::new();
    let storm = format!("storm|{}", last_cpu());
    let _storm = Program::start(&stage, &storm);
    let mut daemon = stage.daemon(&["--interval", "50", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    let mut more = Vec::new();
    let mut last = next(&view, 2);
    for _ in 0..100 {
        last = next(&view, last.sequence);
        more.push(i64::from(last.processes) - i64::from(truth::processes()));
    }
    more.sort_unstable();
    tell(&format!("waited for: {} to {} more are counted than there are", more[0], more[99]));
    assert!(more[50].unsigned_abs() <= u64::from(NOISE), "{more:?}");
    daemon.stop();
}

#[test]
fn every_process_is_counted_asleep_or_not() {
    for source in sources("the number of processes by the probe") {
        let stage = Stage::new();
        let mut already = Program::start(&stage, &format!("crowd|{SLEEPERS}"));
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let counted = |what: &str, more: u32| {
            eventually(what, || {
                let sample = latest(&view);
                assert_eq!(sample.processes_unlisted, 0);
                let there = truth::processes();
                (there.abs_diff(sample.processes) <= NOISE + more).then_some(sample.processes)
            })
        };
        let before = counted("those that were there before the daemon are counted", 0);
        assert!(before > SLEEPERS);
        let mut later = Program::start(&stage, &format!("crowd|{SLEEPERS}"));
        let most = counted("those that came later are counted", 0);
        assert!(most > 2 * SLEEPERS);
        for program in [&mut already, &mut later] {
            assert_eq!(program.order("end"), "ended");
        }
        let after = counted("those that are gone are counted no more", HIDDEN);
        let there = truth::processes();
        tell(&format!("crowd, {source}: {before}, {most}, {after} counted, {there} are there"));
        daemon.stop();
    }
}
