//! The formats of bars: protocols, colours, and that no line is printed twice.

use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rstat_read::Snapshot;

use crate::following::Following;
use crate::region::{LONG, Scratch, published, run};
use crate::{kill, read, samples};

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

    // Unexpected clicks do no harm.
    let clicks = reader.child.0.stdin.as_mut().unwrap();
    clicks.write_all(b"[\n{\"name\":\"rstat\",\"button\":1},\n").unwrap();
    kill(&reader.child, "-STOP");
    for _ in 0..3 {
        writer.publish(&mut Snapshot { cpu_busy_ppm: 410_000, ..samples::fresh(LONG) });
    }
    kill(&reader.child, "-CONT");
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
fn a_bar_gets_no_line_twice() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let mut command = read(&scratch.region());
    let reader =
        Following::start(command.args(["--template", "{cpu.busy}", "--follow", "--interval", "0"]));
    assert_eq!(reader.line(), "23");
    writer.publish(&mut samples::fresh(LONG));
    // This is long enough for the program to take the sample in between.
    thread::sleep(Duration::from_millis(200));
    writer.publish(&mut Snapshot { cpu_busy_ppm: 500_000, ..samples::fresh(LONG) });
    assert_eq!(reader.line(), "50");
}
