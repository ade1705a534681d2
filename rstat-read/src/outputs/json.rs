//! A sample as one JSON object, for programs.
//!
//! Names, units and integers are those of the snapshot; what is not known is
//! `null`. Keys come from the table of fields, so a new one is here by
//! itself. A number that names something is followed by the name, as `source_name`.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, List, Row, Unit, Value, name_of as name_in, names_of_bits};
use rstat_shm::snapshot::KernelThreads;

use crate::outputs::output::OutputKind;
use crate::report::Report;
use crate::text::columns::Visible;
use crate::text::json::{element, key, member, string};

/// The row of `json`.
pub static JSON: OutputKind = OutputKind::plain(
    "json",
    "one object on one line; raw names and integers,\nnull for what is not known",
    |_| Box::new(object),
);

/// The row of `jsonl`.
pub static JSONL: OutputKind = OutputKind {
    endless: Some("; --format json --follow has one"),
    ..OutputKind::plain("jsonl", "the same for each sample; follows by itself", |_| {
        Box::new(object)
    })
};

/// Writes the object, which has a state only where there is no sample.
fn object(out: &mut String, report: &Report) -> fmt::Result {
    out.push('{');
    member(out, "state", report.state.name())?;
    if let Some(sample) = report.sample {
        key(out, "age_ns")?;
        write!(out, "{}", report.age.as_nanos())?;
        scalars(out, sample)?;
        fields::public_lists().try_for_each(|it| list(out, it, sample))?;
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

/// A number, or `null` for an unknown number.
fn known(out: &mut String, name: &str, value: Option<impl Display>) -> fmt::Result {
    key(out, name)?;
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

/// The rows of a list that are in use; `null` where the list is not known.
fn list(out: &mut String, list: &'static List, sample: &Snapshot) -> fmt::Result {
    let is_of_numbers = list.record.name.is_empty();
    let member = &list.record.members[0];
    key(out, format_args!("{}{}", list.name, if is_of_numbers { member.name } else { "" }))?;
    if !sample.has(list.valid) {
        return out.write_str("null");
    }
    out.push('[');
    if is_of_numbers {
        // A CPU that is offline is `null`, up to the last that is not.
        let row = |index| list.row(sample, index, KernelThreads::Shown);
        let used = (0..list.rows).rev().find(|&index| row(index).is_some());
        for index in 0..used.map_or(0, |index| index + 1) {
            element(out);
            value(out, row(index).and_then(|row| row.value(member)))?;
        }
    } else {
        for row in list.rows(sample, KernelThreads::Shown) {
            element(out);
            out.push('{');
            members(out, list, &row)?;
            out.push('}');
        }
    }
    out.push(']');
    Ok(())
}

/// The figures of a row, then what its bits say.
fn members(out: &mut String, list: &List, row: &Row) -> fmt::Result {
    for member in list.record.members.iter().filter(|member| member.is_public()) {
        let found = row.value(member);
        key(out, member.name)?;
        value(out, found)?;
        if let Unit::Name(names) = member.unit {
            let name = match found {
                Some(Value::Number(number)) => name_in(names, number),
                _ => None,
            };
            name_of(out, member.name, name)?;
        }
    }
    for member in list.record.members.iter().filter(|member| member.name != "valid") {
        let (Unit::Bits(names), bits) = (member.unit, row.value(member)) else {
            continue;
        };
        let bits = if let Some(Value::Number(bits)) = bits { Some(bits) } else { None };
        if member.is_public() {
            key(out, format_args!("{}_names", member.name))?;
            names_of(out, names, bits)?;
        } else {
            for (bit, name) in names.iter().enumerate() {
                known(out, &name.replace(' ', "_"), bits.map(|bits| bits >> bit & 1 == 1))?;
            }
        }
    }
    Ok(())
}

fn value(out: &mut String, value: Option<Value>) -> fmt::Result {
    match value {
        Some(Value::Number(number)) => write!(out, "{number}"),
        Some(Value::Text(text)) => string(out, Visible(text)),
        None => out.write_str("null"),
    }
}

/// The names of the bits that are set.
fn names_of(out: &mut String, names: &'static [&str], bits: Option<i128>) -> fmt::Result {
    let Some(bits) = bits else {
        return out.write_str("null");
    };
    out.push('[');
    for name in names_of_bits(names, bits) {
        element(out);
        string(out, name)?;
    }
    out.push(']');
    Ok(())
}
