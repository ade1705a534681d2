//! The outputs, to the byte, for machines of all sorts: `tests/golden`.
//!
//! `RSTAT_BLESS=1 cargo test -p rstat-read --test golden` writes the files anew; review the
//! diff.

mod samples;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, io};

use rstat_read::figures::template::Rendering;
use rstat_read::figures::{Template, Thresholds};
use rstat_read::text::paint::Paint;
use rstat_read::{Error, HistoryPoint, KernelThreads, Report, Snapshot, State, outputs};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn check(name: &str, found: &str) {
    let path = golden(name);
    if env::var_os("RSTAT_BLESS").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} is not as in {}:\n{found}", path.display());
}

fn report<'a>(sample: &'a Snapshot, history: &'a [HistoryPoint]) -> Report<'a> {
    Report {
        state: State::Fresh,
        sample: Some(sample),
        history,
        age: Duration::from_millis(400),
        path: Path::new("/dev/shm/rstat/v1"),
        error: None,
    }
}

fn check_all(name: &str, sample: &Snapshot) {
    let history = samples::history(sample);
    let report = report(sample, &history);

    let mut text = String::new();
    outputs::dump(&mut text, &report, Paint::Plain).unwrap();
    check(&format!("{name}.txt"), &text);

    let mut json = String::new();
    outputs::object(&mut json, &report).unwrap();
    assert!(!json.contains('\n'), "one object, one line");
    check(&format!("{name}.json"), &json);

    check_line(name, &report);
    check_bars(name, &report);

    // Most variables are empty: they belong to CPUs and cards that the machine does not have.
    let variables = environment(&report);
    let known = variables.split_inclusive('\n').filter(|line| !line.ends_with("=\n"));
    check(&format!("{name}.env"), &known.collect::<String>());

    let mut metrics = String::new();
    outputs::Prometheus::new(KernelThreads::Shown).write(&mut metrics, &report).unwrap();
    check(&format!("{name}.prom"), &metrics);
}

fn environment(report: &Report) -> String {
    let mut variables = String::new();
    outputs::Environment::new(KernelThreads::Hidden).write(&mut variables, report).unwrap();
    variables
}

fn check_bars(name: &str, report: &Report) {
    let rendering = Rendering::default();
    let mut block = String::new();
    outputs::I3bar::new(Vec::new(), rendering, &Thresholds::default())
        .write(&mut block, report)
        .unwrap();
    let template = || vec![Template::parse("{top.cpu.name:<12.12} {cpu.busy:.1|off}").unwrap()];
    block.push('\n');
    outputs::I3bar::new(template(), rendering, &Thresholds::default())
        .write(&mut block, report)
        .unwrap();
    check(&format!("{name}.i3bar.json"), &block);

    let mut line = String::new();
    outputs::Polybar::new(Vec::new(), rendering, &Thresholds::default())
        .write(&mut line, report)
        .unwrap();
    line.push('\n');
    outputs::Polybar::new(template(), rendering, &Thresholds::default())
        .write(&mut line, report)
        .unwrap();
    check(&format!("{name}.polybar"), &line);
}

fn check_line(name: &str, report: &Report) {
    let mut lines = outputs::Waybar::default();
    let line = lines.line(report).expect("the first line is always new").to_owned();
    assert_eq!(line.find('\n'), Some(line.len() - 1), "one line");
    assert!(!line.contains("\\x"), "Waybar rewrites it");
    check(&format!("{name}.waybar.json"), &line);
    assert_eq!(lines.line(report), None, "a line is not repeated");
}

#[test]
fn an_ordinary_machine() {
    check_all("ordinary", &samples::ordinary());
}

#[test]
fn hostile_names_are_data() {
    check_all("hostile", &samples::hostile());
    check_all("hostile_applications", &samples::hostile_applications());
}

#[test]
fn no_output_has_characters_that_are_not_seen() {
    for name in ["hostile", "hostile_applications"] {
        for kind in ["txt", "json", "waybar.json", "env", "prom", "i3bar.json", "polybar"] {
            let text = fs::read_to_string(golden(&format!("{name}.{kind}"))).unwrap();
            let hidden = |c: &char| matches!(c, '\u{202e}' | '\u{200b}') || c.is_control();
            let found: Vec<_> = text.chars().filter(hidden).filter(|c| *c != '\n').collect();
            assert_eq!(found, [], "{name}.{kind}");
            let escaped = |text: &str, what| text.matches(what).count();
            assert_eq!(escaped(&text, "\\u00"), escaped(&text, "\\u005c"), "{name}.{kind}");
        }
    }
}

#[test]
fn kernel_threads_are_shown_to_those_who_ask() {
    let sample = samples::ordinary();
    let history = samples::history(&sample);
    let mut lines = outputs::Waybar::default();
    assert!(!lines.line(&report(&sample, &history)).unwrap().contains("kworker"));
    lines.look().kernel_threads = KernelThreads::Shown;
    assert!(lines.line(&report(&sample, &history)).unwrap().contains("kworker ×9"));
}

