//! Messages about wrong command lines, and their advice.

use std::path::Path;

use rstat_read::outputs::{OUTPUTS, OutputKind, Templates};

use crate::read;
use crate::region::run;

/// `i3bar, i3status and polybar`.
fn listed<'a>(kinds: impl Iterator<Item = &'a &'a OutputKind>) -> String {
    let names: Vec<_> = kinds.map(|kind| kind.name).collect();
    let (last, first) = names.split_last().unwrap();
    assert!(names.contains(&"i3bar") && names.contains(&"polybar"));
    format!("{} and {last}", first.join(", "))
}

#[test]
fn a_wrong_command_line_says_what_would_be_right() {
    let check = |arguments: &[&str], expected: &str| {
        let (code, output, errors) = run(read(Path::new("/nowhere")).args(arguments));
        assert_eq!((code, output.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(errors, format!("rstat-read: {expected} (see rstat-read --help)\n"));
    };
    check(
        &["--template", "{cpu.bussy}"],
        "--template: character 2: unknown metric `cpu.bussy`; did you mean `cpu.busy`?",
    );
    check(&["--get", "cpu.tmp"], "--get: unknown metric `cpu.tmp`; did you mean `cpu.temp`?");
    check(&["--formt=json"], "unknown option `--formt`; did you mean `--format`?");
    check(
        &["--history", "--format", "prometheus"],
        "--list and --history have a form of their own",
    );
    check(&["--escape", "html"], "--escape is one of none, pango, polybar, json, not 'html'");
    check(
        &["--interval", "x", "--follow"],
        "--interval: it is a number of seconds such as 2 or 0.5, or of samples such as 3x, not 'x'",
    );
    check(&["--interval", "2"], "--interval is the time between samples: it needs --follow");
    check(
        &["--history", "--interval", "2"],
        "--interval is the time between samples: it needs --follow",
    );
    check(&["--shm", ""], "--shm: it is the path of a file, not ''");
    check(&["--format", "json", "--output="], "--output: it is the path of a file, not ''");
    check(
        &["--format", "polybar", "--warning", "temp=80000"],
        "--warning: temp is a number from -50 to 200, or off, not '80000'",
    );
    check(
        &["--template", "{a\nb\u{1b}[2J}"],
        "--template: character 2: unknown metric `a\u{fffd}b\u{fffd}[2J`",
    );
    check(
        &["--format", "polybar", "--warning", "cup=3"],
        "--warning: unknown figure `cup`; did you mean `cpu`?",
    );
    let with_levels = OUTPUTS.iter().filter(|kind| kind.has_levels);
    check(
        &["--warning", "cpu=3"],
        &format!("--warning and --critical are for the formats {}", listed(with_levels)),
    );
    check(&["--format", "template"], "--format template needs a --template");
    let with_templates = |of| OUTPUTS.iter().filter(move |kind| kind.templates == of);
    let with_templates =
        with_templates(Templates::Required).chain(with_templates(Templates::Optional));
    check(
        &["--format", "json", "--template", "x"],
        &format!("--template is for the formats {}", listed(with_templates)),
    );
    check(
        &["--format", "i3bar", "--output", "x"],
        "--format i3bar is a stream and has no --output",
    );
    check(
        &["--format", "jsonl", "--output", "x", "--follow"],
        "--format jsonl is a stream and has no --output; --format json --follow has one",
    );
    for format in ["text", "json", "polybar"] {
        check(&["--escape", "none", "--format", format], "--escape needs a --template or --get");
    }
    for options in [
        ["--list", "--escape=json"],
        ["--list", "--kernel-threads"],
        ["--history", "--warning=cpu=3"],
    ] {
        check(&options, "--list and --history have a form of their own");
    }
    check(&["--list", "--history"], "--list and --history exclude each other");
    check(&["--watch", "--interval=1"], "--watch is a program of its own: rstat-watch");
    check(&["--format", "polybar", "--warning", "cpu=70,cpu=80"], "--warning: cpu is there twice");
    check(
        &["--get", "cpu.busy", "--format", "json"],
        "--get prints figures alone; with text around them, use --template",
    );
    check(
        &["--get", "cpu.busy", "--follow"],
        "--get prints once; to follow a figure, use --template '{NAME}' --follow",
    );
}
