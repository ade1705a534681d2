//! Prometheus' text format, for node_exporter's textfile collector and for scrapes.
//!
//! Names are the snapshot's raw names with the base units that Prometheus wants
//! (<https://prometheus.io/docs/practices/naming/>): ratios, seconds, bytes, hertz, degrees
//! Celsius, watts. Rows of lists have labels. While no samples arrive the text is
//! `rstat_up 0`: Prometheus would store old figures as new ones.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::fields::{End, List, Unit, Value, name_of};
use rstat_shm::snapshot::KernelThreads;

use crate::figures::catalogue::{Entry, ROW, catalogue};
use crate::figures::figure::decimal;
use crate::outputs::output::OutputKind;
use crate::report::{Freshness, Report};
use crate::text::columns::{Visible, by_character};

/// Raw names without a graph: bits, a clock without a date, and labels.
const LEFT_OUT: [&str; 4] = ["state", "monotonic_ns", "valid", "instance"];

/// The figures that top lists are sorted by. The other figures of rows would be thousands of
/// useless series.
const TOP_OF: [(&str, &str); 3] =
    [("top_cpu", "cpu_ppm"), ("top_memory", "rss_bytes"), ("top_io", "_bytes_per_s")];

/// The members of a row that are labels of its figures, by their dotted names.
const LABELS: [&str; 3] = ["driver", "name", "pid"];

/// The row of `prometheus`.
pub static PROMETHEUS: OutputKind = OutputKind {
    says_absence: true,
    ..OutputKind::plain("prometheus", "Prometheus' text format", |wishes| {
        let families = families();
        Box::new(move |out, report| write(out, report, &families, wishes.rendering.kernel_threads))
    })
};

/// All samples of one name.
struct Family {
    name: String,
    kind: &'static str,
    entry: Entry,
}

fn write(
    out: &mut String,
    report: &Report,
    families: &[Family],
    kernel_threads: KernelThreads,
) -> fmt::Result {
    let sample = report.sample.filter(|_| report.state == Freshness::Fresh);
    head(out, "rstat_up", "gauge", "whether rstatd publishes samples")?;
    writeln!(out, "rstat_up {}", u8::from(sample.is_some()))?;
    let Some(sample) = sample else {
        return Ok(());
    };
    families.iter().try_for_each(|family| family.write(out, report, sample, kernel_threads))
}

fn families() -> Vec<Family> {
    catalogue().into_iter().filter(has_graph).map(Family::new).collect()
}

fn has_graph(entry: &Entry) -> bool {
    let raw = entry.raw.as_str();
    if let Some((_, figure)) = TOP_OF.iter().find(|(list, _)| raw.starts_with(list)) {
        return raw.ends_with(figure);
    }
    let last = entry.dotted.rsplit('.').next().unwrap_or_default();
    let is_label = entry.rows > 0 && LABELS.contains(&last);
    !is_label && !LEFT_OUT.contains(&raw)
}

impl Family {
    fn new(entry: Entry) -> Self {
        if entry.raw == "sequence" {
            return Self { name: "rstat_samples_total".to_owned(), kind: "counter", entry };
        }
        Self { name: name(&entry), kind: "gauge", entry }
    }

