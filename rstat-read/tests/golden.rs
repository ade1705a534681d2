//! The outputs, to the byte, for machines of all sorts: `tests/golden`.
//!
//! `RSTAT_BLESS=1 cargo test -p rstat-read --test golden` writes the files anew; review the
//! diff.

mod samples;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use rstat_read::figures::Template;
use rstat_read::figures::template::Rendering;
use rstat_read::module::{Module, ModuleOptions};
use rstat_read::outputs::waybar::line;
use rstat_read::outputs::{self, Wishes};
use rstat_read::text::paint::Paint;
use rstat_read::{Error, Freshness, HistoryPoint, KernelThreads, Report, Snapshot};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn check(name: &str, found: &str) {
    rstat_testbed::checked_in::compare(&golden(name), found);
}

fn report<'a>(sample: &'a Snapshot, history: &'a [HistoryPoint]) -> Report<'a> {
    Report {
        state: Freshness::Fresh,
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

    check(&format!("{name}.txt"), &written("text", Wishes::default(), &report));

    let json = written("json", Wishes::default(), &report);
    assert!(!json.contains('\n'), "one object, one line");
    check(&format!("{name}.json"), &json);

    check_line(name, &report);
    check_bars(name, &report);

    // Most variables are empty: they belong to CPUs and cards that the machine does not have.
    let variables = environment(&report);
    let known = variables.split_inclusive('\n').filter(|line| !line.ends_with("=\n"));
    check(&format!("{name}.env"), &known.collect::<String>());

    let kernel_threads = KernelThreads::Shown;
    let rendering = Rendering { kernel_threads, ..Rendering::default() };
    let metrics = written("prometheus", Wishes { rendering, ..Wishes::default() }, &report);
    check(&format!("{name}.prom"), &metrics);
}

/// What an output makes of a report.
fn written(name: &str, wishes: Wishes, report: &Report) -> String {
    let mut text = String::new();
    let kind = outputs::named(name).unwrap();
    (kind.new)(wishes)(&mut text, report).unwrap();
    text
}

fn environment(report: &Report) -> String {
    written("env", Wishes::default(), report)
}

/// The outputs of bars: their figures have levels.
fn bars() -> impl Iterator<Item = &'static str> {
    outputs::OUTPUTS.iter().filter(|kind| kind.has_levels).map(|kind| kind.name)
}

fn check_bars(name: &str, report: &Report) {
    for kind in bars() {
        let template = Template::parse("{top.cpu.name:<12.12} {cpu.busy:.1|off}").unwrap();
        let own = Wishes { templates: vec![template], ..Wishes::default() };
        let text = written(kind, Wishes::default(), report) + "\n" + &written(kind, own, report);
        check(&format!("{name}.{kind}"), &text);
    }
}

fn check_line(name: &str, report: &Report) {
    let mut module = Module::new(ModuleOptions::default());
    let text = next(&mut module, report).expect("the first line is always new");
    assert_eq!(text.find('\n'), Some(text.len() - 1), "one line");
    assert!(!text.contains("\\x"), "Waybar rewrites this escape");
    check(&format!("{name}.waybar.json"), &text);
    assert_eq!(next(&mut module, report), None, "a line is not repeated");
}

/// The next line for Waybar.
fn next(module: &mut Module, report: &Report) -> Option<String> {
    let mut text = String::new();
    line(&mut text, module.next(report)?).unwrap();
    Some(text)
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
        for kind in ["txt", "json", "waybar.json", "env", "prom"].into_iter().chain(bars()) {
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
    let mut module = Module::new(ModuleOptions::default());
    assert!(!next(&mut module, &report(&sample, &history)).unwrap().contains("kworker"));
    module.look().kernel_threads = KernelThreads::Shown;
    assert!(next(&mut module, &report(&sample, &history)).unwrap().contains("kworker ×9"));
}

#[test]
fn nothing_known_is_nothing_shown() {
    let sample = samples::empty();
    check_all("empty", &sample);
    for kind in ["txt", "json", "waybar.json", "env", "prom"].into_iter().chain(bars()) {
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
    for make in [samples::empty, samples::ordinary, samples::gpu_asleep] {
        assert_eq!(names(make()), all);
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
    for state in [Freshness::Stale, Freshness::Stopped] {
        let report = Report { state, age: Duration::from_secs(75), ..report(&sample, &history) };
        check_line(state.name(), &report);
        check_bars(state.name(), &report);
        let text = written("text", Wishes::default(), &report);
        check(&format!("{}.txt", state.name()), &text);
        let metrics = written("prometheus", Wishes::default(), &report);
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
    for (state, error) in [
        (Freshness::Absent, Some(&absent)),
        (Freshness::Refused, Some(&refused)),
        (Freshness::Starting, None),
    ] {
        let report = Report { state, sample: None, error, ..report(&sample, &[]) };
        check_line(state.name(), &report);
        check_bars(state.name(), &report);
    }
}

#[test]
fn a_terminal_has_colours_and_the_same_text() {
    let sample = samples::critical();
    let painted = |paint| {
        let wishes = Wishes { paint, ..Wishes::default() };
        written("text", wishes, &report(&sample, &[]))
    };
    let (plain, coloured) = (painted(Paint::Plain), painted(Paint::Coloured));
    assert!(coloured.contains("\x1b[31m                   97 °C\x1b[0m"), "{coloured}");
    let mut parts = coloured.split("\x1b[");
    let mut text = parts.next().unwrap().to_owned();
    text.extend(parts.map(|part| part.split_once('m').unwrap().1));
    assert_eq!(text, plain);
}

#[test]
fn a_shell_reads_back_the_printed_values() {
    let sample = samples::hostile();
    let variables = environment(&report(&sample, &[]));
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
    let mut module = Module::new(ModuleOptions::default());
    let mut sample = samples::gpu_asleep();
    let history = [HistoryPoint::from(&sample)];
    assert!(next(&mut module, &report(&sample, &history)).is_some());
    for drift in [5_100, 900, 4_900, 5_200] {
        sample.cpu_busy_ppm = drift;
        sample.sequence += 1;
        sample.sample_ns += 1_000;
        sample.cpu_temperature_mc += 100;
        sample.cpu_frequency_khz -= 10_000;
        sample.memory_used_bytes += 4 << 20;
        sample.cpu_power_uw += 100_000;
        assert_eq!(next(&mut module, &report(&sample, &history)), None, "{drift}");
    }
    sample.cpu_busy_ppm = 40_000;
    assert!(next(&mut module, &report(&sample, &history)).is_some());
}
