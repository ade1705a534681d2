//! The report of a bench, for people and for programs.

use std::io::{self, Write};

use super::Report;

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
    writeln!(out, "\nsources, average reading, µs")?;
    let mut row = |what: &str, ns| writeln!(out, "  {what:<28}{:>8.2}", microseconds(ns));
    for source in &report.sources {
        row(source.name, source.average_ns())?;
    }
    row("every source due", report.every_source_ns())?;
    row("in an average second", report.second_ns())?;
    writeln!(out, "\nallocations and system calls of a sample, with reasons: make bench")
}

/// One object; times in nanoseconds. All strings are names of ours, which need no escapes.
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
    for (index, source) in report.sources.iter().enumerate() {
        write!(out, r#"{}"{}":{}"#, comma(index), source.name, source.average_ns())?;
    }
    let (every_source_ns, second_ns) = (report.every_source_ns(), report.second_ns());
    writeln!(out, r#"}},"every_source_ns":{every_source_ns},"second_ns":{second_ns}}}"#)
}

fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}

fn microseconds(ns: u64) -> f64 {
    ns as f64 / 1000.0
}
