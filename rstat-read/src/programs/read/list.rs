//! `rstat-read --list`: every name with its unit and meaning.

use std::fmt::{self, Write};

use rstat_shm::fields::Unit;

use crate::figures::catalogue::{Entry, catalogue};
use crate::programs::{Failure, print};
use crate::text::columns::{columns, left};

/// The space between columns.
const GAP: usize = 2;

/// Prints the names, a line each.
pub fn list() -> Result<(), Failure> {
    let mut text = String::new();
    // Writing to a string cannot fail, and none of our values does.
    let _ = write(&mut text, &catalogue());
    print(&text)
}

fn write(out: &mut String, entries: &[Entry]) -> fmt::Result {
    let titles = ["name", "unit", "raw name", "meaning"];
    let rows = || entries.iter().map(|it| [&*it.dotted, unit_name(it), &*it.raw, &*it.help]);
    let lines = || [titles].into_iter().chain(rows());
    let width = |column: usize| lines().map(|line| columns(line[column])).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    for line in lines() {
        for (text, width) in line.into_iter().zip(widths) {
            left(out, width + GAP, text)?;
        }
        writeln!(out, "{}", line[widths.len()])?;
    }
    out.write_str("\nN is the number of a row, from 0; without it, it is the first: gpu.temp.\n")
}

/// The name of the displayed unit.
fn unit_name(entry: &Entry) -> &'static str {
    if entry.metric(0, false).is_text() {
        return "text";
    }
    match entry.unit {
        Unit::Count | Unit::Milli | Unit::Name(_) => "number",
        Unit::Bits(_) => "bits",
        Unit::Text => "text",
        Unit::Ppm => "%",
        Unit::MilliCelsius => "°C",
        Unit::KiloHertz | Unit::MegaHertz => "GHz",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes/s",
        Unit::PerSecond => "1/s",
        Unit::PerMinute => "1/min",
        Unit::MicroWatts => "W",
        Unit::Nanoseconds => "time",
        Unit::Realtime => "date",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_line() {
        let entries = catalogue();
        let mut out = String::new();
        write(&mut out, &entries).unwrap();
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(lines.len(), 1 + entries.len() + 2);
        let starts: Vec<_> = lines[..=entries.len()]
            .iter()
            .map(|line| line.split_whitespace().next().unwrap_or_default())
            .collect();
        assert_eq!(starts[0], "name");
        assert!(starts[1..].iter().zip(&entries).all(|(start, entry)| *start == entry.dotted));
    }
}
