//! `rstat-read`: what it says when asked once, and how it goes on when it follows.

mod region;
mod samples;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use region::{Ending, GIVE_UP, LONG, SHORT, Scratch, end, lines, run};
use rstat_read::Snapshot;
use rstat_shm::Writer;

fn read(region: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstat-read"));
    command.env("RSTAT_SHM", region).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn published(scratch: &Scratch) -> Writer {
    let mut writer = region::writer(&scratch.region());
    writer.publish(&mut samples::fresh(LONG));
    writer
}

/// A program that follows, and its lines as they come.
struct Following {
    child: Ending,
    lines: Receiver<String>,
}

impl Following {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        Self { child: Ending(child), lines: lines(output) }
    }

    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(GIVE_UP).expect("a line")
    }

    /// The next line that has `part` in it.
    #[track_caller]
    fn expect(&self, part: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(part) {
                return line;
            }
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.0.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
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
        "--list, --history and --watch have a form of their own",
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
    check(
        &["--warning", "cpu=3"],
        "--warning and --critical are for the formats i3bar and polybar",
    );
    check(&["--format", "template"], "--format template needs a --template");
    check(
        &["--format", "json", "--template", "x"],
        "--template is for the formats template, i3bar and polybar",
    );
    check(
        &["--format", "i3bar", "--output", "x"],
        "--format i3bar is a stream and has no --output",
    );
    check(
        &["--get", "cpu.busy", "--format", "json"],
        "--get prints figures alone; with text around them, use --template",
    );
    check(
        &["--get", "cpu.busy", "--follow"],
        "--get prints once; to follow a figure, use --template '{NAME}' --follow",
    );
}

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
fn every_format_is_text_whatever_processes_are_called() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let monotonic_ns = samples::monotonic_ns();
    let period_ns = LONG.as_nanos() as u64;
    writer.publish(&mut Snapshot { monotonic_ns, period_ns, ..samples::hostile() });
    let read = |arguments: &[&str]| run(read(&scratch.region()).args(arguments));
    for format in ["text", "json", "env", "prometheus", "polybar"] {
        // `run` asserts that it is valid UTF-8.
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
}

#[test]
fn following_waits_for_a_daemon_and_for_the_next_one() {
    let scratch = Scratch::new();
    let mut command = read(&scratch.region());
    command.args(["--template", "{state} {cpu.busy}", "--follow", "--interval", "0"]);
    let reader = Following::start(&mut command);
    assert_eq!(reader.line(), "absent –");
    let mut writer = published(&scratch);
    reader.expect("fresh 23");
    writer.publish(&mut samples::fresh(SHORT));
    drop(writer);
    reader.expect("stale –");
    let writer = published(&scratch);
    reader.expect("fresh 23");
    writer.stop();
    reader.expect("stopped –");
}

#[test]
fn every_sample_is_a_line_of_json() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let mut command = read(&scratch.region());
    let reader = Following::start(command.args(["--format", "jsonl", "--interval", "0"]));
    for sequence in 1..4 {
        let line = reader.line();
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
        assert!(line.contains(&format!("\"sequence\":{sequence},")), "{line}");
        writer.publish(&mut samples::fresh(LONG));
    }
}

#[test]
fn the_bar_protocol_goes_on_after_a_stop() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let mut command = read(&scratch.region());
    command.args(["--format", "i3bar", "--interval", "0"]).stdin(Stdio::piped());
    let mut reader = Following::start(&mut command);
    assert_eq!(reader.line(), "{\"version\":1,\"click_events\":false}");
    assert_eq!(reader.line(), "[");
    let line = reader.line();
    assert!(line.starts_with("[{\"name\":\"rstat\"") && line.ends_with("}],"), "{line}");
    assert!(line.contains("\"full_text\":\"CPU \u{2007}23%\""), "{line}");

    // Clicks that nobody asked for do no harm.
    let clicks = reader.child.0.stdin.as_mut().unwrap();
    clicks.write_all(b"[\n{\"name\":\"rstat\",\"button\":1},\n").unwrap();
    reader.signal("-STOP");
    for _ in 0..3 {
        writer.publish(&mut Snapshot { cpu_busy_ppm: 410_000, ..samples::fresh(LONG) });
    }
    reader.signal("-CONT");
    reader.expect("CPU \u{2007}41%");
    writer.publish(&mut Snapshot { cpu_busy_ppm: 1_000_000, ..samples::fresh(LONG) });
    let line = reader.expect("CPU 100%");
    assert!(line.contains("\"color\":\"#e5c07b\",\"urgent\":false"), "{line}");
}

#[test]
fn a_block_with_markup_says_so() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let mut command = read(&scratch.region());
    command.args(["--format", "i3bar", "--escape", "pango", "--template", "<b>{cpu.busy}</b>%"]);
    let reader = Following::start(command.args(["--template", "{top.cpu.name}"]));
    let line = reader.expect("full_text");
    assert!(line.contains("\"full_text\":\"<b>23</b>%\""), "{line}");
    assert_eq!(line.matches("\"markup\":\"pango\"").count(), 2, "{line}");
}

