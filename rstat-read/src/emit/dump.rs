//! A sample as text for people: every figure with its name and meaning, then the
//! CPUs, the GPUs and the top lists.
//!
//! The names are those of the field table and of the JSON, so that what is seen
//! here can be asked for there.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::FIELDS;
use rstat_shm::snapshot::{Gpu, Process, valid};

use crate::emit::advice::Advice;
use crate::emit::quantity::{Bytes, Share, Span, Value, percent};
use crate::emit::text::{Name, UNKNOWN, columns, left, right};
use crate::report::Report;

const VALUE_COLUMNS: usize = 24;
const CORES_A_LINE: usize = 8;
const CORE_COLUMNS: usize = 7;
const HEADING_COLUMNS: usize = 14;
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
    fields(out, sample)?;
    cores(out, sample)?;
    gpus(out, sample)?;
    list(out, "top_cpu", &sample.top_cpu, valid::PROCESS_CPU, sample)?;
    list(out, "top_memory", &sample.top_memory, valid::PROCESSES, sample)?;
    list(out, "top_io", &sample.top_io, valid::PROCESS_IO, sample)
}

fn fields(out: &mut String, sample: &Snapshot) -> fmt::Result {
    let longest = FIELDS.iter().map(|field| field.name.len()).max().unwrap_or(0);
    for field in FIELDS {
        write!(out, "{:longest$}", field.name)?;
        right(out, VALUE_COLUMNS, ' ', Value { field, value: field.value(sample) })?;
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

fn gpus(out: &mut String, sample: &Snapshot) -> fmt::Result {
    let count = if sample.has(valid::GPU) { sample.gpu_count as usize } else { 0 };
    for (index, gpu) in sample.gpus.iter().take(count).enumerate() {
        out.push_str(if index == 0 { "\n" } else { "" });
        left(out, HEADING_COLUMNS, format_args!("gpu {index}"))?;
        write!(out, "{}", gpu.driver_name().unwrap_or("unknown driver"))?;
        if gpu.state == Gpu::ASLEEP {
            writeln!(out, ", asleep")?;
            continue;
        }
        if gpu.valid & Gpu::BUSY != 0 {
            write!(out, ", {} busy", Share(gpu.busy_ppm.into()))?;
        }
        if gpu.valid & Gpu::FREQUENCY != 0 {
            write!(out, ", {} MHz", gpu.frequency_mhz)?;
        }
        if gpu.valid & Gpu::FREQUENCY_LIMIT != 0 {
            write!(out, ", {} MHz at most", gpu.frequency_limit_mhz)?;
        }
        out.push('\n');
    }
    Ok(())
}

fn list(
    out: &mut String,
    heading: &str,
    rows: &[Process],
    group: u64,
    sample: &Snapshot,
) -> fmt::Result {
    if !sample.has(group) {
        return Ok(());
    }
    out.push('\n');
    left(out, HEADING_COLUMNS, heading)?;
    right(out, PID_COLUMNS, ' ', "pid")?;
    for title in ["cpu", "rss", "read", "write"] {
        right(out, FIGURE_COLUMNS, ' ', title)?;
    }
    out.push_str("  name\n");
    for row in rows.iter().take_while(|row| row.count > 0) {
        write!(out, "{:HEADING_COLUMNS$}", "")?;
        figure(out, PID_COLUMNS, row.pid, row.pid != 0)?;
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
        let kernel = if row.is_kernel_thread() { " (kernel)" } else { "" };
        writeln!(out, "  {}{kernel}", Name(row))?;
    }
    Ok(())
}

fn figure(out: &mut String, width: usize, value: impl Display, known: bool) -> fmt::Result {
    if known { right(out, width, ' ', value) } else { right(out, width, ' ', UNKNOWN) }
}
