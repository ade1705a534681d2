//! A snapshot costs neither an allocation nor a system call, seen from C.

use std::process::Command;

use crate::compile::{is_installed, run, with_library};
use crate::region::{Scratch, published};

#[test]
fn snapshots_and_history_neither_allocate_nor_make_system_calls() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let Some(mut program) = with_library(&scratch, "quiet.c") else {
        return;
    };
    // The program counts its allocations itself.
    run(program.arg(scratch.region()));

    if !is_installed("strace") {
        return;
    }
    let trace = scratch.path().join("trace");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-e", "trace=all", "-e", "signal=none", "-o"]).arg(&trace);
    traced.arg(program.get_program()).args(program.get_args());
    traced.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = traced.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("Operation not permitted") {
        eprintln!("SKIPPED: strace may not trace here: {errors}");
        return;
    }
    assert!(output.status.success(), "{errors}");
    let trace = std::fs::read_to_string(trace).unwrap();
    let lines: Vec<_> = trace.lines().collect();
    let marks: Vec<_> = (0..lines.len()).filter(|&at| lines[at].contains("getppid(")).collect();
    let &[before, after] = marks.as_slice() else {
        panic!("two marks expected:\n{trace}");
    };
    assert!(before + 1 == after, "{:#?}", &lines[before + 1..after]);
}