#[test]
fn samples_that_come_too_soon_are_skipped() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    writer.publish(&mut samples::fresh(SHORT));
    let mut command = read(&scratch.region());
    let reader = Following::start(command.args(["--format", "jsonl", "--interval", "5x"]));
    let start = Instant::now();
    let mut times_ns: Vec<u64> = Vec::new();
    while times_ns.len() < 4 {
        assert!(start.elapsed() < GIVE_UP, "{times_ns:?}");
        thread::sleep(SHORT);
        writer.publish(&mut samples::fresh(SHORT));
        // Where this test was kept waiting, the region was stale in between.
        let fresh = reader.lines.try_iter().filter(|line| line.contains("\"state\":\"fresh\""));
        times_ns.extend(fresh.map(|line| {
            let rest = line.split("\"monotonic_ns\":").nth(1).unwrap();
            rest.split(',').next().unwrap().parse::<u64>().unwrap()
        }));
    }
    let least_ns = 4 * SHORT.as_nanos() as u64;
    let steps: Vec<_> = times_ns.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|step_ns| *step_ns >= least_ns), "{steps:?}");
}

#[test]
fn colours_begin_where_somebody_wants_them() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let line = |arguments: &[&str]| {
        let mut command = read(&scratch.region());
        command.args([
            "--format",
            "polybar",
            "--template",
            "{cpu.busy}",
            "--template",
            "{cpu.temp}",
        ]);
        run(command.args(arguments)).1
    };
    assert_eq!(line(&[]), "23  54\n");
    assert_eq!(line(&["--warning", "cpu=20,temp=60"]), "%{F#e5c07b}23%{F-}  54\n");
    assert_eq!(line(&["--critical", "temp=54"]), "23  %{F#e06c75}54%{F-}\n");
}

#[test]
fn a_bar_is_not_told_twice() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let mut command = read(&scratch.region());
    let reader =
        Following::start(command.args(["--template", "{cpu.busy}", "--follow", "--interval", "0"]));
    assert_eq!(reader.line(), "23");
    writer.publish(&mut samples::fresh(LONG));
    // Long enough for it to have taken the sample between.
    thread::sleep(Duration::from_millis(200));
    writer.publish(&mut Snapshot { cpu_busy_ppm: 500_000, ..samples::fresh(LONG) });
    assert_eq!(reader.line(), "50");
}

#[test]
fn following_ends_when_nobody_reads_it() {
    let scratch = Scratch::new();
    for format in ["text", "jsonl", "prometheus", "i3bar", "polybar"] {
        let mut command = read(&scratch.region());
        command.args(["--follow", "--format", format]);
        let mut child =
            Ending(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        drop(child.0.stdout.take());
        assert_eq!(end(&mut child.0).code(), Some(0), "{format}");
        let errors = std::io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
        assert_eq!(errors, "", "{format}");
    }
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let scratch = Scratch::new();
    let file = scratch.path().join("rstat.prom");
    let write =
        || run(read(&scratch.region()).args(["--format", "prometheus", "--output"]).arg(&file));
    // Who collects the file has to learn that there is no daemon.
    let (code, _, errors) = write();
    assert_eq!(code, Some(1));
    assert!(errors.starts_with("rstat-read: rstatd does not run"), "{errors}");
    assert!(fs::read_to_string(&file).unwrap().ends_with("\nrstat_up 0\n"));
    let first = fs::metadata(&file).unwrap().ino();

    let _writer = published(&scratch);
    assert_eq!(write(), (Some(0), String::new(), String::new()));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nrstat_cpu_busy_ratio 0.234\n"), "{text}");
    let found = fs::metadata(&file).unwrap();
    assert_ne!(found.ino(), first, "a new file under the old name");
    assert_eq!(found.permissions().mode() & 0o7777, 0o644);
    let names: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("prom"))
        .collect();
    assert_eq!(names, ["rstat.prom"], "nothing is left behind");
}

#[test]
fn a_followed_file_is_written_with_each_sample() {
    let scratch = Scratch::new();
    let file = scratch.path().join("rstat.txt");
    let mut writer = published(&scratch);
    let mut command = read(&scratch.region());
    command.args(["--follow", "--interval", "0", "--template", "{cpu.busy}", "--output"]);
    let _child = Ending(command.arg(&file).spawn().unwrap());
    let expect = |expected: &str| {
        let start = Instant::now();
        while fs::read_to_string(&file).unwrap_or_default() != expected {
            assert!(start.elapsed() < GIVE_UP, "{expected}");
            thread::sleep(Duration::from_millis(5));
        }
    };
    expect("23\n");
    writer.publish(&mut Snapshot { cpu_busy_ppm: 500_000, ..samples::fresh(LONG) });
    expect("50\n");
    writer.stop();
    expect("–\n");
}

#[test]
fn only_a_regular_file_is_replaced() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let target = scratch.path().join("target");
    fs::write(&target, "kept").unwrap();
    let link = scratch.path().join("link");
    symlink(&target, &link).unwrap();
    for path in [Path::new("/dev/null"), scratch.path(), &link] {
        let (code, _, errors) = run(read(&scratch.region()).arg("--output").arg(path));
        assert_eq!(code, Some(1));
        let expected = format!("rstat-read: write {}: it is not a regular file\n", path.display());
        assert_eq!(errors, expected);
    }
    assert_eq!(fs::read_to_string(target).unwrap(), "kept");
    let (code, _, errors) = run(read(&scratch.region()).args(["--output", "/nowhere/rstat.prom"]));
    assert_eq!(code, Some(1));
    assert_eq!(errors, "rstat-read: write /nowhere/rstat.prom: No such file or directory\n");
}

#[test]
fn there_are_no_colours_without_a_terminal() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let (_, output, _) = run(read(&scratch.region()).env("TERM", "xterm-256color"));
    assert!(!output.contains('\x1b'));
}
