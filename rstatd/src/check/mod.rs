//! `rstatd --check`: for each figure its source and its value now, or what is missing and why. The
//! figures are of this machine, or of a recorded tree of another one.

mod sentence;

use std::io::Write;
use std::thread;
use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use crate::backend::{Backend, Choice};
use crate::daemon::{open_backend, report};
use crate::monitor::Monitor;
use crate::options::DaemonOptions;
use crate::source::Root;
use crate::source::probe::ProbeSource;
use sentence::sentence;

/// The time between two samples, each of which reads every source. Power needs a second.
const INTERVAL: Duration = Duration::from_millis(250);
const INTERVALS: u32 = 5;
/// The core set: without these groups a status bar has nothing to show.
const CORE: u64 = valid::CPU | valid::MEMORY | valid::LOAD | valid::PROCESSES;

/// Prints the explanation, and returns whether the core set works.
pub fn run(options: &DaemonOptions, out: &mut dyn Write) -> Result<bool, String> {
    let (root, backend) = match &options.root {
        // The probe would measure the kernel that runs here.
        Some(path) => {
            let root = Root::new(path);
            let backend = Backend::open(Choice::Proc, None, &root, &mut report)?;
            (root, backend)
        }
        None => (Root::default(), open_backend(options)?),
    };
    let mut monitor = Monitor::new(backend, &root);
    monitor.sources().read_at_every_tick();
    monitor.sample(&mut report);
    let mut sample = Snapshot::EMPTY;
    for _ in 0..INTERVALS {
        thread::sleep(INTERVAL);
        sample = monitor.sample(&mut report).0.clone();
    }
    let mut rows = backend_rows(monitor.backend(), &sample);
    for (entry, origin) in monitor.sources().origins() {
        let (value, origin) = match (origin, sentence(entry.check, &sample)) {
            (Ok(origin), Some(value)) => (value, origin),
            (Ok(origin), None) => {
                ("-".into(), format!("missing: it does not say at this moment: {origin}"))
            }
            (Err(missing), _) => ("-".into(), format!("missing: {missing}")),
        };
        rows.push((entry.name, value, origin));
    }
    let works = sample.has(CORE);
    if options.root.is_some() {
        let note = "a recorded machine stands still: nothing is counted, so its CPUs never idle";
        writeln!(out, "{note}\n").map_err(|error| format!("print: {error}"))?;
    }
    print(&rows, works, out).map_err(|error| format!("print: {error}"))?;
    Ok(works)
}

type Row = (&'static str, String, String);

fn print(rows: &[Row], works: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let width = rows.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or(0);
    for (name, value, origin) in rows {
        writeln!(out, "{name:<17} {value:<width$}  {origin}")?;
    }
    let verdict = if works { "works" } else { "does not work" };
    writeln!(out, "\nthe core set (cpu, processes, memory, load) {verdict}")
}

fn backend_rows(backend: &Backend, sample: &Snapshot) -> Vec<Row> {
    let [cpu, processes, io] = match backend {
        Backend::Probe(probe) => [
            format!("BPF probe at tp_btf/sched_switch, cpu_idle: {}", idle_source(probe)),
            format!(
                "BPF probe: slots of tp_btf/sched_process_fork, _free, task_rename, iter/task; {} can be listed",
                probe.capacity()
            ),
            "BPF probe: task_struct.ioac of each thread at its switches".into(),
        ],
        Backend::Proc(_) => [
            "/proc/stat: time that is neither idle nor iowait".into(),
            "/proc/PID/stat".into(),
            "/proc/PID/io".to_owned(),
        ],
    };
    let figure = |template| sentence(template, sample).unwrap_or_else(|| "-".into());
    let rates = if sample.has(valid::PROCESS_IO) { io } else { missing_io(backend).into() };
    let cost = if sample.has(valid::PROBE_COST) { COST } else { missing_cost(backend) };
    let memory = "as processes, and /proc/PID/statm of those that are listed";
    let io = "first top_io: {comm} {read_bytes_per_s} read, {write_bytes_per_s} written";
    vec![
        ("cpu", figure("{cpu_busy_ppm} of {cpu_count}"), cpu),
        ("processes", figure("{processes}[, {processes_unlisted} unlisted]"), processes),
        ("top_cpu", figure("first top_cpu: {comm} {cpu_ppm}"), "as processes".into()),
        ("top_memory", figure("first top_memory: {comm} {rss_bytes}"), memory.into()),
        ("top_io", figure(io), rates),
        ("probe", figure("{probe_switch_ns} a switch, {probe_ppm}"), cost.into()),
    ]
}

const COST: &str =
    "what the kernel counts while the probe starts (BPF_ENABLE_STATS), less an empty program";

fn idle_source(probe: &ProbeSource) -> &'static str {
    if probe.follows_idle_account() {
        "all time but what the kernel calls idle (tick_sched)"
    } else {
        "all time but the idle task's (this kernel's own account of it is not found)"
    }
}

fn missing_io(backend: &Backend) -> &'static str {
    match backend {
        Backend::Probe(_) => "missing: the kernel does not count it (CONFIG_TASK_IO_ACCOUNTING)",
        Backend::Proc(_) => {
            "missing: not every /proc/PID/io may be read, or the kernel has none (CONFIG_TASK_IO_ACCOUNTING)"
        }
    }
}

fn missing_cost(backend: &Backend) -> &'static str {
    match backend {
        Backend::Probe(_) => "missing: the kernel does not count it (BPF_ENABLE_STATS)",
        Backend::Proc(_) => "missing: there is no probe",
    }
}
