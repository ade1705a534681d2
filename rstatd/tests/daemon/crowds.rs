//! Many processes: some are gone before the daemon looks, the others stay.

use std::os::unix::fs::symlink;
use std::process;

use crate::cases::daemon::brief_program;
use crate::programs::{Program, last_cpu};
use crate::stage::{NOISE, Stage, bpf_works, eventually, latest, next, plausible, sources, tell};
use crate::truth;

const SLEEPERS: u32 = 2000;
/// Ended processes that may still count: some kernels do not report every event to BPF.
const HIDDEN: u32 = SLEEPERS * 2 / 50;
/// Short-lived processes of a sample that are not so few that each could have a row.
const MANY: u32 = 10;

#[test]
fn short_lived_processes_are_one_row() {
    if !bpf_works("short-lived processes") {
        return;
    }
    let stage = Stage::new();
    // A name that no other program has.
    let brief = stage.path(&format!("true-{}", process::id()));
    symlink(brief_program(), &brief).unwrap();
    let comm = brief.file_name().unwrap().as_encoded_bytes();
    let counter = stage.path("count");
    let storm = format!("storm|{}|{}|{}", last_cpu(), counter.display(), brief.display());
    let _storm = Program::start(&stage, &storm);
    let mut daemon = stage.daemon(&["--interval", "1000", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    let mut last = next(&view, latest(&view).sequence.max(2));
    let most = eventually("many processes are one row", || {
        let sample = next(&view, last.sequence);
        // No two rows of a name stand for processes that are gone.
        plausible(&last, &sample);
        last = sample;
        let gone = last.top_cpu.iter().filter(|row| row.pid == 0 && row.comm.bytes() == comm);
        gone.map(|row| row.count).max().filter(|count| *count > MANY)
    });
    tell(&format!("storm: {most} processes in a row"));
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
        let before = counted("processes from before the daemon are counted", 0);
        assert!(before > SLEEPERS);
        let mut later = Program::start(&stage, &format!("crowd|{SLEEPERS}"));
        let most = counted("later processes are counted", 0);
        assert!(most > 2 * SLEEPERS);
        for program in [&mut already, &mut later] {
            assert_eq!(program.order("end"), "ended");
        }
        let after = counted("ended processes are not counted", HIDDEN);
        let there = truth::processes();
        tell(&format!("crowd, {source}: {before}, {most}, {after} counted, {there} are there"));
        daemon.stop();
    }
}
