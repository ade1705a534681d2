//! The plugin for Waybar, in a GTK program that loads it as Waybar does.

mod bar;
#[path = "../region/mod.rs"]
mod region;
#[path = "../samples/mod.rs"]
mod samples;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use bar::{Bar, Widget, plugin};
use region::{GIVE_UP, SHORT, Scratch, published};
use rstat_read::module::ModuleOptions;
use rstat_read::module::appearance::{Appearance, Module};
use rstat_read::text::json;
use rstat_read::{Follower, HistoryPoint};

/// What the program shows of the region.
fn appearance(scratch: &Scratch, options: &[(&str, &str)]) -> Appearance {
    let mut parsed = ModuleOptions::default();
    for (name, value) in options {
        parsed.set(name, value).unwrap();
    }
    let mut follower = Follower::new(Some(&scratch.region()));
    follower.wait();
    let mut points = vec![HistoryPoint::default(); 1024];
    Module::new(parsed).show(&follower.report(&mut points)).clone()
}

fn matches(widget: &Widget, expected: &Appearance) -> bool {
    let mut classes: Vec<_> = expected.classes.clone();
    classes.push("module");
    classes.sort_unstable();
    widget.text == expected.text && widget.tooltip == expected.tooltip && widget.classes == classes
}

#[test]
fn it_shows_what_the_program_prints() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let options = [("warning", "cpu=10"), ("format", "<b>{cpu.busy:>3}</b>% \u{2581}")];
    let Some(mut bar) = Bar::start(&scratch, 1, &options) else {
        return;
    };
    let expected = appearance(&scratch, &options);
    assert!(expected.text.contains("<b>"), "{expected:?}");
    assert!(expected.classes.contains(&"cpu-warning"), "{expected:?}");
    bar.expect(|widget| matches(widget, &expected));
    assert!(bar.widgets().iter().all(|widget| widget.name == "custom-rstat"));

    let mut program = Command::new(env!("CARGO_BIN_EXE_rstat-waybar"));
    program.args(["--once", "--warning", options[0].1, "--format", options[1].1, "--shm"]);
    let line = program.arg(scratch.region()).output().unwrap();
    let line = String::from_utf8(line.stdout).unwrap();
    for text in [&expected.text, &expected.tooltip] {
        let mut quoted = String::new();
        json::string(&mut quoted, text).unwrap();
        assert!(line.contains(&quoted), "{quoted} in {line}");
    }
}

#[test]
fn both_versions_of_the_interface_bring_the_same_options() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let options = [("width", "12"), ("kernel-threads", "true"), ("format", "\\\"😀 {cpu.busy}\"")];
    let expected = appearance(&scratch, &options);
    for (version, values) in [
        (1, options),
        (
            2,
            [
                ("width", "12\n"),
                ("kernel-threads", "true\n"),
                ("format", "\"\\\\\\\"\\ud83d\\ude00 {cpu.busy}\\\"\"\n"),
            ],
        ),
    ] {
        let Some(mut bar) = Bar::start(&scratch, version, &values) else {
            return;
        };
        bar.expect(|widget| matches(widget, &expected));
    }
}

#[test]
fn every_state_is_shown_and_ends() {
    let scratch = Scratch::new();
    let Some(mut bar) = Bar::start(&scratch, 1, &[("interval", "0"), ("hide-below", "cpu=30")])
    else {
        return;
    };
    bar.expect(|widget| widget.has("offline") && widget.tooltip.contains("systemctl start"));
    let mut writer = published(&scratch);
    bar.expect(|widget| widget.has("ok") && !widget.is_seen);
    let mut busy = samples::fresh(SHORT);
    busy.cpu_busy_ppm = 900_000;
    writer.publish(&mut busy);
    drop(writer);
    bar.expect(|widget| widget.has("stale") && !widget.has("ok") && widget.is_seen);
    let writer = published(&scratch);
    bar.expect(|widget| widget.has("ok"));
    writer.stop();
    bar.expect(|widget| widget.has("offline") && widget.tooltip.contains("was stopped"));
}

#[test]
fn clicks_and_signals_change_the_tooltip_at_once() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let Some(mut bar) = Bar::start(&scratch, 1, &[("on-signal", "5=kernel-threads")]) else {
        return;
    };
    let ordinary = appearance(&scratch, &[]);
    let with_threads = appearance(&scratch, &[("kernel-threads", "true")]);
    assert_ne!(ordinary.tooltip, with_threads.tooltip);
    bar.expect(|widget| matches(widget, &ordinary));
    for order in ["action kernel-threads", "signal 5"] {
        bar.order(order);
        bar.expect(|widget| matches(widget, &with_threads));
        bar.order("action no-such-action");
        bar.order("signal 6");
        bar.order(order);
        bar.expect(|widget| matches(widget, &ordinary));
    }
}

#[test]
fn it_finds_the_library_that_is_installed_beside_it() {
    let scratch = Scratch::new();
    let Some(mut bar) = Bar::start(&scratch, 1, &[]) else {
        return;
    };
    bar.expect(|widget| widget.has("offline"));
    let library = plugin(1).unwrap().ancestors().nth(2).unwrap().join("librstat_read.so.1.");
    let maps = bar.maps();
    assert!(maps.contains(library.to_str().unwrap()), "{}: {maps}", library.display());
}

#[test]
fn a_wrong_option_is_named_and_the_bars_own_are_not() {
    let scratch = Scratch::new();
    let Some(plugin) = plugin(1) else {
        return;
    };
    let check = |key: &str, value: &str, expected: Option<&str>| {
        let output = Bar::command(&scratch, &plugin, &[(key, value)]).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(if expected.is_some() { 3 } else { 0 }), "{errors}");
        assert_eq!(errors, expected.map_or(String::new(), |line| format!("rstat: {line}\n")));
    };
    check("warning", "cpu", Some("warning: 'cpu' is not NAME=VALUE"));
    check("wraning", "cpu=7", Some("unknown option `wraning`; did you mean `warning`?"));
    check("format", "CPU & {cpu.busy}", Some("format: it is markup: for `&` itself write `&amp;`"));
    check("on-click", "xterm", None);
    check("actions", "{\"on-click\": \"detail\"}", None);
}

#[test]
fn it_wakes_for_nothing_and_leaves_nothing_behind() {
    let scratch = Scratch::new();
    let Some(mut bar) = Bar::start(&scratch, 1, &[]) else {
        return;
    };
    bar.order("end");
    let before = bar.order("count");
    assert!(before.ends_with(" 0"), "{before}");
    let _writer = published(&scratch);
    for _ in 0..50 {
        bar.order("reload");
    }
    bar.expect(|widget| widget.has("ok"));
    let with_both = bar.order("count");
    assert!(with_both.ends_with(" 2"), "a mapping each: {with_both}");

    // The next sample is far away.
    let start = Instant::now();
    let mut wakes = Vec::new();
    // Both threads may still be on their way to sleep.
    while bar.wakes_of_threads() != wakes {
        wakes = bar.wakes_of_threads();
        assert_eq!(wakes.len(), 2);
        assert!(start.elapsed() < GIVE_UP, "a thread wakes up again and again: {wakes:?}");
        thread::sleep(Duration::from_millis(500));
    }

    bar.order("end");
    assert_eq!(bar.order("count"), before);
    assert_eq!(bar.children(), 0, "no process");
}
