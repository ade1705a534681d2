//! The sentences of `--check`: text with the values of fields in it.
//!
//! `{memory_used_bytes}` is a field's value in a unit that suits it, `{gpus}` and
//! `{fans_rpm}` are all rows of a list. A part in brackets is left out when a field in it
//! is unknown.

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Field, Unit};
use rstat_shm::snapshot::{Gpu, valid};

/// The sentence of a template; nothing if a field outside of brackets is unknown.
pub fn sentence(template: &str, sample: &Snapshot) -> Option<String> {
    let mut text = String::new();
    for (index, part) in template.split(['[', ']']).enumerate() {
        let in_brackets = index % 2 == 1;
        let filled = filled(part, sample);
        text += &if in_brackets { filled.unwrap_or_default() } else { filled? };
    }
    Some(text)
}

fn filled(part: &str, sample: &Snapshot) -> Option<String> {
    let mut text = String::new();
    for (index, piece) in part.split(['{', '}']).enumerate() {
        let is_name = index % 2 == 1;
        text += &if is_name { value(piece, sample)? } else { piece.to_owned() };
    }
    Some(text)
}

fn value(name: &str, sample: &Snapshot) -> Option<String> {
    match name {
        "fans_rpm" => {
            let fans = sample.known_fans_rpm().iter().map(|rpm| format!("{rpm} rpm"));
            sample.has(valid::FANS).then(|| fans.collect::<Vec<_>>().join(", "))
        }
        "gpus" => {
            let gpus = sample.known_gpus().iter().map(gpu);
            sample.has(valid::GPU).then(|| gpus.collect::<Vec<_>>().join(", "))
        }
        name => field_value(fields::find(name)?, sample),
    }
}

fn field_value(field: &Field, sample: &Snapshot) -> Option<String> {
    let value = field.value(sample)?;
    let number = value as f64;
    Some(match field.unit {
        Unit::Name(_) => field.value_name(sample)?.to_owned(),
        Unit::Ppm => share(number),
        Unit::Milli => format!("{:.2}", number / 1000.0),
        Unit::MilliCelsius => celsius(number),
        Unit::KiloHertz => format!("{:.2} GHz", number / 1_000_000.0),
        Unit::Bytes => bytes(number),
        Unit::BytesPerSecond => format!("{}/s", bytes(number)),
        Unit::MicroWatts => watts(number),
        Unit::Nanoseconds => format!("{value} ns"),
        _ => value.to_string(),
    })
}

fn gpu(gpu: &Gpu) -> String {
    let mut text = gpu.driver_name().unwrap_or("unknown driver").to_owned();
    if gpu.state == Gpu::ASLEEP {
        return text + " asleep";
    }
    let mut add = |bit, value: String| {
        if gpu.has(bit) {
            text += " ";
            text += &value;
        }
    };
    add(Gpu::BUSY, share(gpu.busy_ppm.into()));
    add(Gpu::FREQUENCY, format!("{} MHz", gpu.frequency_mhz));
    add(Gpu::TEMPERATURE, celsius(gpu.temperature_mc.into()));
    add(Gpu::POWER, watts(gpu.power_uw as f64));
    let [used, total] = [gpu.memory_used_bytes, gpu.memory_total_bytes].map(|n| bytes(n as f64));
    add(Gpu::MEMORY, format!("{used} of {total}"));
    let reasons: Vec<_> = gpu.throttle_names().collect();
    let reasons = if reasons.is_empty() { "unthrottled".into() } else { reasons.join("+") };
    add(Gpu::THROTTLE, reasons);
    text
}

/// Parts per million in percent.
pub fn share(ppm: f64) -> String {
    format!("{:.1} %", ppm / 10_000.0)
}

/// Bytes in MiB or GiB.
pub fn bytes(bytes: f64) -> String {
    let mib = bytes / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

fn celsius(millidegrees: f64) -> String {
    format!("{:.1} °C", millidegrees / 1000.0)
}

fn watts(microwatts: f64) -> String {
    format!("{:.1} W", microwatts / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SOURCES;

    #[test]
    fn a_clause_is_left_out_when_its_field_is_unknown_and_a_sentence_is_none() {
        let mut sample = Snapshot { memory_used_bytes: 1 << 30, ..Snapshot::EMPTY };
        sample.memory_total_bytes = 4 << 30;
        sample.swap_used_bytes = 3 << 20;
        let template = "{memory_used_bytes} of {memory_total_bytes} used[; swap {swap_used_bytes}]";
        let check = |sample: &Snapshot, expected: Option<&str>| {
            assert_eq!(sentence(template, sample).as_deref(), expected);
        };
        check(&sample, None);
        sample.valid = valid::SWAP;
        check(&sample, None);
        sample.valid = valid::MEMORY;
        check(&sample, Some("1.0 GiB of 4.0 GiB used"));
        sample.valid = valid::MEMORY | valid::SWAP;
        check(&sample, Some("1.0 GiB of 4.0 GiB used; swap 3.0 MiB"));
    }

    #[test]
    fn each_unit_is_as_people_write_it() {
        let sample = Snapshot {
            valid: u64::MAX,
            cpu_busy_ppm: 123_456,
            load_1m_milli: 1_250,
            cpu_temperature_mc: -1_500,
            cpu_frequency_khz: 2_400_000,
            disk_read_bytes_per_s: 1 << 20,
            cpu_power_uw: 15_300_000,
            probe_switch_ns: 120,
            battery_status: 2,
            cpu_busiest: 7,
            ..Snapshot::EMPTY
        };
        let check = |template, expected: Option<&str>| {
            assert_eq!(sentence(template, &sample).as_deref(), expected, "{template}");
        };
        check("{cpu_busy_ppm}", Some("12.3 %"));
        check("{load_1m_milli}", Some("1.25"));
        check("{cpu_temperature_mc}", Some("-1.5 °C"));
        check("{cpu_frequency_khz}", Some("2.40 GHz"));
        check("{disk_read_bytes_per_s} read", Some("1.0 MiB/s read"));
        check("{cpu_power_uw}", Some("15.3 W"));
        check("{probe_switch_ns} a switch", Some("120 ns a switch"));
        check("{battery_status}", Some("discharging"));
        check("CPU {cpu_busiest}", Some("CPU 7"));
        // A number without a name is not known, whatever its group says.
        check("{platform_profile}", None);
        check("a battery[, {platform_profile}]", Some("a battery"));
    }

    #[test]
    fn every_entry_has_a_sentence_of_its_own_fields() {
        // Numbers that have names are 1, so that each one is known.
        let known = Snapshot { platform_profile: 1, battery_status: 1, ..Snapshot::EMPTY };
        for entry in SOURCES {
            let sample = |valid| Snapshot { valid, ..known.clone() };
            let others = sentence(entry.check, &sample(!entry.groups));
            assert_eq!(others, None, "{}: a figure of another entry", entry.name);
            let with_cpus = sample(entry.groups | valid::CPU);
            assert!(sentence(entry.check, &with_cpus).is_some(), "{}: {}", entry.name, entry.check);
            let clauses = entry.check.split(['[', ']']).skip(1).step_by(2);
            for clause in clauses {
                assert!(sentence(clause, &with_cpus).is_some(), "{}: {clause}", entry.name);
            }
        }
    }
}
