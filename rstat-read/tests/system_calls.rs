//! A snapshot makes no system call: strace(1) sees nothing between two marks.

mod region;
mod samples;

use std::process::Command;

use region::{Scratch, published};

#[test]
fn a_hundred_thousand_snapshots_make_no_system_call() {
    if Command::new("strace").arg("--version").output().is_err() {
        eprintln!("SKIPPED: strace is not installed");
        return;
    }
    let Some(program) = region::example("snapshots") else {
        return;
    };
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let trace = scratch.path().join("trace");
    let output = Command::new("strace")
        .args(["-f", "-e", "trace=all", "-e", "signal=none", "-o"])
        .arg(&trace)
        .arg(program)
        .arg(scratch.region())
        .output()
        .unwrap();
    let (text, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if errors.contains("Operation not permitted") {
        eprintln!("SKIPPED: strace may not trace here: {errors}");
        return;
    }
    assert!(output.status.success(), "{errors}");
    assert!(text.starts_with("100000 of 100000 snapshots complete"), "{text}");

    let trace = std::fs::read_to_string(trace).unwrap();
    let lines: Vec<_> = trace.lines().collect();
    let marks: Vec<_> = (0..lines.len()).filter(|&at| lines[at].contains("getppid(")).collect();
    let &[before, after] = marks.as_slice() else {
        panic!("two marks expected:\n{trace}");
    };
    let between: Vec<_> = lines[before + 1..after]
        .iter()
        // The example reads the clock. That is a system call where the vDSO cannot read it, as on
        // some virtual machines.
        .filter(|line| !line.contains("clock_gettime("))
        .collect();
    assert!(between.is_empty(), "{between:#?}");
}
