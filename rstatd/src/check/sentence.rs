//! The sentences of `--check`: text with the values of fields in it.
//!
//! `{memory_used_bytes}` is a field's value in a unit that suits the value. A part in brackets is
//! left out when one of its fields is unknown. `each gpus: …` is a sentence of members for each row
//! of a list, `first top_cpu: …` for the first row alone.

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Field, List, Unit, Value, name_of, names_of_bits};
use rstat_shm::snapshot::KernelThreads;

/// The sentence of a template; `None` if a field outside of brackets is unknown.
pub fn sentence(template: &str, sample: &Snapshot) -> Option<String> {
    let Some((list, row_template)) = template.split_once(": ") else {
        return filled(template, &|name| {
            let field = fields::find(name)?;
            shown(field, Value::Number(field.value(sample)?))
        });
    };
    let (which, name) = list.split_once(' ')?;
    let list = fields::find_list(name)?;
    let rows = rows(list, row_template, sample)?;
    Some(match which {
        "first" => rows.into_iter().next().unwrap_or_else(|| "nobody".into()),
        _ => rows.join(", "),
    })
}

fn rows(list: &'static List, template: &str, sample: &Snapshot) -> Option<Vec<String>> {
    let row = |row: fields::Row<'_>| {
        filled(template, &|name| {
            let member = list.record.member(name)?;
            shown(member, row.value(member)?)
        })
    };
    let rows = list.rows(sample, KernelThreads::Shown).filter_map(row);
    sample.has(list.valid).then(|| rows.collect())
}

fn filled(template: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let with_values = |part: &str| {
        let mut text = String::new();
        for (index, piece) in part.split(['{', '}']).enumerate() {
            let is_name = index % 2 == 1;
            text += &if is_name { value(piece)? } else { piece.to_owned() };
        }
        Some(text)
    };
    let mut text = String::new();
    for (index, part) in template.split(['[', ']']).enumerate() {
        let in_brackets = index % 2 == 1;
        let part = with_values(part);
        text += &if in_brackets { part.unwrap_or_default() } else { part? };
    }
    Some(text)
}

const SECOND_NS: f64 = 1e9;

/// A value as people write it; `None` for a number without a name in this version.
fn shown(field: &Field, value: Value<'_>) -> Option<String> {
    let value = match value {
        Value::Text(text) => return Some(text.to_string()),
        Value::Number(value) => value,
    };
    let number = value as f64;
    Some(match field.unit {
        Unit::Name(names) => name_of(names, value)?.to_owned(),
        Unit::Bits(_) if value == 0 => "nothing".to_owned(),
        Unit::Bits(names) => names_of_bits(names, value).collect::<Vec<_>>().join("+"),
        Unit::Ppm => format!("{:.1} %", number / 10_000.0),
        Unit::Milli => format!("{:.2}", number / 1000.0),
        Unit::MilliCelsius => format!("{:.1} °C", number / 1000.0),
        Unit::KiloHertz => format!("{:.2} GHz", number / 1_000_000.0),
        Unit::MegaHertz => format!("{value} MHz"),
        Unit::Bytes => bytes(number),
        Unit::BytesPerSecond => format!("{}/s", bytes(number)),
        Unit::PerMinute => format!("{value} rpm"),
        Unit::MicroWatts => format!("{:.1} W", number / 1_000_000.0),
        Unit::Nanoseconds if number < SECOND_NS => format!("{value} ns"),
        Unit::Nanoseconds => format!("{:.0} s", number / SECOND_NS),
        Unit::PerSecond => format!("{value}/s"),
        _ => value.to_string(),
    })
}

fn bytes(bytes: f64) -> String {
    let mib = bytes / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

#[cfg(test)]
mod tests {
    use rstat_shm::snapshot::{Gpu, Text, throttle, valid};

    use super::*;
    use crate::source::gpu::cards;
    use crate::source::system::fan;
    use crate::source::{Entry, SOURCES};

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
    fn a_list_has_a_sentence_for_each_row_or_for_the_first() {
        let mut sample = Snapshot { gpu_count: 2, fan_count: 2, ..Snapshot::EMPTY };
        let check = |sample: &Snapshot, template, expected: Option<&str>| {
            assert_eq!(sentence(template, sample).as_deref(), expected, "{template}");
        };
        (sample.gpus[0].driver, sample.gpus[0].state) = (1, Gpu::ASLEEP);
        sample.gpus[1] = Gpu {
            driver: 3,
            state: Gpu::AWAKE,
            valid: Gpu::BUSY | Gpu::FREQUENCY | Gpu::THROTTLE,
            busy_ppm: 370_000,
            frequency_mhz: 1100,
            throttle: throttle::THERMAL | throttle::POWER,
            temperature_mc: 1,
            ..Gpu::default()
        };
        sample.fans_rpm[0] = 2900;
        let gpus = cards::ENTRY.check;
        check(&sample, gpus, None);
        sample.valid = valid::GPU | valid::FANS | valid::PROCESS_CPU;
        let both = "i915 asleep, amdgpu awake 37.0 % 1100 MHz, held back by thermal+power";
        check(&sample, gpus, Some(both));
        sample.gpus[1].throttle = 0;
        check(&sample, "first gpus: {driver}", Some("i915"));
        check(&sample, "each gpus: {driver}[ {throttle}]", Some("i915, amdgpu nothing"));
        check(&sample, fan::ENTRY.check, Some("2900 rpm, 0 rpm"));
        check(&sample, "first top_cpu: {comm} {cpu_ppm}", Some("nobody"));
        (sample.top_cpu[0].comm, sample.top_cpu[0].cpu_ppm) =
            (Text(*b"cc1\0\0\0\0\0\0\0\0\0\0\0\0\0"), 995_000);
        sample.top_cpu[0].count = 1;
        check(&sample, "first top_cpu: {comm} {cpu_ppm}", Some("cc1 99.5 %"));
    }

    #[test]
    fn every_entry_has_a_sentence_of_its_own_fields() {
        // Numbers that stand for names are 1, so that each value is known.
        let known = Snapshot { platform_profile: 1, battery_status: 1, ..Snapshot::EMPTY };
        for Entry { name: entry, groups, check, .. } in SOURCES {
            let sample = |valid| Snapshot { valid, ..known.clone() };
            assert_eq!(sentence(check, &sample(!groups)), None, "{entry}: another's figure");
            // The busiest CPU's number is a figure of the CPUs.
            assert!(sentence(check, &sample(groups | valid::CPU)).is_some(), "{entry}: {check}");
            let list = check.split_once(": ").and_then(|(list, _)| list.split_once(' '));
            let list = list.map(|(_, list)| fields::find_list(list).unwrap());
            for name in check.split(['{', '}']).skip(1).step_by(2) {
                let field = match list {
                    Some(list) => list.record.member(name).is_some(),
                    None => fields::find(name).is_some(),
                };
                assert!(field, "{entry}: {name:?}");
            }
        }
    }
}