#[test]
fn nothing_known_is_nothing_shown() {
    let sample = samples::empty();
    check_all("empty", &sample);
    for kind in ["txt", "json", "waybar.json", "env", "prom", "i3bar.json", "polybar"] {
        let name = format!("empty.{kind}");
        let text = fs::read_to_string(golden(&name)).unwrap();
        assert!(!text.contains("98"), "{name} shows a figure that is not valid");
    }
}

#[test]
fn every_variable_is_set_whatever_is_known() {
    let names = |sample: Snapshot| {
        let lines = environment(&report(&sample, &[]));
        let name = |line: &str| line.split_once('=').unwrap().0.to_owned();
        lines.lines().map(name).collect::<Vec<_>>()
    };
    let all = names(samples::huge());
    for sample in [samples::empty(), samples::ordinary(), samples::gpu_asleep()] {
        assert_eq!(names(sample), all);
    }
}

#[test]
fn the_largest_numbers_there_are() {
    check_all("huge", &samples::huge());
}

#[test]
fn a_sleeping_gpu() {
    check_all("gpu_asleep", &samples::gpu_asleep());
}

#[test]
fn a_machine_in_trouble() {
    check_all("critical", &samples::critical());
}

#[test]
fn states_without_news() {
    let sample = samples::ordinary();
    let history = samples::history(&sample);
    for state in [State::Stale, State::Stopped] {
        let report = Report { state, age: Duration::from_secs(75), ..report(&sample, &history) };
        check_line(state.name(), &report);
        check_bars(state.name(), &report);
        let mut text = String::new();
        outputs::dump(&mut text, &report, Paint::Plain).unwrap();
        check(&format!("{}.txt", state.name()), &text);
        let mut metrics = String::new();
        outputs::Prometheus::new(KernelThreads::Hidden).write(&mut metrics, &report).unwrap();
        assert!(metrics.ends_with("\nrstat_up 0\n"), "{metrics}");
    }
}

#[test]
fn states_without_a_sample() {
    let sample = samples::ordinary();
    let refused = Error::Untrusted {
        path: "/dev/shm/rstat/v1".into(),
        why: "it belongs to user 1000, not to root or you".into(),
    };
    let absent = Error::Io {
        action: "open region",
        path: "/dev/shm/rstat/v1".into(),
        error: io::ErrorKind::NotFound.into(),
    };
    for (state, error) in
        [(State::Absent, Some(&absent)), (State::Refused, Some(&refused)), (State::Starting, None)]
    {
        let report = Report { state, sample: None, error, ..report(&sample, &[]) };
        check_line(state.name(), &report);
        check_bars(state.name(), &report);
    }
}

#[test]
fn a_terminal_has_colours_and_the_same_text() {
    let sample = samples::critical();
    let (mut plain, mut coloured) = (String::new(), String::new());
    outputs::dump(&mut plain, &report(&sample, &[]), Paint::Plain).unwrap();
    outputs::dump(&mut coloured, &report(&sample, &[]), Paint::Coloured).unwrap();
    assert!(coloured.contains("\x1b[31m                   97 °C\x1b[0m"), "{coloured}");
    let mut parts = coloured.split("\x1b[");
    let mut text = parts.next().unwrap().to_owned();
    text.extend(parts.map(|part| part.split_once('m').unwrap().1));
    assert_eq!(text, plain);
}

#[test]
fn a_shell_reads_back_the_printed_values() {
    let sample = samples::hostile();
    let (mut variables, report) = (String::new(), report(&sample, &[]));
    outputs::Environment::new(KernelThreads::Hidden).write(&mut variables, &report).unwrap();
    let script = format!("{variables}printf '%s|' \"$RSTAT_TOP_CPU_0_NAME\" $RSTAT_CPU_BUSY_PPM");
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "<b>&\"\\x2d|234000|");
    assert!(output.stderr.is_empty());
}

#[test]
fn promtool_finds_nothing_to_say() {
    for name in ["ordinary", "hostile", "hostile_applications", "huge", "critical", "empty"] {
        let metrics = fs::File::open(golden(&format!("{name}.prom"))).unwrap();
        let promtool = Command::new("promtool").args(["check", "metrics"]).stdin(metrics).output();
        let Ok(output) = promtool else {
            eprintln!("SKIPPED: promtool is not installed: apt install prometheus");
            return;
        };
        let said = [output.stdout, output.stderr].concat();
        assert_eq!(String::from_utf8(said).unwrap(), "", "{name}");
        assert!(output.status.success());
    }
}

#[test]
fn a_figure_that_trembles_prints_no_line() {
    let mut lines = outputs::Waybar::default();
    let mut sample = samples::gpu_asleep();
    let history = [HistoryPoint::from(&sample)];
    assert!(lines.line(&report(&sample, &history)).is_some());
    for drift in [5_100, 900, 4_900, 5_200] {
        sample.cpu_busy_ppm = drift;
        sample.sequence += 1;
        sample.sample_ns += 1_000;
        sample.cpu_temperature_mc += 100;
        sample.cpu_frequency_khz -= 10_000;
        sample.memory_used_bytes += 4 << 20;
        sample.cpu_power_uw += 100_000;
        assert_eq!(lines.line(&report(&sample, &history)), None, "{drift}");
    }
    sample.cpu_busy_ppm = 40_000;
    assert!(lines.line(&report(&sample, &history)).is_some());
}
