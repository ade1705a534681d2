//! A sample as one JSON object, for programs.
//!
//! Names, units and integers are those of the snapshot; what is not known is
//! `null`. Keys come from the field table, so a new field is here by itself. A
//! number that names something is followed by the name, as `source_name`.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Unit};
use rstat_shm::snapshot::{Gpu, KernelThreads, Row, Stuck, rows, throttle, valid};

use crate::emit::consumer::Consumer;
use crate::emit::json::{element, key, string};
use crate::emit::text::Visible;
use crate::report::Report;

/// Writes the object, without a line feed. Without a sample it has a state only.
pub fn object(out: &mut String, report: &Report) -> fmt::Result {
    out.push('{');
    key(out, "state")?;
    string(out, report.state.name())?;
    if let Some(sample) = report.sample {
        key(out, "age_ns")?;
        write!(out, "{}", report.age.as_nanos())?;
        scalars(out, sample)?;
        let (cpu, memory, io) = (valid::PROCESS_CPU, valid::PROCESSES, valid::PROCESS_IO);
        list(out, "top_cpu", &sample.top_cpu, cpu, sample)?;
        list(out, "top_memory", &sample.top_memory, memory, sample)?;
        list(out, "top_io", &sample.top_io, io, sample)?;
        let group = |figures| figures | valid::APPLICATIONS;
        list(out, "top_cpu_applications", &sample.top_cpu_applications, group(cpu), sample)?;
        let applications = &sample.top_memory_applications;
        list(out, "top_memory_applications", applications, group(memory), sample)?;
        list(out, "top_io_applications", &sample.top_io_applications, group(io), sample)?;
        stuck(out, "blocked", &sample.blocked, sample)?;
        stuck(out, "zombies", &sample.zombies, sample)?;
        array(out, "gpus", valid::GPU, sample, sample.known_gpus(), gpu)?;
        array(out, "fans_rpm", valid::FANS, sample, sample.known_fans_rpm(), |out, rpm| {
            write!(out, "{rpm}")
        })?;
        cores(out, sample)?;
    }
    out.push('}');
    Ok(())
}

fn scalars(out: &mut String, sample: &Snapshot) -> fmt::Result {
    for field in fields::telling() {
        known(out, field.name, field.value(sample))?;
        if matches!(field.unit, Unit::Name(_)) {
            name_of(out, field.name, field.value_name(sample))?;
        }
    }
    Ok(())
}

/// A number, or `null` for one that is not known.
fn known(out: &mut String, name: &str, value: Option<impl Display>) -> fmt::Result {
    key(out, name)?;
    number(out, value)
}

fn number(out: &mut String, value: Option<impl Display>) -> fmt::Result {
    match value {
        Some(value) => write!(out, "{value}"),
        None => out.write_str("null"),
    }
}

/// The name that a number stands for, behind the number.
fn name_of(out: &mut String, number: &str, name: Option<&str>) -> fmt::Result {
    key(out, format_args!("{number}_name"))?;
    match name {
        Some(name) => string(out, name),
        None => out.write_str("null"),
    }
}

/// An array; `null` where `group` is not known.
fn array<'a, T: 'a>(
    out: &mut String,
    name: &str,
    group: u64,
    sample: &Snapshot,
    items: impl IntoIterator<Item = &'a T>,
    mut write: impl FnMut(&mut String, &'a T) -> fmt::Result,
) -> fmt::Result {
    key(out, name)?;
    if !sample.has(group) {
        return out.write_str("null");
    }
    out.push('[');
    for item in items {
        element(out);
        write(out, item)?;
    }
    out.push(']');
    Ok(())
}

fn list<'a, R: Row>(
    out: &mut String,
    name: &str,
    list: &'a [R],
    group: u64,
    sample: &Snapshot,
) -> fmt::Result
where
    Consumer<'a>: From<&'a R>,
{
    let rows = rows(list, KernelThreads::Shown, list.len());
    let has_pid = group & valid::APPLICATIONS == 0;
    array(out, name, group, sample, rows, |out, row| {
        consumer(out, &Consumer::from(row), has_pid, sample)
    })
}

fn consumer(out: &mut String, row: &Consumer, has_pid: bool, sample: &Snapshot) -> fmt::Result {
    let has = |group| sample.has(group);
    let io = has(valid::PROCESS_IO);
    out.push('{');
    // The key is the member's, as everywhere.
    key(out, if has_pid { "comm" } else { "name" })?;
    match &row.name {
        Some(name) => string(out, name)?,
        None => string(out, "")?,
    }
    if has_pid {
        known(out, "pid", row.pid)?;
    }
    known(out, "count", Some(row.count))?;
    known(out, "kernel_thread", Some(row.is_kernel_thread))?;
    known(out, "cpu_ppm", has(valid::PROCESS_CPU).then_some(row.cpu_ppm))?;
    known(out, "rss_bytes", has(valid::PROCESSES).then_some(row.rss_bytes))?;
    known(out, "read_bytes_per_s", io.then_some(row.read_bytes_per_s))?;
    known(out, "write_bytes_per_s", io.then_some(row.write_bytes_per_s))?;
    out.push('}');
    Ok(())
}

fn stuck(out: &mut String, name: &str, list: &[Stuck], sample: &Snapshot) -> fmt::Result {
    let rows = rows(list, KernelThreads::Shown, list.len());
    array(out, name, valid::STUCK, sample, rows, |out, row| {
        out.push('{');
        key(out, "comm")?;
        string(out, Visible(row.comm))?;
        known(out, "pid", Some(row.pid))?;
        known(out, "threads", Some(row.threads))?;
        out.push('}');
        Ok(())
    })
}

fn gpu(out: &mut String, gpu: &Gpu) -> fmt::Result {
    let has = |field| gpu.has(field);
    let memory = has(Gpu::MEMORY);
    out.push('{');
    known(out, "driver", Some(gpu.driver))?;
    name_of(out, "driver", gpu.driver_name())?;
    known(out, "state", Some(gpu.state))?;
    name_of(out, "state", gpu.state_name())?;
    known(out, "busy_ppm", has(Gpu::BUSY).then_some(gpu.busy_ppm))?;
    known(out, "frequency_mhz", has(Gpu::FREQUENCY).then_some(gpu.frequency_mhz))?;
    let limit = has(Gpu::FREQUENCY_LIMIT).then_some(gpu.frequency_limit_mhz);
    known(out, "frequency_limit_mhz", limit)?;
    known(out, "temperature_mc", has(Gpu::TEMPERATURE).then_some(gpu.temperature_mc))?;
    known(out, "throttle", has(Gpu::THROTTLE).then_some(gpu.throttle))?;
    key(out, "throttle_names")?;
    if has(Gpu::THROTTLE) {
        out.push('[');
        for reason in throttle::names(gpu.throttle) {
            element(out);
            string(out, reason)?;
        }
        out.push(']');
    } else {
        out.push_str("null");
    }
    known(out, "power_uw", has(Gpu::POWER).then_some(gpu.power_uw))?;
    known(out, "memory_used_bytes", memory.then_some(gpu.memory_used_bytes))?;
    known(out, "memory_total_bytes", memory.then_some(gpu.memory_total_bytes))?;
    out.push('}');
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
