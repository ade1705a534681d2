//! What is printed, to the byte, for machines of all sorts: `tests/golden`.
//!
//! `RSTAT_BLESS=1 cargo test -p rstat-read --test golden` writes the files anew;
//! the diff is then the review.

mod samples;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, io};

use rstat_read::{Error, HistoryPoint, KernelThreads, Report, Snapshot, State, emit};

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
    emit::dump(&mut text, &report).unwrap();
    check(&format!("{name}.txt"), &text);

    let mut json = String::new();
    emit::object(&mut json, &report).unwrap();
    assert!(!json.contains('\n'), "one object, one line");
    check(&format!("{name}.json"), &json);

    check_line(name, &report);
}

fn check_line(name: &str, report: &Report) {
    let mut lines = emit::Waybar::default();
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
        for kind in ["txt", "json", "waybar.json"] {
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
    let mut lines = emit::Waybar::default();
    assert!(!lines.line(&report(&sample, &history)).unwrap().contains("kworker"));
    lines.look().kernel_threads = KernelThreads::Shown;
    assert!(lines.line(&report(&sample, &history)).unwrap().contains("kworker ×9"));
}

#[test]
fn nothing_known_is_nothing_shown() {
    let sample = samples::empty();
    check_all("empty", &sample);
    for name in ["empty.txt", "empty.json", "empty.waybar.json"] {
        let text = fs::read_to_string(golden(name)).unwrap();
        assert!(!text.contains("98"), "{name} shows a figure that is not valid");
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
        let mut text = String::new();
        emit::dump(&mut text, &report).unwrap();
        check(&format!("{}.txt", state.name()), &text);
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
        check_line(state.name(), &Report { state, sample: None, error, ..report(&sample, &[]) });
    }
}

#[test]
fn a_figure_that_trembles_prints_no_line() {
    let mut lines = emit::Waybar::default();
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
