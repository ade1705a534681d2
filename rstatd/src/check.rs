//! `rstatd --check`: where each figure comes from, its value now, and what is
//! missing and why; of this machine, or of a recorded tree of another one.

use std::io::Write;
use std::thread;
use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{BATTERY_STATUSES, Gpu, PLATFORM_PROFILES, Process, throttle, valid};

use crate::backend::{Backend, Choice};
use crate::daemon::{open_backend, report};
use crate::monitor::Monitor;
use crate::options::Options;
use crate::source::Root;
use crate::source::probe::ProbeSource;

/// Between two samples. Rates need two readings, those with a period a second apart.
const INTERVAL: Duration = Duration::from_millis(250);
const INTERVALS: u32 = 5;
/// Without these a status bar has nothing to show.
const CORE: u64 = valid::CPU | valid::MEMORY | valid::LOAD | valid::PROCESSES;

/// Prints the explanation; whether the core set works.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    let (root, backend) = match &options.root {
        // The probe would tell of the kernel that runs here.
        Some(path) => {
            let root = Root::new(path);
            let backend = Backend::open(Choice::Proc, None, &root, &mut report)?;
            (root, backend)
        }
        None => (Root::default(), open_backend(options)?),
    };
    let mut monitor = Monitor::new(backend, &root);
    monitor.sample(&mut report);
    let mut sample = Snapshot::EMPTY;
    for _ in 0..INTERVALS {
        thread::sleep(INTERVAL);
        sample = monitor.sample(&mut report).0.clone();
    }
    let mut rows = backend_rows(monitor.backend(), &sample);
    for (name, origin) in monitor.sources().origins() {
        let (value, origin) = match origin {
            Ok(origin) => match value_of(name, &sample) {
                Some(value) => (value, origin),
                None => ("-".into(), format!("missing: it does not say at this moment: {origin}")),
            },
            Err(missing) => ("-".into(), format!("missing: {missing}")),
        };
        rows.push((name, value, origin));
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
    let known = |groups, value: String| if sample.has(groups) { value } else { "-".into() };
    let rates = if sample.has(valid::PROCESS_IO) { io } else { missing_io(backend).into() };
    let cpu_value = format!("{:.1} % of {}", percent(sample.cpu_busy_ppm), sample.cpu_count);
    let count = format!("{}, {} unlisted", sample.processes, sample.processes_unlisted);
    let most = |row: &Process, value: String| {
        if row.count == 0 { "nobody".into() } else { format!("{} {value}", row.comm) }
    };
    let [top_cpu, top_memory, top_io] =
        [&sample.top_cpu, &sample.top_memory, &sample.top_io].map(|rows| &rows[0]);
    vec![
        ("cpu", known(valid::CPU, cpu_value), cpu),
        ("processes", known(valid::PROCESSES, count), processes.clone()),
        (
            "top_cpu",
            known(valid::PROCESS_CPU, most(top_cpu, format!("{:.1} %", percent(top_cpu.cpu_ppm)))),
            "as processes".into(),
        ),
        (
            "top_memory",
            known(valid::PROCESSES, most(top_memory, bytes(top_memory.rss_bytes))),
            "as processes, and /proc/PID/statm of those that are listed".into(),
        ),
        (
            "top_io",
            known(
                valid::PROCESS_IO,
                most(
                    top_io,
                    format!("{}/s", bytes(top_io.read_bytes_per_s + top_io.write_bytes_per_s)),
                ),
            ),
            rates,
        ),
        (
            "probe",
            known(
                valid::PROBE_COST,
                format!("{} ns a switch, {}", sample.probe_switch_ns, share(sample.probe_ppm)),
            ),
            if sample.has(valid::PROBE_COST) {
                "what the kernel counts while the probe starts (BPF_ENABLE_STATS), less an empty program"
                    .into()
            } else {
                missing_cost(backend).into()
            },
        ),
    ]
}

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

