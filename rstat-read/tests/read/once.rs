//! The output of one call.

use std::path::Path;
use std::process::{Command, Stdio};

use rstat_read::Snapshot;
use rstat_read::figures::catalogue::catalogue;

use crate::region::{self, LONG, SHORT, Scratch, published, run};
use crate::{formats, read, samples};

#[test]
fn a_figure_is_asked_for_by_either_name() {
    let scratch = Scratch::new();
    let writer = published(&scratch);
    let get = |names: &[&str]| {
        let arguments = names.iter().flat_map(|name| ["--get", name]);
        run(read(&scratch.region()).args(arguments))
    };
    let ok = |output: &str| (Some(0), output.to_owned(), String::new());
    assert_eq!(get(&["cpu.busy"]), ok("23\n"));
    assert_eq!(get(&["cpu_busy_ppm"]), ok("234000\n"));
    assert_eq!(get(&["memory.used:.2G", "gpu.temp", "state"]), ok("16.41\n48\nfresh\n"));
    assert_eq!(get(&["top.cpu.1.name", "top_cpu.1.cpu_ppm"]), ok("rustc\n488000\n"));

    let (code, output, errors) = get(&["swap.used", "cpu.busy"]);
    assert_eq!((code, output.as_str()), (Some(1), "23\n"));
    assert_eq!(errors, "rstat-read: swap.used is not known on this machine now\n");

    assert_eq!(get(&["swap.used|0"]), ok("0\n"));

    writer.stop();
    assert_eq!(get(&["cpu.busy|?"]), ok("?\n"));
    let (code, output, errors) = get(&["cpu.busy", "state"]);
    assert_eq!((code, output.as_str()), (Some(1), "stopped\n"));
    assert_eq!(
        errors,
        "rstat-read: cpu.busy is not known now: rstatd was stopped; to start it: systemctl start \
         rstatd\n"
    );
}

#[test]
fn what_the_region_remembers_is_printed() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    writer.publish(&mut Snapshot { cpu_busy_ppm: 410_000, ..samples::fresh(LONG) });
    let (code, output, errors) = run(read(&scratch.region()).arg("--history"));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let busy: Vec<_> = output
        .lines()
        .map(|line| line.split("\"cpu_busy_ppm\":").nth(1).unwrap().split(',').next().unwrap())
        .collect();
    assert_eq!(busy, ["234000", "410000"]);
}

#[test]
fn all_names_are_listed_without_a_daemon() {
    let (code, output, errors) = run(read(Path::new("/nowhere")).arg("--list"));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for name in ["cpu.busy ", "memory.percent ", "gpu.N.temp ", "top.cpu.N.name ", "swap_used_ppm"]
    {
        assert!(output.contains(name), "{name} in {output}");
    }
    let listed: Vec<_> = output.lines().filter_map(|line| line.split(' ').next()).collect();
    for entry in catalogue() {
        assert!(listed.contains(&&*entry.dotted), "{} in {output}", entry.dotted);
    }
}

#[test]
fn old_figures_are_not_shown_as_new_ones() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let mut sample = samples::fresh(SHORT);
    sample.monotonic_ns -= 100_000_000;
    writer.publish(&mut sample);
    drop(writer);
    let read = |arguments: &[&str]| run(read(&scratch.region()).args(arguments));
    let (code, output, _) = read(&["--template", "{cpu.busy:>3}% {state}"]);
    assert_eq!((code, output.as_str()), (Some(0), "  –% stale\n"));
    let (_, output, _) = read(&["--template", "{age_ns}"]);
    assert!(output.trim_end().parse::<u64>().unwrap() > 100_000_000, "{output}");
    let (code, output, _) = read(&["--format", "prometheus"]);
    assert_eq!(code, Some(0));
    assert!(output.ends_with("\nrstat_up 0\n"), "{output}");
    let (code, output, _) = read(&["--format", "polybar"]);
    assert_eq!((code, output.as_str()), (Some(0), "%{F#808080}rstat stale%{F-}\n"));
    let (code, output, _) = read(&["--dump"]);
    assert_eq!(code, Some(0));
    assert!(output.contains("is stale, ") && output.contains("firefox"), "{output}");
    let (_, output, _) = read(&["--format", "env"]);
    assert!(output.starts_with("RSTAT_STATE='stale'\n"), "{output}");
}

#[test]
fn a_shell_keeps_nothing_of_an_earlier_sample() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let mut shell = Command::new("sh");
    let script = "RSTAT_ZOMBIES_7_NAME=old; \
                  eval \"$(\"$0\" --format env)\"; \
                  echo \"$RSTAT_STATE ${RSTAT_ZOMBIES_7_NAME-unset} $RSTAT_TOP_CPU_0_NAME\"";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_rstat-read")]);
    shell.env("RSTAT_SHM", scratch.region()).stdin(Stdio::null());
    assert_eq!(run(&mut shell).1, "fresh  firefox\n");
}

#[test]
fn a_time_namespace_changes_no_age() {
    if Command::new("unshare").arg("--version").output().is_err() {
        eprintln!("SKIPPED: unshare is not installed");
        return;
    }
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let mut sample = samples::fresh(LONG);
    sample.monotonic_ns -= 100_000_000;
    writer.publish(&mut sample);
    for offset in ["100000", "-5"] {
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--time", "--monotonic", offset]);
        unshare.arg(env!("CARGO_BIN_EXE_rstat-read")).args(["--template", "{state} {age_ns}"]);
        unshare.env("RSTAT_SHM", scratch.region()).stdin(Stdio::null());
        let (code, output, errors) = run(&mut unshare);
        if errors.starts_with("unshare: ") {
            eprintln!("SKIPPED: this user cannot have a time namespace: {errors}");
            return;
        }
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        let age_ns: u64 = output.strip_prefix("fresh ").expect(&output).trim_end().parse().unwrap();
        let oldest_ns = samples::monotonic_ns() - sample.monotonic_ns;
        assert!((100_000_000..=oldest_ns).contains(&age_ns), "{offset}: {output}");
    }
}

#[test]
fn every_format_is_text_whatever_processes_are_called() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let monotonic_ns = samples::monotonic_ns();
    let period_ns = LONG.as_nanos() as u64;
    writer.publish(&mut Snapshot { monotonic_ns, period_ns, ..samples::hostile() });
    let read = |arguments: &[&str]| run(read(&scratch.region()).args(arguments));
    for format in formats(|kind| kind.endless.is_none()) {
        // `run` asserts that the output is valid UTF-8.
        let (code, output, errors) = read(&["--format", format]);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{format}");
        assert!(!output.chars().any(|c| c.is_control() && c != '\n'), "{format}: {output}");
    }
    let names = "{top.cpu.0.name}{top.cpu.1.name}{top.cpu.2.name}{top.cpu.3.name}";
    let (_, output, _) = read(&["--template", names, "--escape", "pango"]);
    assert_eq!(
        output,
        "&lt;b&gt;&amp;\"\\x2dbad\u{fffd}\u{fffd}bytestwelve bytestwo\u{fffd}lines\u{fffd}\u{fffd}[31m\n"
    );
    let (_, output, _) = read(&["--template", "{top.cpu.name}", "--escape", "json"]);
    assert_eq!(output, "<b>&\\\"\\u005cx2d\n");
    let (_, output, _) = read(&["--get", "top.cpu.name", "--escape", "json"]);
    assert_eq!(output, "<b>&\\\"\\u005cx2d\n");
}

#[test]
fn there_are_no_colours_without_a_terminal() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let (_, output, _) = run(read(&scratch.region()).env("TERM", "xterm-256color"));
    assert!(!output.contains('\x1b'));
}
