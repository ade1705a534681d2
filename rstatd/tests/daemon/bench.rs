//! What the daemon says of itself, and what it does: `--bench`, `--check`, and the
//! system calls of a running daemon.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::json::Json;
use crate::stage::{Stage, bpf_works, latest, next, skip, sources, tell};
use crate::truth;

#[path = "../../benches/sample/calls.rs"]
mod calls;

/// The calls of a tick, by source; all else would be a surprise.
const BPF_CALLS: [&str; 3] = ["pread64", "futex", "rt_sigtimedwait"];
/// The calls of a tick when the lists have new processes, or when there are zombies.
const SOMETIMES: [&str; 3] = ["openat", "close", "kill"];
/// The calls of a tick that finds more processes than ever before, and the most of such ticks:
/// each maps twice as much of the table of processes.
const RARELY: [&str; 2] = ["mmap", "munmap"];
const RARE: f64 = 0.05;
const PROC_CALLS: [&str; 8] =
    ["pread64", "futex", "rt_sigtimedwait", "getdents64", "lseek", "openat", "read", "close"];

/// A source that is absent when the daemon starts is looked for again a second later.
const SETTLED: Duration = Duration::from_secs(15);

/// Processes that may come without a table of them growing.
const MORE: u32 = 100;
/// Processes of user space in the three lists together, at most.
const LISTED: f64 = 15.0;

/// Samples of a daemon that is traced.
const SAMPLES: u64 = 50;

/// Before it closes a file, std asks whether it is open, in builds with debug assertions.
const DEBUG_CALL: &str = if cfg!(debug_assertions) { "fcntl" } else { "" };

/// A machine on which, for some time, no source of the daemon looks for its device again and
/// no table grows.
struct Settled {
    device_events: String,
    since: Instant,
    processes: u32,
}

impl Settled {
    /// Before the daemon starts.
    fn now() -> Self {
        let processes = truth::processes();
        Self { device_events: device_events(), since: Instant::now(), processes }
    }

    /// Whether a source may have looked again, or a table grown.
    fn is_over(&self, what: &str) -> bool {
        let changed = device_events() != self.device_events;
        if changed {
            skip(what, "devices came or went meanwhile");
        }
        let late = self.since.elapsed() > SETTLED;
        if late {
            skip(what, "it took so long that absent sources were looked for again");
        }
        let more = truth::processes().saturating_sub(self.processes) > MORE;
        if more {
            skip(what, "there are many more processes than before");
        }
        changed || late || more
    }
}

/// What the kernel has told of devices so far: for each the daemon looks for its own.
fn device_events() -> String {
    fs::read_to_string("/sys/kernel/uevent_seqnum").unwrap_or_default()
}

fn calls_of(source: &str) -> &'static [&'static str] {
    if source == "bpf" { &BPF_CALLS } else { &PROC_CALLS }
}

#[test]
fn the_report_for_programs_has_all_times() {
    for source in sources("the cost of the probe's samples") {
        let stage = Stage::new();
        let outcome = stage.run(&["--bench", "200", "--format", "json", "--source", source]);
        assert_eq!((outcome.code, &*outcome.said), (0, ""));
        let report = Json::parse(&outcome.printed);
        assert_eq!(report.get("source").text(), source);
        assert_eq!(report.get("samples").number() as u64, 200);
        assert!(report.get("processes").number() > 1.0);
        let readings = report.get("sources_ns").members();
        assert!(readings.iter().any(|(name, _)| name == "memory"));
        let sum: f64 = readings.iter().map(|(_, reading)| reading.number()).sum();
        let [every, second] =
            ["every_source_ns", "second_ns"].map(|name| report.get(name).number());
        assert!((every - sum).abs() < 0.5, "{report:?}");
        assert!(second > 0.0 && second <= every, "{report:?}");
        stages(&report);
    }
}