    fn write(
        &self,
        out: &mut String,
        report: &Report,
        sample: &Snapshot,
        kernel_threads: KernelThreads,
    ) -> fmt::Result {
        let mut has_head = false;
        for row in 0..self.entry.rows.max(1) {
            let metric = self.entry.metric(row, false);
            let Some(Value::Number(number)) = metric.value(report, kernel_threads) else {
                continue;
            };
            if !has_head {
                head(out, &self.name, self.kind, &self.entry.help)?;
                has_head = true;
            }
            out.push_str(&self.name);
            let mut labels = Labels { out, count: 0 };
            if let Some(row) = metric.row() {
                labels.of_row(row, sample, kernel_threads)?;
            }
            if let Unit::Name(names) = self.entry.unit {
                let label = self.entry.raw.rsplit(['_', '.']).next().unwrap_or("name");
                labels.add(label, name_of(names, number).unwrap_or("unknown"))?;
            }
            labels.close()?;
            match self.entry.unit {
                Unit::Name(_) => out.push('1'),
                unit => base_unit(out, number, unit)?,
            }
            out.push('\n');
        }
        Ok(())
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// The labels of a sample: `{cpu="3"}`.
struct Labels<'a> {
    out: &'a mut String,
    count: usize,
}

impl Labels<'_> {
    fn of_row(
        &mut self,
        (list, index): (&'static List, usize),
        sample: &Snapshot,
        kernel_threads: KernelThreads,
    ) -> fmt::Result {
        self.add(if is_of_devices(list) { list.dotted } else { "row" }, index)?;
        let Some(row) = list.row(sample, index, kernel_threads) else {
            return Ok(());
        };
        for label in LABELS {
            let Some(member) = list.record.members.iter().find(|it| it.dotted == label) else {
                continue;
            };
            match (row.value(member), member.unit) {
                (Some(Value::Number(number)), Unit::Name(names)) => {
                    self.add(label, name_of(names, number).unwrap_or("unknown"))?;
                }
                (Some(Value::Number(number)), _) => self.add(label, number)?,
                (Some(Value::Text(text)), _) => self.add(label, Visible(text))?,
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: impl Display) -> fmt::Result {
        self.out.push(if self.count == 0 { '{' } else { ',' });
        self.count += 1;
        write!(self.out, "{name}=\"")?;
        by_character(self.out, &value, |out, character| match character {
            '\\' => out.write_str("\\\\"),
            '"' => out.write_str("\\\""),
            '\n' => out.write_str("\\n"),
            character => out.write_char(character),
        })?;
        self.out.push('"');
        Ok(())
    }

    fn close(self) -> fmt::Result {
        self.out.write_str(if self.count > 0 { "} " } else { " " })
    }
}

/// Whether a list's rows are devices, which go by their numbers.
fn is_of_devices(list: &List) -> bool {
    !matches!(list.end, End::Member(_))
}

/// The raw name in base units: `cpu_busy_ppm` is `rstat_cpu_busy_ratio`,
/// `cores_busy_ppm.N` is `rstat_core_busy_ratio`.
fn name(entry: &Entry) -> String {
    let (old, new, _) = base(entry.unit);
    let parts: Vec<_> = entry.raw.split('.').filter(|part| *part != ROW).collect();
    let raw = parts.join("_");
    let stem = raw.strip_suffix(old).unwrap_or(&raw);
    // The metric of a row has the singular of the list's name: `gpu` of `gpus`.
    let list = entry.list().filter(|list| is_of_devices(list));
    let devices = list.map_or("", |list| list.name.trim_end_matches(old));
    let stem = stem.replacen(devices, devices.trim_end_matches('s'), 1);
    // `_count` belongs to histograms.
    match stem.strip_suffix("_count") {
        Some(things) => format!("rstat_{things}s"),
        None => format!("rstat_{stem}{new}"),
    }
}

/// The end of raw names, the end in base units, and the power of ten between the units.
fn base(unit: Unit) -> (&'static str, &'static str, i32) {
    match unit {
        Unit::Count | Unit::Bits(_) | Unit::Text | Unit::Name(_) => ("", "", 0),
        Unit::Ppm => ("_ppm", "_ratio", -6),
        Unit::Milli => ("_milli", "", -3),
        Unit::MilliCelsius => ("_mc", "_celsius", -3),
        Unit::KiloHertz => ("_khz", "_hertz", 3),
        Unit::MegaHertz => ("_mhz", "_hertz", 6),
        Unit::Bytes => ("_bytes", "_bytes", 0),
        Unit::BytesPerSecond => ("_bytes_per_s", "_bytes_per_second", 0),
        Unit::PerSecond => ("_per_s", "_per_second", 0),
        Unit::PerMinute => ("_rpm", "_rpm", 0),
        Unit::MicroWatts => ("_uw", "_watts", -6),
        Unit::Nanoseconds | Unit::Realtime => ("_ns", "_seconds", -9),
    }
}

/// Writes a number in its base unit, exactly.
fn base_unit(out: &mut String, number: i128, unit: Unit) -> fmt::Result {
    let (_, _, power) = base(unit);
    let factor = 10_i128.pow(power.unsigned_abs());
    if power >= 0 {
        return write!(out, "{}", number * factor);
    }
    decimal(out, number, factor, power.unsigned_abs() as usize)?;
    out.truncate(out.trim_end_matches('0').trim_end_matches('.').len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_base_units() {
        let check = |raw: &str, expected: &str| {
            let entry = catalogue().into_iter().find(|entry| entry.raw == raw).unwrap();
            assert_eq!(name(&entry), expected);
        };
        check("cpu_busy_ppm", "rstat_cpu_busy_ratio");
        check("cpu_count", "rstat_cpus");
        check("cpu_throttle_count", "rstat_cpu_throttles");
        check("load_1m_milli", "rstat_load_1m");
        check("io_read_bytes_per_s", "rstat_io_read_bytes_per_second");
        check("cores_busy_ppm.N", "rstat_core_busy_ratio");
        check("gpus.N.frequency_mhz", "rstat_gpu_frequency_hertz");
        check("fans_rpm.N", "rstat_fan_rpm");
        check("top_cpu.N.cpu_ppm", "rstat_top_cpu_cpu_ratio");
        check("top_io.N.read_bytes_per_s", "rstat_top_io_read_bytes_per_second");
    }

    #[test]
    fn no_name_is_there_twice() {
        let families = families();
        let mut names: Vec<_> = families.iter().map(|family| &family.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn numbers_are_exact() {
        let check = |number, unit, expected: &str| {
            let mut out = String::new();
            base_unit(&mut out, number, unit).unwrap();
            assert_eq!(out, expected);
        };
        check(0, Unit::Ppm, "0");
        check(234_000, Unit::Ppm, "0.234");
        check(1_000_000, Unit::Ppm, "1");
        check(1, Unit::Nanoseconds, "0.000000001");
        check(-5_500, Unit::MilliCelsius, "-5.5");
        check(-500, Unit::MilliCelsius, "-0.5");
        check(3_210_000, Unit::KiloHertz, "3210000000");
        check(i128::from(u64::MAX), Unit::Nanoseconds, "18446744073.709551615");
    }
}
