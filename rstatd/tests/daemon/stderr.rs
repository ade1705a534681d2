//! Wrong command lines, and standard streams that are closed or full.

use std::io;
use std::process::Command;

use crate::stage::{Outcome, Stage};

const DAEMON: &str = env!("CARGO_BIN_EXE_rstatd");

#[test]
fn a_wrong_command_line_is_told_in_one_line_with_its_own_code() {
    for arguments in [
        &["--frob"][..],
        &["extra"],
        &["--interval"],
        &["--interval", "9"],
        &["--interval", "60001"],
        &["--interval", "1s"],
        &["--bench", "0"],
        &["--bench", "ten"],
        &["--format", "json"],
        &["--bench", "1", "--format", "xml"],
        &["--source", "top"],
        &["--shm", ""],
        &["--once", "--check"],
        &["--once=1"],
        &["-x"],
    ] {
        let outcome = Stage::new().run(arguments);
        assert_eq!((outcome.code, &*outcome.printed), (2, ""), "{arguments:?}");
        assert!(outcome.line().ends_with("; see rstatd --help"), "{outcome:?}");
    }
}

#[test]
fn help_and_version_are_printed_and_nothing_is_done() {
    let stage = Stage::new();
    for (arguments, first) in [
        (["--help", "--source=bpf"], "rstatd - samples the machine"),
        (["-h", "--once"], "rstatd - samples the machine"),
        (["--version", "--check"], concat!("rstatd ", env!("CARGO_PKG_VERSION"), " (probe: ")),
        (["-V", "-h"], concat!("rstatd ", env!("CARGO_PKG_VERSION"), " (probe: ")),
    ] {
        let outcome = stage.run(&arguments);
        assert_eq!((outcome.code, &*outcome.said), (0, ""));
        assert!(outcome.printed.starts_with(first), "{}", outcome.printed);
    }
    assert!(!stage.region().exists());
}

/// The end of a command of the daemon's, with the standard streams of `redirections`.
fn redirected(stage: &Stage, redirections: &str, arguments: &[&str]) -> Outcome {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec \"$0\" \"$@\" {redirections}"), DAEMON]);
    command.arg("--shm").arg(stage.region()).args(arguments);
    stage.start(command).end()
}

#[test]
fn nobody_to_tell_is_no_reason_to_end_otherwise() {
    let stage = Stage::new();
    let once = ["--once", "--interval", "10", "--source", "proc"];
    let refused = ["--once", "--source", "bpf", "--probe", "/nowhere"];
    let replaced = ["--once", "--interval", "10", "--probe", "/nowhere"];
    for redirections in ["2>&-", "2>/dev/full", "0<&- 1>&- 2>&-"] {
        for (arguments, code) in [(&once[..], 0), (&refused, 1), (&replaced, 0), (&["--frob"], 2)] {
            let outcome = redirected(&stage, redirections, arguments);
            assert_eq!((outcome.code, &*outcome.said), (code, ""), "{redirections} {arguments:?}");
        }
    }
}

#[test]
fn what_cannot_be_printed_is_a_failure_and_no_panic() {
    let stage = Stage::new();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["--check", "--source", "proc"],
        &["--bench", "1", "--source", "proc"],
        &["--bench", "1", "--source", "proc", "--format", "json"],
    ] {
        let outcome = redirected(&stage, "1>/dev/full", arguments);
        outcome.failed_with(&["print: No space left on device"]);
    }
}

#[test]
fn a_reader_of_the_output_that_leaves_is_a_failure_and_no_panic() {
    let stage = Stage::new();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(DAEMON);
    command.args(["--check", "--source", "proc"]).stdout(writer);
    let outcome = stage.start_printing(command, "/dev/null".into()).end();
    outcome.failed_with(&["print: Broken pipe"]);
}
