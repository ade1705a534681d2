//! Finds a metric by its name, and the nearest name when there is none.

use crate::figures::catalogue::{Entry, ROW, catalogue};
use crate::figures::metric::Metric;
use rstat_options::{OptionError, distance};

/// A wrong name may differ from a known name in one letter of so many.
const NEAR_FRACTION: usize = 2;

impl Metric {
    /// The metric of a dotted or raw name.
    pub fn named(name: &str) -> Result<Self, OptionError> {
        let entries = catalogue();
        if let Some(metric) = scalar(&entries, name) {
            return Ok(metric);
        }
        let (pattern, row) = pattern(name);
        let is_meant = |known: &str| match row {
            Some(_) => known == pattern,
            None => without_row(known) == pattern,
        };
        let index = row.unwrap_or(0);
        for entry in entries.iter().filter(|entry| entry.rows > 0) {
            for (known, is_raw) in [(&entry.dotted, false), (&entry.raw, true)] {
                if is_meant(known) && index < entry.rows {
                    return Ok(entry.metric(index, is_raw));
                } else if is_meant(known) {
                    let last = entry.rows - 1;
                    let why = format!("unknown metric `{name}`: its numbers are 0 to {last}");
                    return Err(OptionError::new(why));
                }
            }
        }
        let nearest = nearest(&entries, &pattern, row);
        let hint = nearest.map(|nearest| format!("; did you mean `{nearest}`?"));
        let hint = hint.unwrap_or_default();
        Err(OptionError::new(format_args!("unknown metric `{name}`{hint}")))
    }
}

fn scalar(entries: &[Entry], name: &str) -> Option<Metric> {
    let mut scalars = entries.iter().filter(|entry| entry.rows == 0);
    let entry = scalars.find(|entry| entry.dotted == name || entry.raw == name)?;
    Some(entry.metric(0, entry.dotted != name))
}

/// The name as in the catalogue, and the number of the row.
fn pattern(name: &str) -> (String, Option<usize>) {
    let mut row = None;
    let parts: Vec<&str> = name
        .split('.')
        .map(|part| match part.parse() {
            Ok(number) if row.is_none() => {
                row = Some(number);
                ROW
            }
            _ => part,
        })
        .collect();
    (parts.join("."), row)
}

fn without_row(name: &str) -> String {
    name.split('.').filter(|part| *part != ROW).collect::<Vec<_>>().join(".")
}

/// The known name with the fewest letters to change. A name that begins with the whole
/// pattern is the nearest.
fn nearest(entries: &[Entry], pattern: &str, row: Option<usize>) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    // Only raw names have underscores.
    let is_raw = pattern.contains('_');
    for entry in entries {
        let known = if is_raw { &entry.raw } else { &entry.dotted };
        let known = if row.is_none() { without_row(known) } else { known.clone() };
        let goes_on = !pattern.is_empty() && known.starts_with(pattern);
        let distance = if goes_on { 0 } else { distance(pattern, &known) };
        if best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, known));
        }
    }
    let (distance, known) = best?;
    let number = row.map_or(String::new(), |row| row.to_string());
    let parts: Vec<&str> =
        known.split('.').map(|part| if part == ROW { number.as_str() } else { part }).collect();
    (distance <= pattern.len() / NEAR_FRACTION).then(|| parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_catalogue_is_found() {
        for entry in catalogue() {
            for (name, is_raw) in [(&entry.dotted, false), (&entry.raw, entry.raw != entry.dotted)]
            {
                let name = name.replace(&format!(".{ROW}"), ".2");
                let found = Metric::named(&name).map(|metric| metric.is_raw());
                let is_raw = is_raw && entry.raw != entry.dotted;
                assert_eq!(found, Ok(is_raw), "{name}");
            }
        }
    }

    #[test]
    fn without_a_number_it_is_the_first_row() {
        for name in
            ["gpu.temp", "gpu.memory.used", "fan", "top.cpu.name", "top.io.applications.rss"]
        {
            assert!(Metric::named(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_wrong_name_comes_with_the_nearest() {
        let check = |name: &str, expected: &str| {
            assert_eq!(Metric::named(name).err().unwrap().to_string(), expected);
        };
        check("cpu.bussy", "unknown metric `cpu.bussy`; did you mean `cpu.busy`?");
        check("mem.used", "unknown metric `mem.used`; did you mean `memory.used`?");
        check("cpu.temperature", "unknown metric `cpu.temperature`; did you mean `cpu.temp`?");
        check("memory", "unknown metric `memory`; did you mean `memory.total`?");
        check("cpu_busy", "unknown metric `cpu_busy`; did you mean `cpu_busy_ppm`?");
        check("gpu.1.tmp", "unknown metric `gpu.1.tmp`; did you mean `gpu.1.temp`?");
        check("gpu.8.temp", "unknown metric `gpu.8.temp`: its numbers are 0 to 7");
        check("", "unknown metric ``");
        check("weather.tomorrow", "unknown metric `weather.tomorrow`");
    }
}
