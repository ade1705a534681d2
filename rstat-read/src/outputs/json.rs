//! A sample as one JSON object, for programs.
//!
//! Names, units and integers are those of the snapshot; what is not known is
//! `null`. Keys come from the tables of fields and of rows, so a new one is here by
//! itself. A number that names something is followed by the name, as `source_name`.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Unit};
use rstat_shm::snapshot::{Gpu, KernelThreads, ProcessState, valid};

use crate::figures::consumer::Consumer;
use crate::figures::metric::Value;
use crate::figures::metric::rows::{GPU, STUCK, STUCK_LISTS, TOP_LISTS, TopList};
use crate::outputs::output::{Output, OutputKind};
use crate::report::Report;
use crate::text::columns::Visible;
use crate::text::json::{element, key, string};

/// The row of `json`.
pub static JSON: OutputKind = OutputKind::plain(
    "json",
    "one object on one line; raw names and integers,\nnull for what is not known",
    |_| Box::new(Object),
);

/// The row of `jsonl`.
pub static JSONL: OutputKind = OutputKind {
    endless: Some("; --format json --follow has one"),
    ..OutputKind::plain("jsonl", "the same for each sample; follows by itself", |_| {
        Box::new(Object)
    })
};

struct Object;

impl Output for Object {
    fn write(&mut self, out: &mut String, report: &Report) -> fmt::Result {
        object(out, report)
    }
}

/// Writes the object, which has a state only where there is no sample.
fn object(out: &mut String, report: &Report) -> fmt::Result {
    out.push('{');
    key(out, "state")?;
    string(out, report.state.name())?;
    if let Some(sample) = report.sample {
        key(out, "age_ns")?;
        write!(out, "{}", report.age.as_nanos())?;
        scalars(out, sample)?;
        for list in &TOP_LISTS {
            let rows = list.iter(sample, KernelThreads::Shown);
            array(out, list.name, list.valid, sample, rows, |out, row| {
                consumer(out, &row, list, sample)
            })?;
        }
        for list in &STUCK_LISTS {
            let rows = (0..).map_while(|index| list.row(sample, index));
            array(out, list.name, valid::PROCESS_STATES, sample, rows, stuck)?;
        }
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
    for field in fields::public() {
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

/// A figure of a row.
fn member(out: &mut String, name: &str, value: Option<Value>) -> fmt::Result {
    key(out, name)?;
    match value {
        Some(Value::Number(number)) => write!(out, "{number}"),
        Some(Value::Word(word)) => string(out, word),
        Some(Value::Text(text)) => string(out, Visible(text)),
        None => out.write_str("null"),
    }
}

/// An array; `null` where `group` is not known.
fn array<T>(
    out: &mut String,
    name: &str,
    group: u64,
    sample: &Snapshot,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T) -> fmt::Result,
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

fn consumer(out: &mut String, row: &Consumer, list: &TopList, sample: &Snapshot) -> fmt::Result {
    out.push('{');
    for column in list.columns() {
        member(out, column.name_in(list), (column.value)(row, sample))?;
    }
    known(out, "kernel_thread", Some(row.is_kernel_thread))?;
    out.push('}');
    Ok(())
}

fn stuck(out: &mut String, row: &ProcessState) -> fmt::Result {
    out.push('{');
    for column in STUCK {
        member(out, column.name, (column.value)(row))?;
    }
    out.push('}');
    Ok(())
}

fn gpu(out: &mut String, gpu: &Gpu) -> fmt::Result {
    out.push('{');
    for column in GPU {
        let value = (column.value)(gpu);
        member(out, column.name, value)?;
        if let Unit::Name(names) = column.unit {
            name_of(out, column.name, value.and_then(|value| value.name_in(names)))?;
        }
    }
    key(out, "throttle_names")?;
    if gpu.has(Gpu::THROTTLE) {
        out.push('[');
        for reason in gpu.throttle_names() {
            element(out);
            string(out, reason)?;
        }
        out.push(']');
    } else {
        out.push_str("null");
    }
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
