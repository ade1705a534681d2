//! `rstatd --check`: where each figure comes from, its value now, and what is
//! missing and why.

use std::io::Write;
use std::thread;
use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, PLATFORM_PROFILES, Process, valid};

use crate::backend::Backend;
use crate::daemon::{open_backend, report};
use crate::monitor::Monitor;
use crate::options::Options;
use crate::source::Root;

/// Time between the two readings that rates need.
const INTERVAL: Duration = Duration::from_millis(250);
/// Without these a status bar has nothing to show.
const CORE: u64 = valid::CPU | valid::MEMORY | valid::LOAD | valid::PROCESSES;

/// Prints the explanation; whether the core set works.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    let mut monitor = Monitor::new(open_backend(options)?, &Root::default());
    monitor.sample(&mut report);
    thread::sleep(INTERVAL);
    let sample = *monitor.sample(&mut report).0;
    let mut rows = backend_rows(monitor.backend(), &sample);
    for (name, origin) in monitor.sources().origins() {
        let (value, origin) = match origin {
            Ok(origin) => (value_of(name, &sample).unwrap_or_else(|| "-".into()), origin),
            Err(missing) => ("-".into(), format!("missing: {missing}")),
        };
        rows.push((name, value, origin));
    }
    let works = sample.has(CORE);
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
            "BPF probe at tp_btf/sched_switch: running sum of each CPU".into(),
            format!(
                "BPF probe: slots of tp_btf/sched_process_fork, _free, task_rename, iter/task; {} can be listed",
                probe.capacity()
            ),
            "BPF probe: task_struct.ioac of each thread at its switches".into(),
        ],
        Backend::Proc(_) => [
            "/proc/stat: time that is neither idle nor iowait".into(),
            "/proc/PID/stat and statm".into(),
            "/proc/PID/io".to_owned(),
        ],
    };
    let known = |groups, value: String| if sample.has(groups) { value } else { "-".into() };
    let rates = if sample.has(valid::PROCESS_IO) {
        io
    } else {
        "missing: the kernel does not count it (CONFIG_TASK_IO_ACCOUNTING), or does not tell us"
            .into()
    };
    let cpu_value = format!("{:.1} % of {}", percent(sample.cpu_busy_ppm), sample.cpu_count);
    let count = format!("{}, {} unlisted", sample.processes, sample.processes_unlisted);
    let most = |row: &Process, value: String| format!("{} {value}", row.comm);
    let [top_cpu, top_memory, top_io] =
        [&sample.top_cpu, &sample.top_memory, &sample.top_io].map(|rows| &rows[0]);
    vec![
        ("cpu", known(valid::CPU, cpu_value), cpu),
        ("processes", known(valid::PROCESSES, count), processes.clone()),
        (
            "top_cpu",
            known(valid::PROCESS_CPU, most(top_cpu, format!("{:.1} %", percent(top_cpu.cpu_ppm)))),
            "the same".into(),
        ),
        (
            "top_memory",
            known(valid::PROCESSES, most(top_memory, bytes(top_memory.rss_bytes))),
            "the same: mm_struct.rss_stat, or statm".into(),
        ),
        (
            "top_io",
            known(
                valid::PROCESS_IO,
                format!(
                    "{} {}/s",
                    top_io.comm,
                    bytes(top_io.read_bytes_per_s + top_io.write_bytes_per_s)
                ),
            ),
            rates,
        ),
    ]
}

/// What a source of the table says now.
fn value_of(name: &str, sample: &Snapshot) -> Option<String> {
    let known = |groups, value: String| sample.has(groups).then_some(value);
    match name {
        "memory" => known(
            valid::MEMORY,
            format!(
                "{} of {} used",
                bytes(sample.memory_used_bytes),
                bytes(sample.memory_total_bytes)
            ),
        ),
        "load" => known(valid::LOAD, format!("{:.2}", f64::from(sample.load_1m_milli) / 1000.0)),
        "cpu_temperature" => known(
            valid::CPU_TEMPERATURE,
            format!("{:.1} °C", f64::from(sample.cpu_temperature_mc) / 1000.0),
        ),
        "cpu_frequency" => known(
            valid::CPU_FREQUENCY,
            format!("{:.2} GHz", f64::from(sample.cpu_frequency_khz) / 1_000_000.0),
        ),
        "platform_profile" => {
            let index = (sample.platform_profile as usize).checked_sub(1)?;
            known(valid::PLATFORM_PROFILE, (*PLATFORM_PROFILES.get(index)?).into())
        }
        "gpu" => {
            let gpus = &sample.gpus[..sample.gpu_count as usize];
            known(valid::GPU, gpus.iter().map(gpu).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn gpu(gpu: &Gpu) -> String {
    let driver = gpu.driver_name().unwrap_or("unknown driver");
    if gpu.state == Gpu::ASLEEP {
        return format!("{driver} asleep");
    }
    if gpu.valid & Gpu::BUSY == 0 {
        return driver.into();
    }
    format!("{driver} {:.0} %", percent(gpu.busy_ppm))
}

fn percent(ppm: u32) -> f64 {
    f64::from(ppm) / 10_000.0
}

fn bytes(bytes: u64) -> String {
    const MIB: f64 = (1 << 20) as f64;
    let mib = bytes as f64 / MIB;
    if mib < 1024.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}
