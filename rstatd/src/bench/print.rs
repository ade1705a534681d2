//! The report of a bench, for people and for programs.

use std::io::{self, Write};

use super::Report;
use super::trace::SystemCall;

/// Aligned text; times in microseconds.
pub fn text(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Report { samples, source, processes, .. } = report;
    writeln!(out, "{samples} samples 1 ms apart, source {source}, {processes} processes\n")?;
    write!(out, "{:<10}", "µs")?;
    for (column, _) in report.stages[0].1.columns() {
        write!(out, "{column:>10}")?;
    }
    writeln!(out)?;
    for (stage, summary) in &report.stages {
        write!(out, "{stage:<10}")?;
        for (_, ns) in summary.columns() {
            write!(out, "{:>10.2}", microseconds(ns))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "\nsources, last reading, µs")?;
    for (name, ns) in &report.sources {
        writeln!(out, "  {name:<28}{:>8.2}", microseconds(*ns))?;
    }
    writeln!(out, "\nheap allocations per sample {:>10.2}", report.allocations_per_sample)?;
    let Some(calls) = &report.system_calls else {
        return writeln!(out, "system calls per sample     not counted");
    };
    let total: f64 = calls.iter().map(|call| call.per_sample).sum();
    writeln!(out, "system calls per sample     {total:>10.2}")?;
    let what = |call: &SystemCall| format!("{} {}", call.name, call.file);
    let width = calls.iter().map(|call| what(call).len()).max().unwrap_or(0);
    for call in calls {
        writeln!(out, "  {:<width$}{:>6.2}  {}", what(call), call.per_sample, call.reason)?;
    }
    Ok(())
}

/// One object; times in nanoseconds. All strings are ours or file names of the
/// kernel's, which need no escapes but those for quotes and backslashes.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Report { samples, source, processes, .. } = report;
    write!(
        out,
        r#"{{"samples":{samples},"source":"{source}","processes":{processes},"stages_ns":{{"#
    )?;
    for (index, (stage, summary)) in report.stages.iter().enumerate() {
        write!(out, r#"{}"{stage}":{{"#, comma(index))?;
        for (index, (column, ns)) in summary.columns().iter().enumerate() {
            write!(out, r#"{}"{column}":{ns}"#, comma(index))?;
        }
        write!(out, "}}")?;
    }
    write!(out, r#"}},"sources_ns":{{"#)?;
    for (index, (name, ns)) in report.sources.iter().enumerate() {
        write!(out, r#"{}"{name}":{ns}"#, comma(index))?;
    }
    write!(out, r#"}},"allocations_per_sample":{}"#, report.allocations_per_sample)?;
    write!(out, r#","system_calls_per_sample":"#)?;
    match &report.system_calls {
        None => write!(out, "null")?,
        Some(calls) => {
            write!(out, "[")?;
            for (index, call) in calls.iter().enumerate() {
                let file = call.file.replace('\\', r"\\").replace('"', r#"\""#);
                let (name, count, reason) = (call.name, call.per_sample, call.reason);
                write!(
                    out,
                    r#"{}{{"name":"{name}","file":"{file}","count":{count},"reason":"{reason}"}}"#,
                    comma(index)
                )?;
            }
            write!(out, "]")?;
        }
    }
    writeln!(out, "}}")
}

fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}

fn microseconds(ns: u64) -> f64 {
    ns as f64 / 1000.0
}
