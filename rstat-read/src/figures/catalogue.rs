//! The list of all metrics, made from the tables of fields and of rows.

use rstat_shm::fields::{self, COMPUTED, End, Field, List, Unit};

use crate::figures::consumer::is_share_of_cpus;
use crate::figures::metric::{Metric, What};
use crate::report::Freshness;

/// The placeholder for the number of a row in the names of an entry.
pub const ROW: &str = "N";
/// The meaning of a CPU share that people see.
const SHARE_OF_CPUS: &str = "CPU time as a share of all CPUs (raw: of one CPU)";

/// A metric, or a metric for each row of a list.
pub struct Entry {
    /// The name for people; `N` is the number of a row.
    pub dotted: String,
    /// The name of the raw integer.
    pub raw: String,
    /// The unit of the number.
    pub unit: Unit,
    /// One line for people.
    pub help: String,
    /// The greatest number of rows; 0 outside of lists.
    pub rows: usize,
    what: What,
}

impl Entry {
    /// The list of the metric, if there is one.
    pub fn list(&self) -> Option<&'static List> {
        self.metric(0, true).row().map(|(list, _)| list)
    }

    /// The metric of a row; outside of lists the metric itself.
    pub fn metric(&self, row: usize, is_raw: bool) -> Metric {
        Metric { what: self.what, unit: self.unit, is_raw }.at(row)
    }
}

/// All metrics: those of the report, the scalars in the order of the snapshot, computed
/// figures, and lists.
pub fn catalogue() -> Vec<Entry> {
    let state = "how the region does: fresh, stale, …";
    let mut entries = vec![
        scalar("state", "state", Unit::Name(Freshness::NAMES), state, What::State),
        scalar("age", "age_ns", Unit::Nanoseconds, "time since the sample was taken", What::Age),
    ];
    entries.extend(fields::public().map(|field| of_field(field, What::Field(field))));
    let computed = COMPUTED.iter().filter(|computed| computed.field.is_public());
    entries.extend(computed.map(|it| of_field(&it.field, What::Computed(it))));
    // Devices first, those with most rows at the front; then processes.
    let is_of_processes = |list: &&List| matches!(list.end, End::Member(_));
    let lists: Vec<_> = fields::public_lists().collect();
    let (processes, devices): (Vec<&List>, Vec<_>) = lists.into_iter().partition(is_of_processes);
    for list in devices.into_iter().rev().chain(processes) {
        entries.extend(list.members().map(|member| of_row(list, member)));
    }
    entries
}

fn scalar(dotted: &str, raw: &str, unit: Unit, help: &str, what: What) -> Entry {
    let (dotted, raw, help) = (dotted.to_owned(), raw.to_owned(), help.to_owned());
    Entry { dotted, raw, unit, help, rows: 0, what }
}

fn of_field(field: &Field, what: What) -> Entry {
    scalar(field.dotted, field.name, field.unit, field.help, what)
}

fn of_row(list: &'static List, member: &'static Field) -> Entry {
    let (dotted, raw, help) = if list.record.name.is_empty() {
        let raw = format!("{}{}.{ROW}", list.name, member.name);
        (format!("{}.{ROW}.{}", list.dotted, member.dotted), raw, member.help.to_owned())
    } else {
        let raw = format!("{}.{ROW}.{}", list.name, member.name);
        let meaning = if is_share_of_cpus(member) { SHARE_OF_CPUS } else { member.help };
        let help = format!("{}: {meaning}", list.help);
        (format!("{}.{ROW}.{}", list.dotted, member.dotted), raw, help)
    };
    let dotted = dotted.trim_end_matches('.').to_owned();
    let what = What::Row(list, 0, member);
    Entry { dotted, raw, unit: member.unit, help, rows: list.rows, what }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_means_two_things() {
        let mut seen = HashSet::new();
        for entry in catalogue() {
            assert!(seen.insert(entry.dotted.clone()), "{} twice", entry.dotted);
            assert!(entry.raw == entry.dotted || seen.insert(entry.raw.clone()), "{}", entry.raw);
            assert!(!entry.help.is_empty(), "{}", entry.dotted);
        }
    }
}