#[test]
fn a_sample_makes_no_call_without_a_reason() {
    if !can_trace("the system calls of a sample") {
        return;
    }
    for source in sources("the system calls of the probe's samples") {
        let stage = Stage::new();
        let settled = Settled::now();
        let log = stage.path("calls");
        stage.start(calls::traced(&log, source)).end();
        let found = calls::of_a_sample(&fs::read_to_string(&log).unwrap_or_default());
        if settled.is_over("the system calls of a sample") {
            continue;
        }
        if found.is_empty() {
            skip("the system calls of a sample", "tracing is not allowed");
            continue;
        }
        let mut total = 0.0;
        let mut asked = 0.0;
        let mut seen = Vec::new();
        for call in &found {
            let name = &*call.name;
            if name == DEBUG_CALL {
                continue;
            }
            let is_rare = RARELY.contains(&name) && call.per_sample <= RARE;
            let is_known = calls_of(source).contains(&name) || SOMETIMES.contains(&name);
            assert!(is_known || is_rare, "{source}: {call:?}");
            let reason = call.reason.unwrap_or_else(|| panic!("{source}: {call:?}"));
            if name == "pread64" {
                assert!(call.file.starts_with('/'), "{call:?}");
                let is_statm = call.file == "/proc/PID/statm";
                assert_eq!(is_statm, reason == "the memory of a listed process", "{call:?}");
                asked += f64::from(u8::from(is_statm)) * call.per_sample;
            }
            total += call.per_sample;
            seen.push(name);
        }
        assert!(calls_of(source).iter().all(|call| seen.contains(call)), "{source}: {seen:?}");
        assert!(asked > 0.0 && asked <= LISTED, "{source}: {asked}");
        tell(&format!("{source}: {total:.2} system calls a sample, {asked:.2} for memory"));
    }
}

/// That a line of strace's is this call, with that reason. Others of the kind come before the
/// samples that count.
#[track_caller]
fn check_line(line: &str, name: &str, file: &str, reason: Option<&str>) {
    let wait = "rt_sigtimedwait([HUP INT TERM], NULL, {tv_sec=0}, 8) = -1 EAGAIN\n";
    let line = format!("{line}\n");
    let log = [line.repeat(2), wait.repeat(calls::WARM_UP), line, wait.repeat(2)].concat();
    let found = calls::of_a_sample(&log);
    let [call, _wait] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&*call.name, &*call.file, call.per_sample), (name, file, 0.5));
    assert_eq!(call.reason, reason);
}

#[test]
fn files_of_processes_are_one_and_have_their_own_reason() {
    let check = |path: &str, file: &str, reason: &str| {
        let line = format!("pread64(7<{path}>, \"\"..., 4096, 0) = 26");
        check_line(&line, "pread64", file, Some(reason));
    };
    check("/proc/123/statm", "/proc/PID/statm", "the memory of a listed process");
    check("/proc/123/cgroup", "/proc/PID/cgroup", "a process in a new cgroup");
    check("/proc/meminfo", "/proc/meminfo", "a source that is due");
    check("/proc/pressure/cpu", "/proc/pressure/cpu", "a source that is due");
    check("/sys/1/statm", "/sys/1/statm", "a source that is due");
}

#[test]
fn a_call_has_a_file_where_its_first_argument_is_one() {
    let gone = "a process no longer listed, or in a new cgroup; without the probe, any";
    let new = "a process newly listed, or in a new cgroup; without the probe, any";
    check_line("close(9</proc/7/statm>) = 0", "close", "/proc/PID/statm", Some(gone));
    let opened = "openat(3</proc>, \"7/statm\", O_RDONLY) = 9</proc/7/statm>";
    check_line(opened, "openat", "/proc", Some(new));
    check_line("openat(AT_FDCWD</>, \"x\", O_RDONLY) = 9</x>", "openat", "", Some(new));
    let woken = Some("wake the readers that wait");
    check_line("futex(0x7f, FUTEX_WAKE, 256) = 0", "futex", "", woken);
    check_line(
        "fcntl(9</x>, F_GETFD) = 1\n--- SIGCHLD {si_signo=SIGCHLD} ---",
        "fcntl",
        "/x",
        None,
    );
}

/// Whether strace is there.
fn can_trace(what: &str) -> bool {
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    let there = there.is_ok_and(|status| status.success());
    if !there {
        skip(what, "there is no strace");
    }
    there
}

/// The stages are parts of the whole. `make accuracy` checks that they are nearly all of it.
#[track_caller]
fn stages(report: &Json) {
    let stages = report.get("stages_ns");
    // Averages add up, medians do not.
    let average = |stage: &str| stages.get(stage).get("avg").number();
    for (stage, columns) in stages.members() {
        let column = |name| columns.get(name).number();
        let ordered = ["min", "p50", "p95", "p99", "max"].map(column);
        assert!(ordered.is_sorted() && column("avg") <= column("max"), "{stage}: {columns:?}");
    }
    let parts: f64 = ["probe", "sysfs", "compute", "publish"].into_iter().map(average).sum();
    let whole = average("sample");
    // Each average is rounded.
    assert!(parts > 0.0 && parts <= whole + 5.0, "{parts} ns of {whole} ns");
}

