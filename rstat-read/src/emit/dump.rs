//! A sample as text for people: every figure with its name and meaning, then the
//! CPUs, fans and GPUs, the top lists, and the processes that are stuck.
//!
//! The names are those of the field table and of the JSON, so that what is seen
//! here can be asked for there.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, FIELDS};
use rstat_shm::snapshot::{Gpu, KernelThreads, Row, Stuck, rows, throttle, valid};

use crate::emit::advice::Advice;
use crate::emit::consumer::{Consumer, Label};
use crate::emit::quantity::{Bytes, PartOf, Power, Share, Span, Value, degrees, percent};
use crate::emit::text::{UNKNOWN, Visible, columns, left, right};
use crate::report::Report;

const VALUE_COLUMNS: usize = 24;
const CORES_A_LINE: usize = 8;
const CORE_COLUMNS: usize = 7;
const HEADING_COLUMNS: usize = 16;
const PID_COLUMNS: usize = 8;
const FIGURE_COLUMNS: usize = 13;

/// Writes the dump, lines and all.
pub fn dump(out: &mut String, report: &Report) -> fmt::Result {
    let state = report.state.name();
    let Some(sample) = report.sample else {
        return writeln!(out, "{state}: {}", Advice(report));
    };
    let age_ns = u64::try_from(report.age.as_nanos()).unwrap_or(u64::MAX);
    writeln!(out, "sample {} is {state}, {} old", sample.sequence, Span(age_ns))?;
    if columns(Advice(report)) > 0 {
        writeln!(out, "{}", Advice(report))?;
    }
    out.push('\n');
    scalars(out, sample)?;
    cores(out, sample)?;
    fans(out, sample)?;
    gpus(out, sample)?;
    let (cpu, memory, io) = (valid::PROCESS_CPU, valid::PROCESSES, valid::PROCESS_IO);
    list(out, "top_cpu", &sample.top_cpu, cpu, sample)?;
    list(out, "top_memory", &sample.top_memory, memory, sample)?;
    list(out, "top_io", &sample.top_io, io, sample)?;
    let group = |figures| figures | valid::APPLICATIONS;
    list(out, "top_cpu_applications", &sample.top_cpu_applications, group(cpu), sample)?;
    list(out, "top_memory_applications", &sample.top_memory_applications, group(memory), sample)?;
    list(out, "top_io_applications", &sample.top_io_applications, group(io), sample)?;
    stuck(out, "blocked", &sample.blocked, sample)?;
    stuck(out, "zombies", &sample.zombies, sample)
}

fn scalars(out: &mut String, sample: &Snapshot) -> fmt::Result {
    let longest = FIELDS.iter().map(|field| field.name.len()).max().unwrap_or(0);
    for field in fields::telling() {
        write!(out, "{:longest$}", field.name)?;
        right(out, VALUE_COLUMNS, ' ', Value(field, sample))?;
        writeln!(out, "  {}", field.help)?;
    }
    Ok(())
}

fn cores(out: &mut String, sample: &Snapshot) -> fmt::Result {
    let Some(last) = (0..sample.cores.len()).rev().find(|&cpu| sample.core_busy_ppm(cpu).is_some())
    else {
        return Ok(());
    };
    out.push('\n');
    for first in (0..=last).step_by(CORES_A_LINE) {
        let end = last.min(first + CORES_A_LINE - 1);
        left(out, HEADING_COLUMNS, format_args!("cores {first}-{end}"))?;
        for cpu in first..=end {
            match sample.core_busy_ppm(cpu) {
                Some(ppm) => {
                    right(out, CORE_COLUMNS, ' ', format_args!("{} %", percent(ppm)))?;
                }
                None => right(out, CORE_COLUMNS, ' ', UNKNOWN)?,
            }
        }
        out.push('\n');
    }
    Ok(())
}

fn fans(out: &mut String, sample: &Snapshot) -> fmt::Result {
    for (index, rpm) in sample.known_fans_rpm().iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { "" });
        left(out, HEADING_COLUMNS, format_args!("fan {index}"))?;
        writeln!(out, "{rpm} /min")?;
    }
    Ok(())
}

