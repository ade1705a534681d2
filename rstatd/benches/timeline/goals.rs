//! The goals, held against what was measured.

use rstat_testbed::bench::{Against, Goal, Row, Table, Unit};

use crate::rounds::{Measured, Part, RSTAT, ZERO_ALLOCATION};

/// Up to how many processes a goal holds, and what the ratio is to be.
const FEW: (usize, f64) = (250, 1.0 / 5.0);
const MANY: (usize, f64) = (2000, 1.0 / 20.0);

/// Which part of ours is held against which of theirs, and as what.
const ROWS: [(&str, Part, Part); 3] = [
    ("whole sample", Part::Whole, Part::Whole),
    // What the first would be if nothing else took any time.
    ("the machine's files in it", Part::Files, Part::Whole),
    ("without the machine's files", Part::Own, Part::Own),
];

/// Prints rows for each number of processes: with the machine's files, these alone, and
/// without what all stages have in common.
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

/// About 100 processes are as few as a machine has; about 2,000 are 2,000 give or take
/// those that others start meanwhile.
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
