//! A sample as one JSON object, for programs.
//!
//! Names, units and integers are those of the snapshot; what is not known is
//! `null`. Keys come from the field table, so a new field is here by itself.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::FIELDS;
use rstat_shm::snapshot::{Gpu, Process, valid};

use crate::emit::json::{element, key, string};
use crate::report::Report;

/// Writes the object, without a line feed. Without a sample it has a state only.
pub fn object(out: &mut String, report: &Report) -> fmt::Result {
    out.push('{');
    key(out, "state")?;
    string(out, report.state.name())?;
    if let Some(sample) = report.sample {
        key(out, "age_ns")?;
        write!(out, "{}", report.age.as_nanos())?;
        for field in FIELDS {
            key(out, field.name)?;
            number(out, field.value(sample))?;
        }
        list(out, "top_cpu", &sample.top_cpu, valid::PROCESS_CPU, sample)?;
        list(out, "top_memory", &sample.top_memory, valid::PROCESSES, sample)?;
        list(out, "top_io", &sample.top_io, valid::PROCESS_IO, sample)?;
        gpus(out, sample)?;
        cores(out, sample)?;
    }
    out.push('}');
    Ok(())
}

fn number(out: &mut String, value: Option<impl Display>) -> fmt::Result {
    match value {
        Some(value) => write!(out, "{value}"),
        None => out.write_str("null"),
    }
}

/// A top list; `null` where `group` is not known, as its rows' figures are.
fn list(
    out: &mut String,
    name: &str,
    rows: &[Process],
    group: u64,
    sample: &Snapshot,
) -> fmt::Result {
    key(out, name)?;
    if !sample.has(group) {
        return out.write_str("null");
    }
    let has = |group| sample.has(group);
    let io = has(valid::PROCESS_IO);
    out.push('[');
    for row in rows.iter().take_while(|row| row.count > 0) {
        element(out);
        out.push('{');
        key(out, "comm")?;
        string(out, row.comm)?;
        key(out, "pid")?;
        number(out, (row.pid != 0).then_some(row.pid))?;
        key(out, "count")?;
        write!(out, "{}", row.count)?;
        key(out, "kernel_thread")?;
        write!(out, "{}", row.is_kernel_thread())?;
        key(out, "cpu_ppm")?;
        number(out, has(valid::PROCESS_CPU).then_some(row.cpu_ppm))?;
        key(out, "rss_bytes")?;
        number(out, has(valid::PROCESSES).then_some(row.rss_bytes))?;
        key(out, "read_bytes_per_s")?;
        number(out, io.then_some(row.read_bytes_per_s))?;
        key(out, "write_bytes_per_s")?;
        number(out, io.then_some(row.write_bytes_per_s))?;
        out.push('}');
    }
    out.push(']');
    Ok(())
}

fn gpus(out: &mut String, sample: &Snapshot) -> fmt::Result {
    key(out, "gpus")?;
    if !sample.has(valid::GPU) {
        return out.write_str("null");
    }
    out.push('[');
    for gpu in sample.gpus.iter().take(sample.gpu_count as usize) {
        let known = |bit| gpu.valid & bit != 0;
        element(out);
        out.push('{');
        key(out, "driver")?;
        match gpu.driver_name() {
            Some(name) => string(out, name)?,
            None => out.push_str("null"),
        }
        key(out, "asleep")?;
        write!(out, "{}", gpu.state == Gpu::ASLEEP)?;
        key(out, "busy_ppm")?;
        number(out, known(Gpu::BUSY).then_some(gpu.busy_ppm))?;
        key(out, "frequency_mhz")?;
        number(out, known(Gpu::FREQUENCY).then_some(gpu.frequency_mhz))?;
        key(out, "frequency_limit_mhz")?;
        number(out, known(Gpu::FREQUENCY_LIMIT).then_some(gpu.frequency_limit_mhz))?;
        out.push('}');
    }
    out.push(']');
    Ok(())
}

/// The shares of all CPUs by number, `null` for one that is offline.
fn cores(out: &mut String, sample: &Snapshot) -> fmt::Result {
    key(out, "cores_busy_ppm")?;
    if !sample.has(valid::CPU) {
        return out.write_str("null");
    }
    let last = (0..sample.cores.len()).rev().find(|&cpu| sample.core_busy_ppm(cpu).is_some());
    out.push('[');
    for cpu in 0..last.map_or(0, |last| last + 1) {
        element(out);
        number(out, sample.core_busy_ppm(cpu))?;
    }
    out.push(']');
    Ok(())
}
