//! A process keeps its row under any name and after an exec. A later process of the same
//! number does not get it.

use rstat_shm::snapshot::Process;
use rstat_shm::{Snapshot, View};

use crate::programs::{Program, named};
use crate::stage::{NOISE, Stage, bpf_works, eventually, latest, next, plausible, skip, sources};
use crate::truth::{self, Stat, TICK_NS};

const GIB: u64 = 1 << 30;
/// User and system time are whole ticks, both rounded down.
const GRAIN_NS: u64 = 2 * TICK_NS;
/// Attempts at a number that other processes may take first.
const ATTEMPTS: usize = 20;

/// The row of a process that holds much memory.
fn row(view: &View, pid: u32) -> Option<Process> {
    row_in(&latest(view), pid)
}

fn row_in(sample: &Snapshot, pid: u32) -> Option<Process> {
    assert_eq!(sample.processes_unlisted, 0);
    let mut rows = sample.top_memory.into_iter().filter(|row| row.pid == pid);
    let row = rows.next();
    assert!(rows.next().is_none(), "one row a process: {:?}", sample.top_memory);
    row.filter(|row| row.rss_bytes >= GIB)
}

#[track_caller]
fn wait_for(view: &View, pid: u32, name: &str) -> Process {
    eventually(&format!("process {pid} is called {name}"), || {
        row(view, pid).filter(|row| row.comm.to_string() == name)
    })
}

#[test]
fn a_renamed_process_has_its_new_name() {
    for source in sources("the names of processes by the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "20", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let mut program = Program::start(&stage, &format!("hold|{GIB}"));
        for name in ["new name", "a", "fifteen letters", "ünï\u{1f980}", "(:) S 0 -1"] {
            program.order(name);
            wait_for(&view, program.pid(), name);
        }
        // The kernel keeps fifteen bytes, and the last letter has two.
        program.order("fourteen bytesß");
        wait_for(&view, program.pid(), "fourteen bytes");
        daemon.stop();
    }
}

#[test]
fn exec_changes_the_name_and_keeps_the_process() {
    for source in sources("exec by the probe") {
        for program in ["exec", "exec in a thread"] {
            let stage = Stage::new();
            let file = named(&stage, "after_exec");
            let mut daemon = stage.daemon(&["--interval", "20", "--source", source]);
            let view = daemon.view(&stage.region(), 0);
            let line = format!("{program}|{}|hold|{GIB}", file.display());
            let mut program = Program::start_as(&stage, &named(&stage, "before_exec"), &line);
            assert_eq!(program.order("go"), "ready");
            let row = wait_for(&view, program.pid(), "after_exec");
            assert_eq!((row.count, row.is_kernel_thread()), (1, false));
            // It is listed once, and still there some samples later.
            let mut sample = latest(&view);
            for _ in 0..5 {
                let now = next(&view, sample.sequence);
                plausible(&sample, &now);
                sample = now;
            }
            wait_for(&view, program.pid(), "after_exec");
            eventually("the process is counted once", || {
                let counted = latest(&view).processes;
                (counted.abs_diff(truth::processes()) <= NOISE).then_some(())
            });
            // Its name can be changed as before.
            program.order("renamed");
            wait_for(&view, program.pid(), "renamed");
            daemon.stop();
        }
    }
}

#[test]
fn a_process_inherits_nothing_from_the_one_that_had_its_number() {
    for source in sources("numbers used again, by the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "20", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        if !(0..ATTEMPTS).any(|_| number_used_again(&stage, &view)) {
            skip("numbers used again", "we may not choose the number of a process");
        }
        daemon.stop();
    }
}

/// False if the number could not be had.
fn number_used_again(stage: &Stage, view: &View) -> bool {
    let first = Program::start(stage, &format!("hold|{}", 2 * GIB));
    let pid = first.pid();
    eventually("the first process is listed", || row(view, pid));
    let file = named_anew(stage);
    let line = format!("numbered|{pid}|{}|hold|{GIB}", file.display());
    let mut second = Program::start(stage, &line);
    drop(first);
    if second.order("go") != "ready" {
        return false;
    }
    let name = file.file_name().unwrap().to_str().unwrap();
    let sample = eventually(&format!("process {pid} is called {name}"), || {
        let sample = latest(view);
        row_in(&sample, pid).is_some_and(|row| row.comm.to_string() == name).then_some(sample)
    });
    let row = row_in(&sample, pid).unwrap();
    assert!(row.rss_bytes < 2 * GIB, "{row:?}");
    // In no sample can it have used more than it has in all its life.
    let used_ns = u128::from(row.cpu_ppm) * u128::from(sample.elapsed_ns) / 1_000_000;
    let all_ns = u128::from(Stat::read(pid).unwrap().cpu_ns + GRAIN_NS);
    assert!(used_ns <= all_ns, "{row:?}: {used_ns} ns of {all_ns} ns");
    // The first one's row is gone for good.
    let mut sample = latest(view);
    for _ in 0..5 {
        let now = next(view, sample.sequence);
        plausible(&sample, &now);
        assert!(now.top_memory.iter().all(|row| row.pid != pid || row.comm.to_string() == name));
        sample = now;
    }
    true
}

fn named_anew(stage: &Stage) -> std::path::PathBuf {
    let path = stage.new_path("second");
    let name = path.file_name().unwrap().to_str().unwrap().replace('.', "_");
    named(stage, &name)
}

#[test]
fn a_process_born_on_the_number_of_a_dead_one_is_counted_once() {
    if !bpf_works("numbers used again between two samples") {
        return;
    }
    let stage = Stage::new();
    // Both die and are born between two samples.
    let mut daemon = stage.daemon(&["--interval", "1000", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    let first = Program::start(&stage, &format!("hold|{GIB}"));
    let pid = first.pid();
    let file = named(&stage, "second");
    let mut second =
        Program::start(&stage, &format!("numbered|{pid}|{}|hold|{GIB}", file.display()));
    eventually("the first process is listed", || row(&view, pid));
    drop(first);
    let answer = second.order("go");
    if answer != "ready" {
        return skip("numbers used again between two samples", &answer);
    }
    wait_for(&view, pid, "second");
    assert_eq!(latest(&view).processes_unlisted, 0);
    daemon.stop();
}
