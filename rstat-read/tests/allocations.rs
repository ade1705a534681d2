//! Neither a snapshot nor a line for the bar allocates, after the first few of each.

mod region;
mod samples;

use std::path::Path;
use std::time::Duration;

use region::{LONG, Scratch};
use rstat_read::module::{Module, ModuleOptions};
use rstat_read::outputs::waybar::line;
use rstat_read::{Freshness, HistoryPoint, Reader, Report, Snapshot, figures};
use rstat_testbed::allocations::{self, Counting};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn taking_and_waiting_for_samples_allocates_nothing() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    let mut sample = Snapshot::EMPTY;
    let mut points = [HistoryPoint::default(); 64];
    let count = allocations::count(|| {
        for _ in 0..100 {
            writer.publish(&mut samples::fresh(LONG));
            assert!(reader.wait(Duration::ZERO).is_some());
            reader.snapshot(&mut sample).unwrap();
            reader.history(&mut points);
            assert_eq!(reader.state(), Freshness::Fresh);
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn a_template_that_was_read_is_written_without_allocating() {
    let text = "{cpu.busy:>3}% {memory.used:.1G} {top.cpu.1.name:<12.12} {gpu.temp|–} {age}";
    let template = figures::Template::parse(text).unwrap();
    let sample = samples::hostile();
    let report = Report {
        state: Freshness::Fresh,
        sample: Some(&sample),
        history: &[],
        age: Duration::ZERO,
        path: Path::new("/"),
        error: None,
    };
    let mut line = String::with_capacity(256);
    let escape = figures::template::Escape::Pango;
    let rendering = figures::template::Rendering { escape, ..Default::default() };
    let count = allocations::count(|| {
        for _ in 0..100 {
            line.clear();
            template.render(&mut line, &report, rendering).unwrap();
        }
    });
    assert_eq!((count, line.as_str()), (0, " 23% 16.4 bad\u{fffd}\u{fffd}bytes   48 0 ns"));
}

#[test]
fn lines_are_written_into_buffers_that_stay() {
    let mut options = ModuleOptions::default();
    for (name, value) in [
        ("format", "{icon} {cpu.busy:>3}% {top.cpu.name}"),
        ("tooltip-format", "{icon} {memory.percent} {tooltip}"),
        ("alt", "{state}"),
        ("icons", "▁,▃,▅,█"),
        ("width", "30"),
        ("percentage", "cpu.temp"),
        ("detail", "cores"),
    ] {
        options.set(name, value).unwrap();
    }
    let mut usual = Module::new(ModuleOptions::default());
    let mut special = Module::new(options);
    let mut text = String::with_capacity(16 << 10);
    let machines: Vec<Snapshot> = [
        samples::ordinary,
        samples::huge,
        samples::critical,
        samples::hostile,
        samples::hostile_applications,
        samples::empty,
    ]
    .iter()
    .map(|machine| machine())
    .collect();
    let histories: Vec<_> = machines.iter().map(samples::history).collect();
    let mut round = || {
        for (sample, history) in machines.iter().zip(&histories) {
            let report = Report {
                state: Freshness::Fresh,
                sample: Some(sample),
                history,
                age: Duration::ZERO,
                path: Path::new("/"),
                error: None,
            };
            for module in [&mut usual, &mut special] {
                text.clear();
                line(&mut text, module.next(&report).unwrap()).unwrap();
            }
        }
    };
    let first = allocations::count(&mut round);
    assert_eq!(
        allocations::count(|| (0..100).for_each(|_| round())),
        0,
        "the first round took {first}"
    );
}
