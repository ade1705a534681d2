//! The goals, held against the measured figures.

use rstat_testbed::bench::{Against, Goal, Row, Table, Unit};

use crate::rounds::{Measured, Part, RSTAT, ZERO_ALLOCATION};

/// The number of processes up to which this goal holds, and its ratio.
const FEW: (usize, f64) = (250, 1.0 / 5.0);
/// The number of processes for which this goal holds, and its ratio.
const MANY: (usize, f64) = (2000, 1.0 / 20.0);

/// The name of a comparison, rstat's part of a sample, and the article's part.
const ROWS: [(&str, Part, Part); 3] = [
    ("whole sample", Part::Whole, Part::Whole),
    // What the first row would be if all else took no time.
    ("the machine's files in it", Part::Files, Part::Whole),
    ("without the machine's files", Part::Own, Part::Own),
];

/// Prints three rows for each number of processes: whole samples, the machine's files alone, and
/// samples without them.
pub fn print(all: &[Measured]) {
    let mut table = Table::new("timeline");
    for (what, ours, theirs) in ROWS {
        for measured in all {
            let goal = matches!(ours, Part::Whole).then(|| goal(measured.processes)).flatten();
            let p50 = |stage: usize, part| measured.stages[stage].percentile(part, 50.0);
            table.row(&Row {
                what: &format!("{what}, p50, {} processes", measured.processes),
                unit: Unit::Nanoseconds,
                ours: p50(RSTAT, ours),
                against: Some(Against {
                    name: "the article's last stage",
                    figure: p50(ZERO_ALLOCATION, theirs),
                    ratio: measured.ratio_of_parts(ours, ZERO_ALLOCATION, theirs),
                }),
                goal,
            });
        }
    }
    table.finish();
}

/// The goal for a number of processes. At most 250 processes are few. 2,000 processes may be a
/// tenth more or fewer, as other programs start processes meanwhile.
fn goal(processes: usize) -> Option<Goal> {
    let (few, few_ratio) = FEW;
    let (many, many_ratio) = MANY;
    if processes <= few {
        Some(Goal::Ratio(few_ratio))
    } else if processes.abs_diff(many) <= many / 10 {
        Some(Goal::Ratio(many_ratio))
    } else {
        None
    }
}
