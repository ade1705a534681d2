//! What `rstat-waybar` costs a machine while a bar shows its lines: private memory, wake-ups and
//! CPU time, by the kernel's own counters.
//!
//! The figures have no contender, and the program sleeps nearly all the time. So this bench has
//! no turns and no loop.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use rstat_read::module::{Module, ModuleOptions};
use rstat_read::outputs::waybar::line;
use rstat_read::{Follower, HistoryPoint};
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::{PATH_VARIABLE, Snapshot, Writer};
use rstat_testbed::bench::{Goal, Row, Table, Unit};
use rstat_testbed::sys;

const PERIOD: Duration = Duration::from_secs(1);
/// Samples before the measurement, after which the program has all its memory.
const FIRST_SAMPLES: u64 = 3;
const SAMPLES: u64 = 10;
/// Lines whose cost is measured in this process.
const LINES: u64 = 2_000;
/// The program sleeps again at the latest this long after a sample.
const SETTLED: Duration = Duration::from_millis(300);

const MOST_PRIVATE_BYTES: f64 = 1.5 * 1024.0 * 1024.0;

fn main() {
    let directory = PathBuf::from(format!("/dev/shm/rstat-bench-bar-{}", process::id()));
    fs::create_dir(&directory).expect("create a directory in /dev/shm");
    let region = directory.join("v1");
    let mut writer = Writer::open(&region).expect("make a region");
    publish(&mut writer, 0);

    let mut bar = start(&region);
    // This thread stands for the bar at the other end of the pipe.
    let output = bar.stdout.take().expect("the output is piped");
    let lines = thread::spawn(move || BufReader::new(output).lines().count());
    let before = show(&mut writer, &bar, 1..=FIRST_SAMPLES);
    let after = show(&mut writer, &bar, FIRST_SAMPLES + 1..=FIRST_SAMPLES + SAMPLES);
    let memory = private_bytes(&bar);
    bar.kill().expect("end rstat-waybar");
    bar.wait().expect("wait for rstat-waybar");
    let shown = lines.join().expect("the reader of the lines ends");
    assert!(shown as u64 > SAMPLES, "{shown} lines: rstat-waybar did not show each sample");

    let mut table = Table::new("bar");
    table.row(&Row {
        what: "a line, from the region to JSON (median)",
        unit: Unit::Nanoseconds,
        ours: line_ns(&mut writer, &region),
        against: None,
        goal: None,
    });
    let each = |counted: u64| counted as f64 / SAMPLES as f64;
    drop(fs::remove_dir_all(&directory));
    table.row(&Row {
        what: "rstat-waybar: private memory (smaps_rollup)",
        unit: Unit::Bytes,
        ours: memory,
        against: None,
        goal: Some(Goal::AtMost(MOST_PRIVATE_BYTES)),
    });
    table.row(&Row {
        what: "rstat-waybar: wakeups a sample, of all its threads",
        unit: Unit::Times,
        ours: each(after.wakeups - before.wakeups),
        against: None,
        goal: Some(Goal::AtMost(1.0)),
    });
    table.row(&Row {
        what: "rstat-waybar: CPU time a sample",
        unit: Unit::Nanoseconds,
        ours: each(after.cpu_ns - before.cpu_ns),
        against: None,
        goal: None,
    });
    table.finish();
}

/// What a line costs a program that follows the region, without sleeping and printing.
fn line_ns(writer: &mut Writer, region: &Path) -> f64 {
    let mut follower = Follower::new(Some(region));
    let mut points = vec![HistoryPoint::default(); HISTORY_POINTS];
    let mut module = Module::new(ModuleOptions::default());
    let mut text = String::new();
    let mut costs: Vec<_> = (0..LINES)
        .map(|number| {
            publish(writer, number);
            let begin = Instant::now();
            follower.wait();
            let wanted = follower.sample().map_or(0, |sample| module.look().points(sample));
            if let Some(appearance) = module.next(&follower.report(&mut points[..wanted])) {
                text.clear();
                line(&mut text, appearance).expect("write to a string");
            }
            black_box(&text);
            begin.elapsed().as_nanos() as f64
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

fn start(region: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstat-waybar"));
    command.env(PATH_VARIABLE, region).stdout(Stdio::piped());
    sys::ends_with_us(&mut command);
    command.spawn().expect("start rstat-waybar")
}

/// Publishes a sample in each period, and returns the program's counters once it sleeps again.
fn show(writer: &mut Writer, bar: &Child, numbers: impl Iterator<Item = u64>) -> Counters {
    for number in numbers {
        thread::sleep(PERIOD);
        publish(writer, number);
    }
    thread::sleep(SETTLED);
    counters(bar)
}

/// Publishes a sample of a laptop at work. The figures move, so each sample makes a new line.
fn publish(writer: &mut Writer, number: u64) {
    let mut sample = Snapshot { sequence: number, ..samples::fresh(PERIOD) };
    let step = number as u32 * 30_000 % 400_000;
    sample.cpu_busy_ppm = 200_000 + step;
    sample.cpu_temperature_mc = 50_000 + step.cast_signed() / 20;
    sample.memory_used_bytes += u64::from(step) << 8;
    for row in &mut sample.top_cpu {
        row.cpu_ppm += step / 10;
    }
    writer.publish(&mut sample);
}

/// What all threads of a program have used so far.
struct Counters {
    /// How often a thread went to sleep, and so was woken.
    wakeups: u64,
    cpu_ns: u64,
}

fn counters(program: &Child) -> Counters {
    let mut counters = Counters { wakeups: 0, cpu_ns: 0 };
    let tasks = fs::read_dir(format!("/proc/{}/task", program.id())).expect("list the threads");
    for task in tasks {
        let task = task.expect("find a thread").path();
        let status = fs::read_to_string(task.join("status")).expect("read the thread's status");
        counters.wakeups += field(&status, "voluntary_ctxt_switches:");
        // The fields: nanoseconds on a CPU, nanoseconds of waiting for a CPU, times on a CPU.
        let times = fs::read_to_string(task.join("schedstat")).expect("read the thread's times");
        let on_cpu = times.split(' ').next().and_then(|number| number.parse().ok());
        counters.cpu_ns += on_cpu.unwrap_or(0_u64);
    }
    counters
}

/// The bytes that only this program has mapped, and that would be free without it.
fn private_bytes(program: &Child) -> f64 {
    let path = format!("/proc/{}/smaps_rollup", program.id());
    let rollup = fs::read_to_string(path).expect("read the memory of a process of ours");
    let kib = field(&rollup, "Private_Clean:") + field(&rollup, "Private_Dirty:");
    (kib * 1024) as f64
}

/// The number that follows a name at the start of a line.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in:\n{text}"))
}