fn gpus(out: &mut String, sample: &Snapshot) -> fmt::Result {
    for (index, gpu) in sample.known_gpus().iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { "" });
        left(out, HEADING_COLUMNS, format_args!("gpu {index}"))?;
        write!(out, "{}", gpu.driver_name().unwrap_or("unknown driver"))?;
        if gpu.state == Gpu::ASLEEP {
            writeln!(out, ", asleep")?;
            continue;
        }
        let mut detail = |field, text: fmt::Arguments| {
            if gpu.has(field) { write!(out, ", {text}") } else { Ok(()) }
        };
        detail(Gpu::BUSY, format_args!("{} busy", Share(gpu.busy_ppm.into())))?;
        detail(Gpu::FREQUENCY, format_args!("{} MHz", gpu.frequency_mhz))?;
        let limit = gpu.frequency_limit_mhz;
        detail(Gpu::FREQUENCY_LIMIT, format_args!("{limit} MHz at most"))?;
        detail(Gpu::TEMPERATURE, format_args!("{} °C", degrees(gpu.temperature_mc)))?;
        detail(Gpu::POWER, format_args!("{}", Power(gpu.power_uw)))?;
        let memory = PartOf(gpu.memory_used_bytes, gpu.memory_total_bytes);
        detail(Gpu::MEMORY, format_args!("{memory} of memory"))?;
        if gpu.has(Gpu::THROTTLE) {
            for (index, reason) in throttle::names(gpu.throttle).enumerate() {
                write!(out, "{}{reason}", if index == 0 { ", throttled: " } else { " and " })?;
            }
        }
        out.push('\n');
    }
    Ok(())
}

/// A top list, kernel threads included; nothing where `group` is not known.
fn list<'a, R: Row>(
    out: &mut String,
    heading: &str,
    list: &'a [R],
    group: u64,
    sample: &Snapshot,
) -> fmt::Result
where
    Consumer<'a>: From<&'a R>,
{
    if !sample.has(group) {
        return Ok(());
    }
    out.push('\n');
    // No application has a process id, and their headings need that column.
    let has_pid = group & valid::APPLICATIONS == 0;
    if has_pid {
        left(out, HEADING_COLUMNS, heading)?;
        right(out, PID_COLUMNS, ' ', "pid")?;
    } else {
        left(out, HEADING_COLUMNS + PID_COLUMNS, heading)?;
    }
    for title in ["cpu", "rss", "read", "write"] {
        right(out, FIGURE_COLUMNS, ' ', title)?;
    }
    out.push_str("  name\n");
    rows(list, KernelThreads::Shown, list.len())
        .try_for_each(|row| consumer(out, &Consumer::from(row), has_pid, sample))
}

fn consumer(out: &mut String, row: &Consumer, has_pid: bool, sample: &Snapshot) -> fmt::Result {
    write!(out, "{:HEADING_COLUMNS$}", "")?;
    match row.pid {
        Some(pid) => right(out, PID_COLUMNS, ' ', pid)?,
        None => right(out, PID_COLUMNS, ' ', if has_pid { UNKNOWN } else { "" })?,
    }
    // Of all CPUs, as `cpu_busy_ppm` is: the rows add up to it.
    let share = u64::from(row.cpu_ppm) / u64::from(sample.cpu_count.max(1));
    figure(out, FIGURE_COLUMNS, Share(share), sample.has(valid::PROCESS_CPU))?;
    let rss = Bytes { bytes: row.rss_bytes, digits: 3 };
    figure(out, FIGURE_COLUMNS, rss, sample.has(valid::PROCESSES))?;
    for bytes in [row.read_bytes_per_s, row.write_bytes_per_s] {
        let rate = Bytes { bytes, digits: 3 };
        let known = sample.has(valid::PROCESS_IO);
        figure(out, FIGURE_COLUMNS, format_args!("{rate}/s"), known)?;
    }
    let kernel = if row.is_kernel_thread { " (kernel)" } else { "" };
    writeln!(out, "  {}{kernel}", Label(row, usize::MAX))
}

fn stuck(out: &mut String, heading: &str, list: &[Stuck], sample: &Snapshot) -> fmt::Result {
    let rows = || rows(list, KernelThreads::Shown, list.len());
    if !sample.has(valid::STUCK) || rows().next().is_none() {
        return Ok(());
    }
    out.push('\n');
    left(out, HEADING_COLUMNS, heading)?;
    right(out, PID_COLUMNS, ' ', "pid")?;
    right(out, FIGURE_COLUMNS, ' ', "threads")?;
    out.push_str("  name\n");
    for row in rows() {
        write!(out, "{:HEADING_COLUMNS$}{:PID_COLUMNS$}", "", row.pid)?;
        // A zombie has none that could be blocked.
        figure(out, FIGURE_COLUMNS, row.threads, row.threads > 0)?;
        writeln!(out, "  {}", Visible(row.comm))?;
    }
    Ok(())
}

fn figure(out: &mut String, width: usize, value: impl Display, known: bool) -> fmt::Result {
    if known { right(out, width, ' ', value) } else { right(out, width, ' ', UNKNOWN) }
}
