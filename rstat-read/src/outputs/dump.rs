//! A sample as text for people: every figure with its name and meaning, then the CPUs, fans
//! and GPUs, the top lists, and the blocked processes and zombies.
//!
//! The names are the dotted ones, as in `--get` and in templates.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Field, List, Unit};
use rstat_shm::snapshot::{Gpu, KernelThreads};

use crate::figures::consumer::{Label, figure, is_kernel_thread};
use crate::figures::levels::Levels;
use crate::figures::quantity::{Elapsed, PartOf, Power, Quantity, Share, degrees, percent};
use crate::outputs::output::OutputKind;
use crate::report::{Freshness, Report};
use crate::text::advice::Advice;
use crate::text::columns::{UNKNOWN, columns, left, right};
use crate::text::paint::{Paint, Style};

const VALUE_COLUMNS: usize = 24;
const CORES_A_LINE: usize = 8;
const CORE_COLUMNS: usize = 7;
const HEADING_COLUMNS: usize = 24;
const PID_COLUMNS: usize = 8;
const FIGURE_COLUMNS: usize = 13;

/// The row of `text`.
pub static TEXT: OutputKind = OutputKind {
    separator: "\n",
    ..OutputKind::plain("text", "as --dump", |wishes| {
        Box::new(move |out, report| dump(out, report, wishes.paint))
    })
};

fn dump(out: &mut String, report: &Report, paint: Paint) -> fmt::Result {
    let state = report.state.name();
    let style = if report.state == Freshness::Fresh { Style::Good } else { Style::Warning };
    let Some(sample) = report.sample else {
        paint.with(out, style, |out| out.write_str(state))?;
        return writeln!(out, ": {}", Advice(report));
    };
    let age_ns = u64::try_from(report.age.as_nanos()).unwrap_or(u64::MAX);
    write!(out, "sample {} is ", sample.sequence)?;
    paint.with(out, style, |out| out.write_str(state))?;
    writeln!(out, ", {} old", Elapsed(age_ns))?;
    if columns(Advice(report)) > 0 {
        writeln!(out, "{}", Advice(report))?;
    }
    out.push('\n');
    scalars(out, sample, paint)?;
    cores(out, sample, paint)?;
    fans(out, sample, paint)?;
    gpus(out, sample, paint)?;
    let of = |record| fields::public_lists().filter(move |list| list.record.name == record);
    let mut lists = of("process").chain(of("application")).chain(of("process_state"));
    lists.try_for_each(|it| list(out, it, sample, paint))
}

fn scalars(out: &mut String, sample: &Snapshot, paint: Paint) -> fmt::Result {
    let levels = Levels::of_sample(sample);
    let longest = fields::public().map(|field| field.dotted.len()).max().unwrap_or(0);
    // The figures of rstat itself come last.
    let (own, machine): (Vec<&Field>, Vec<_>) = fields::public().partition(|field| is_own(field));
    for field in machine.into_iter().chain(own) {
        write!(out, "{:longest$}", field.dotted)?;
        let value = field.value(sample);
        let style = match value {
            None => Style::Dim,
            Some(_) if has_level(field) => levels.of_group(field.valid).into(),
            Some(_) => Style::Normal,
        };
        paint.with(out, style, |out| match value {
            Some(value) => right(out, VALUE_COLUMNS, ' ', Quantity(field.unit, value)),
            None => right(out, VALUE_COLUMNS, ' ', UNKNOWN),
        })?;
        paint.with(out, Style::Dim, |out| write!(out, "  {}", field.help))?;
        out.push('\n');
    }
    Ok(())
}

fn is_own(field: &Field) -> bool {
    ["sample.", "daemon.", "probe."].iter().any(|kind| field.dotted.starts_with(kind))
}

/// Whether the level of the field's group is about this field.
fn has_level(field: &Field) -> bool {
    matches!(field.unit, Unit::Ppm | Unit::MilliCelsius) || field.name == "memory_used_bytes"
}

fn heading(out: &mut String, width: usize, text: impl Display, paint: Paint) -> fmt::Result {
    paint.with(out, Style::Heading, |out| left(out, width, text))
}

fn cores(out: &mut String, sample: &Snapshot, paint: Paint) -> fmt::Result {
    let Some(last) = (0..sample.cores.len()).rev().find(|&cpu| sample.core_busy_ppm(cpu).is_some())
    else {
        return Ok(());
    };
    out.push('\n');
    for first in (0..=last).step_by(CORES_A_LINE) {
        let end = last.min(first + CORES_A_LINE - 1);
        heading(out, HEADING_COLUMNS, format_args!("cpu.{first} to cpu.{end}"), paint)?;
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

fn fans(out: &mut String, sample: &Snapshot, paint: Paint) -> fmt::Result {
    for (index, rpm) in sample.known_fans_rpm().iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { "" });
        heading(out, HEADING_COLUMNS, format_args!("fan.{index}"), paint)?;
        writeln!(out, "{rpm} /min")?;
    }
    Ok(())
}

fn gpus(out: &mut String, sample: &Snapshot, paint: Paint) -> fmt::Result {
    for (index, gpu) in sample.known_gpus().iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { "" });
        heading(out, HEADING_COLUMNS, format_args!("gpu.{index}"), paint)?;
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
            for (index, reason) in gpu.throttle_names().enumerate() {
                write!(out, "{}{reason}", if index == 0 { ", throttled: " } else { " and " })?;
            }
        }
        out.push('\n');
    }
    Ok(())
}

/// A list with kernel threads; nothing where it is not known, or no process is blocked.
fn list(out: &mut String, list: &'static List, sample: &Snapshot, paint: Paint) -> fmt::Result {
    let rows = || list.rows(sample, KernelThreads::Shown);
    let is_top = list.record.member("cpu_ppm").is_some();
    if !sample.has(list.valid) || !is_top && rows().next().is_none() {
        return Ok(());
    }
    out.push('\n');
    let numbers =
        list.record.members.iter().filter(|member| {
            member.is_public() && member.unit != Unit::Text && member.name != "count"
        });
    let width = |member: &Field| if member.name == "pid" { PID_COLUMNS } else { FIGURE_COLUMNS };
    // Applications have no process id, and their headings may need that column.
    let has_pid = list.record.member("pid").is_some();
    let heading = HEADING_COLUMNS + if has_pid { 0 } else { PID_COLUMNS };
    paint.with(out, Style::Heading, |out| {
        left(out, heading, list.dotted)?;
        for member in numbers.clone() {
            right(out, width(member), ' ', member.dotted)?;
        }
        out.write_str("  name")
    })?;
    out.push('\n');
    for row in rows() {
        write!(out, "{:heading$}", "")?;
        for member in numbers.clone() {
            match figure(&row, member, sample) {
                Some(number) => right(out, width(member), ' ', Quantity(member.unit, number))?,
                None => right(out, width(member), ' ', UNKNOWN)?,
            }
        }
        let kernel = if is_kernel_thread(&row) { " (kernel)" } else { "" };
        writeln!(out, "  {}{kernel}", Label(row, usize::MAX))?;
    }
    Ok(())
}