/// What a source of the table says now.
fn value_of(name: &str, sample: &Snapshot) -> Option<String> {
    let (groups, value) = match name {
        "memory" => (valid::MEMORY, memory(sample)),
        "zram" => (valid::ZRAM, packed(sample.zram_stored_bytes, sample.zram_used_bytes)),
        "zfs_arc" => (
            valid::ZFS_ARC,
            format!(
                "{}, {} reclaimable",
                bytes(sample.zfs_arc_bytes),
                bytes(sample.zfs_arc_reclaimable_bytes)
            ),
        ),
        "load" => (valid::LOAD, format!("{:.2}", f64::from(sample.load_1m_milli) / 1000.0)),
        "pressure_cpu" => (
            valid::PRESSURE_CPU,
            pressure(sample.pressure_cpu_some_ppm, sample.pressure_cpu_full_ppm),
        ),
        "pressure_memory" => (
            valid::PRESSURE_MEMORY,
            pressure(sample.pressure_memory_some_ppm, sample.pressure_memory_full_ppm),
        ),
        "pressure_io" => {
            (valid::PRESSURE_IO, pressure(sample.pressure_io_some_ppm, sample.pressure_io_full_ppm))
        }
        "disk" => (
            valid::DISK,
            format!(
                "{}/s read, {}/s written",
                bytes(sample.disk_read_bytes_per_s),
                bytes(sample.disk_write_bytes_per_s)
            ),
        ),
        "cpu_temperature" => (valid::CPU_TEMPERATURE, celsius(sample.cpu_temperature_mc)),
        "cpu_frequency" => (valid::CPU_FREQUENCY, frequency(sample)),
        "cpu_throttle" => (
            valid::CPU_THROTTLE,
            format!("{} times, {}", sample.cpu_throttle_count, share(sample.cpu_throttled_ppm)),
        ),
        "cpu_power" => (valid::CPU_POWER, watts(sample.cpu_power_uw)),
        "platform_profile" => {
            let index = (sample.platform_profile as usize).wrapping_sub(1);
            (valid::PLATFORM_PROFILE, (*PLATFORM_PROFILES.get(index)?).into())
        }
        "battery" => (valid::BATTERY, battery(sample)),
        "fans" => {
            let fans = sample.fans_rpm.iter().take(sample.fan_count as usize);
            (valid::FANS, fans.map(|rpm| format!("{rpm} rpm")).collect::<Vec<_>>().join(", "))
        }
        "gpu" => {
            let gpus = sample.gpus.iter().take(sample.gpu_count as usize);
            (valid::GPU, gpus.map(gpu).collect::<Vec<_>>().join(", "))
        }
        _ => return None,
    };
    sample.has(groups).then_some(value)
}

fn memory(sample: &Snapshot) -> String {
    let used = bytes(sample.memory_used_bytes);
    let mut text = format!("{used} of {} used", bytes(sample.memory_total_bytes));
    if sample.has(valid::SWAP) {
        let used = bytes(sample.swap_used_bytes);
        let swap = format!("; swap {used} of {}", bytes(sample.swap_total_bytes));
        text.push_str(&swap);
    }
    if sample.has(valid::ZSWAP) {
        text.push_str("; zswap ");
        text.push_str(&packed(sample.zswap_stored_bytes, sample.zswap_used_bytes));
    }
    text
}

fn packed(stored_bytes: u64, used_bytes: u64) -> String {
    format!("{} in {}", bytes(stored_bytes), bytes(used_bytes))
}

fn pressure(some_ppm: u32, full_ppm: u32) -> String {
    format!("some {}, full {}", share(some_ppm), share(full_ppm))
}

fn frequency(sample: &Snapshot) -> String {
    let ghz = |khz: u32| f64::from(khz) / 1_000_000.0;
    format!(
        "{:.2} GHz, highest {:.2}, CPU {} {:.2}",
        ghz(sample.cpu_frequency_khz),
        ghz(sample.cpu_frequency_highest_khz),
        sample.cpu_busiest,
        ghz(sample.cpu_frequency_busiest_khz)
    )
}

fn battery(sample: &Snapshot) -> String {
    let status = (sample.battery_status as usize).wrapping_sub(1);
    let status = BATTERY_STATUSES.get(status).copied().unwrap_or("status unknown");
    let mut text = format!("{}, {status}", share(sample.battery_charge_ppm));
    if sample.has(valid::BATTERY_POWER) {
        text.push_str(", ");
        text.push_str(&watts(sample.battery_power_uw));
    }
    text
}

fn gpu(gpu: &Gpu) -> String {
    let mut text = gpu.driver_name().unwrap_or("unknown driver").to_owned();
    if gpu.state == Gpu::ASLEEP {
        return text + " asleep";
    }
    let mut add = |bit, value: String| {
        if gpu.valid & bit != 0 {
            text += " ";
            text += &value;
        }
    };
    add(Gpu::BUSY, share(gpu.busy_ppm));
    add(Gpu::FREQUENCY, format!("{} MHz", gpu.frequency_mhz));
    add(Gpu::TEMPERATURE, celsius(gpu.temperature_mc));
    add(Gpu::POWER, watts(gpu.power_uw));
    let used = bytes(gpu.memory_used_bytes);
    add(Gpu::MEMORY, format!("{used} of {}", bytes(gpu.memory_total_bytes)));
    let names = throttle::NAMES.iter().enumerate();
    let reasons = names.filter(|(bit, _)| gpu.throttle >> bit & 1 == 1).map(|(_, name)| *name);
    let reasons: Vec<_> = reasons.collect();
    let reasons = if reasons.is_empty() { "unthrottled".into() } else { reasons.join("+") };
    add(Gpu::THROTTLE, reasons);
    text
}

fn celsius(millidegrees: i32) -> String {
    format!("{:.1} °C", f64::from(millidegrees) / 1000.0)
}

fn watts(microwatts: u64) -> String {
    format!("{:.1} W", microwatts as f64 / 1_000_000.0)
}

fn share(ppm: u32) -> String {
    format!("{:.1} %", percent(ppm))
}

fn percent(ppm: u32) -> f64 {
    f64::from(ppm) / 10_000.0
}

fn bytes(bytes: u64) -> String {
    const MIB: f64 = (1 << 20) as f64;
    let mib = bytes as f64 / MIB;
    if mib < 1024.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}
