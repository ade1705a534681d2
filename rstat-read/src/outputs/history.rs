//! The points of the history as JSON, an object a line, oldest first.
//!
//! Names, units and integers are those of the points; an unknown figure is `null`.

use std::fmt::{self, Write};

use rstat_shm::snapshot::{HistoryPoint, valid};

use crate::report::Report;
use crate::text::json::key;

/// A figure of a point: the name, the bit of `valid`, the value.
type Column = (&'static str, u64, fn(&HistoryPoint) -> i128);

#[rustfmt::skip]
const COLUMNS: [Column; 9] = [
    ("cpu_busy_ppm", valid::CPU, |point| point.cpu_busy_ppm.into()),
    ("cpu_temperature_mc", valid::CPU_TEMPERATURE, |point| point.cpu_temperature_mc.into()),
    ("cpu_frequency_khz", valid::CPU_FREQUENCY, |point| point.cpu_frequency_khz.into()),
    ("memory_used_ppm", valid::MEMORY, |point| point.memory_used_ppm.into()),
    ("swap_used_ppm", valid::SWAP, |point| point.swap_used_ppm.into()),
    ("gpu_busy_ppm", valid::GPU, |point| point.gpu_busy_ppm.into()),
    ("load_1m_milli", valid::LOAD, |point| point.load_1m_milli.into()),
    ("io_read_bytes_per_s", valid::PROCESS_IO, |point| point.io_read_bytes_per_s.into()),
    ("io_write_bytes_per_s", valid::PROCESS_IO, |point| point.io_write_bytes_per_s.into()),
];

/// Writes the points of a report, a line each.
pub fn history(out: &mut String, report: &Report) -> fmt::Result {
    let latest_ns = report.sample.map_or(0, |sample| sample.monotonic_ns);
    for point in report.history {
        out.push('{');
        key(out, "age_ns")?;
        let since_ns = latest_ns.saturating_sub(point.monotonic_ns);
        write!(out, "{}", report.age.as_nanos() + u128::from(since_ns))?;
        key(out, "monotonic_ns")?;
        write!(out, "{}", point.monotonic_ns)?;
        for (name, group, value) in COLUMNS {
            key(out, name)?;
            match point.has(group).then(|| value(point)) {
                Some(value) => write!(out, "{value}")?,
                None => out.push_str("null"),
            }
        }
        out.push_str("}\n");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use rstat_shm::Snapshot;

    use super::*;
    use crate::report::Freshness;

    #[test]
    fn a_point_is_a_line_with_its_age() {
        let sample = Snapshot { monotonic_ns: 9_000, ..Snapshot::EMPTY };
        let known = valid::CPU | valid::GPU | valid::CPU_TEMPERATURE;
        let point = HistoryPoint {
            monotonic_ns: 8_000,
            valid: known,
            cpu_busy_ppm: 5,
            cpu_temperature_mc: -7,
            ..HistoryPoint::default()
        };
        let flags = HistoryPoint::GPU_BUSY;
        let latest = HistoryPoint { monotonic_ns: 9_000, gpu_busy_ppm: 6, flags, ..point };
        let report = Report {
            state: Freshness::Fresh,
            sample: Some(&sample),
            history: &[point, latest],
            age: Duration::from_nanos(50),
            path: Path::new("/"),
            error: None,
        };
        let mut out = String::new();
        history(&mut out, &report).unwrap();
        let rest =
            "\"load_1m_milli\":null,\"io_read_bytes_per_s\":null,\"io_write_bytes_per_s\":null}\n";
        let line = |age, time, gpu| {
            format!(
                "{{\"age_ns\":{age},\"monotonic_ns\":{time},\"cpu_busy_ppm\":5,\
                 \"cpu_temperature_mc\":-7,\"cpu_frequency_khz\":null,\"memory_used_ppm\":null,\
                 \"swap_used_ppm\":null,\"gpu_busy_ppm\":{gpu},{rest}"
            )
        };
        assert_eq!(out, line(1_050, 8_000, "null") + &line(50, 9_000, "6"));
    }
}