#[test]
fn the_report_for_people_says_the_same() {
    for source in sources("the report of the probe's samples") {
        let stage = Stage::new();
        let outcome = stage.run(&["--source", source, "--bench", "20"]);
        assert_eq!((outcome.code, &*outcome.said), (0, ""));
        let lines: Vec<&str> = outcome.printed.lines().collect();
        let first = format!("20 samples 1 ms apart, source {source}, ");
        assert!(lines[0].starts_with(&first), "{}", lines[0]);
        for stage in ["sample", "probe", "sysfs", "compute", "publish"] {
            let line = lines.iter().find(|line| line.starts_with(stage)).unwrap();
            assert_eq!(line.split_whitespace().skip(1).count(), 6, "{line}");
        }
        for total in ["every source due", "in an average second"] {
            let line = lines.iter().find(|line| line.trim().starts_with(total)).unwrap();
            let figure: f64 = line.split_whitespace().last().unwrap().parse().unwrap();
            assert!(figure > 0.0, "{line}");
        }
        assert!(lines.last().unwrap().ends_with("make bench"), "{}", outcome.printed);
    }
}

#[test]
fn check_names_an_origin_for_each_figure_or_a_reason_for_its_absence() {
    for source in sources("--check with the probe") {
        let stage = Stage::new();
        let outcome = stage.run(&["--check", "--source", source]);
        assert_eq!((outcome.code, &*outcome.said), (0, ""));
        let (table, verdict) = outcome.printed.split_once("\n\n").unwrap();
        assert_eq!(verdict, "the core set (cpu, processes, memory, load) works\n");
        let mut names = Vec::new();
        for line in table.lines() {
            let (name, rest) = line.split_at(18);
            let (value, origin) = rest.split_once("  ").unwrap();
            let (value, origin) = (value.trim(), origin.trim());
            assert!(!value.is_empty() && !origin.is_empty(), "{line}");
            assert_eq!(value == "-", origin.starts_with("missing: "), "{line}");
            names.push(name.trim());
        }
        assert!(names.is_sorted_by(|a, b| a != b), "{names:?}");
        for name in ["cpu", "processes", "top_cpu", "top_memory", "top_io", "memory", "load", "gpu"]
        {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        assert!(!stage.region().exists(), "it publishes nothing");
    }
}

#[test]
fn a_running_daemon_makes_no_other_call() {
    if !bpf_works("the system calls of a running daemon")
        || !can_trace("the system calls of a running daemon")
    {
        return;
    }
    let stage = Stage::new();
    let mut daemon = stage.daemon(&["--interval", "20", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    let settled = Settled::now();
    let seen = next(&view, 3).sequence;
    let counts = stage.path("counts");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-o"]).arg(&counts).args(["-p", &daemon.pid().to_string()]);
    let strace = stage.start(strace);
    let last = next(&view, seen + SAMPLES);
    strace.signal(libc::SIGINT);
    strace.outcome();
    let table = fs::read_to_string(&counts).unwrap_or_default();
    // % time, seconds, usecs/call, calls, errors if any, name.
    let is_row = |line: &&str| line.trim().starts_with(|first: char| first.is_ascii_digit());
    let calls: Vec<_> = table
        .lines()
        .filter(is_row)
        .filter_map(|line| line.split_whitespace().last())
        .filter(|name| *name != "total")
        .collect();
    if settled.is_over("the system calls of a running daemon") {
        return;
    }
    if calls.is_empty() {
        return skip("the system calls of a running daemon", "tracing is not allowed");
    }
    tell(&format!("strace: {calls:?} in {} samples", last.sequence - seen));
    // An interrupted sleep goes on by a call of the kernel's own.
    for call in calls {
        let is_known = [&BPF_CALLS[..], &SOMETIMES, &RARELY].iter().any(|all| all.contains(&call));
        let is_known = is_known || [DEBUG_CALL, "restart_syscall"].contains(&call);
        assert!(is_known, "{call} in\n{table}");
    }
    // It goes on after being traced.
    next(&view, latest(&view).sequence);
    daemon.stop();
}
