//! The list of all metrics, made from the tables of fields and of rows.

use rstat_shm::fields::{self, Unit};
use rstat_shm::snapshot::{MAX_CORES, MAX_FANS, MAX_GPUS, MAX_PROCESS_STATES};

use crate::figures::metric::rows::{GPU, STUCK_LISTS, TOP_LISTS};
use crate::figures::metric::{Metric, What};

/// What stands for the number of a row in an entry's names.
pub const ROW: &str = "N";

/// A metric, or one for each row of a list.
pub struct Entry {
    /// The name for people; `N` is the number of a row.
    pub dotted: String,
    /// The name of the raw integer.
    pub raw: String,
    /// What it counts.
    pub unit: Unit,
    /// One line for people.
    pub help: String,
    /// Rows there can be; 0 where it is not one of a list.
    pub rows: usize,
    what: What,
}

impl Entry {
    /// The metric itself, of a row where it is one of a list.
    pub fn metric(&self, row: usize, is_raw: bool) -> Metric {
        Metric { what: self.what, unit: self.unit, is_raw }.at(row)
    }
}

/// All metrics: the report's own, the scalars in the order of the snapshot, what is
/// computed from them, the lists.
pub fn catalogue() -> Vec<Entry> {
    let mut entries = vec![
        scalar("state", "state", Unit::Count, "how the region does: fresh, stale, …", What::State),
        scalar("age", "age_ns", Unit::Nanoseconds, "time since the sample was taken", What::Age),
    ];
    entries.extend(
        fields::public().map(|field| {
            scalar(field.dotted, field.name, field.unit, field.help, What::Field(field))
        }),
    );
    let (memory, swap) = ("share of the memory that is used", "share of the swap space in use");
    entries.extend([
        scalar("memory.percent", "memory_used_ppm", Unit::Ppm, memory, What::MemoryUsed),
        scalar("swap.percent", "swap_used_ppm", Unit::Ppm, swap, What::SwapUsed),
    ]);
    entries.extend(rows());
    entries
}

fn scalar(dotted: &str, raw: &str, unit: Unit, help: &str, what: What) -> Entry {
    let (dotted, raw, help) = (dotted.to_owned(), raw.to_owned(), help.to_owned());
    Entry { dotted, raw, unit, help, rows: 0, what }
}

fn row(dotted: String, raw: String, unit: Unit, help: String, rows: usize, what: What) -> Entry {
    Entry { dotted, raw, unit, help, rows, what }
}

fn rows() -> Vec<Entry> {
    let mut entries = Vec::new();
    let (busy, speed) = ("share of a CPU that was not idle", "revolutions of a fan");
    entries.push(row(
        format!("cpu.{ROW}.busy"),
        format!("cores_busy_ppm.{ROW}"),
        Unit::Ppm,
        busy.to_owned(),
        MAX_CORES,
        What::Core(0),
    ));
    entries.push(row(
        format!("fan.{ROW}"),
        format!("fans_rpm.{ROW}"),
        Unit::PerMinute,
        speed.to_owned(),
        MAX_FANS,
        What::Fan(0),
    ));
    entries.extend(GPU.iter().map(|column| {
        row(
            format!("gpu.{ROW}.{}", column.dotted),
            format!("gpus.{ROW}.{}", column.name),
            column.unit,
            format!("GPU: {}", column.help),
            MAX_GPUS,
            What::Gpu(0, column),
        )
    }));
    for list in &TOP_LISTS {
        entries.extend(list.columns().map(|column| {
            row(
                format!("{}.{ROW}.{}", list.dotted, column.dotted),
                format!("{}.{ROW}.{}", list.name, column.name_in(list)),
                column.unit,
                format!("{}: {}", list.help, column.help),
                list.rows,
                What::Consumer(list, 0, column),
            )
        }));
    }
    for list in &STUCK_LISTS {
        entries.extend(list.columns().map(|column| {
            row(
                format!("{}.{ROW}.{}", list.name, column.dotted),
                format!("{}.{ROW}.{}", list.name, column.name),
                column.unit,
                format!("{}: {}", list.help, column.help),
                MAX_PROCESS_STATES,
                What::Stuck(list, 0, column),
            )
        }));
    }
    entries
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
