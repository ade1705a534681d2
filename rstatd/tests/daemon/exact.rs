//! The cases whose bounds no load of other programs can break: a test each.

use std::path::Path;

use crate::cases::daemon::{Stage as CaseStage, brief_program};
use crate::cases::finding::Trouble;
use crate::cases::machine::{Places, REAL};
use crate::cases::{CASES, Case};
use crate::programs::ARGUMENTS;
use crate::stage::{Stage, skip, sources, tell};

/// The names of the cases that have a test here.
const TESTED: [&str; 3] = ["memory asleep", "memory taken", "memory apart"];

/// Runs a case with each source.
#[track_caller]
fn check(name: &str) {
    assert!(TESTED.contains(&name));
    let case: &Case = CASES.iter().find(|case| case.name == name).unwrap();
    for source in sources(&format!("{name} by the probe")) {
        let stage = Stage::new();
        let places = Places {
            rstatd: Path::new(env!("CARGO_BIN_EXE_rstatd")),
            regions: &stage.path(""),
            storage: &stage.path(""),
            brief: &brief_program(),
            entrance: &ARGUMENTS,
        };
        let findings = match (case.run)(&CaseStage::new(source, &REAL, &places).unwrap()) {
            Ok(findings) => findings,
            Err(Trouble::Cannot(why)) => {
                skip(&format!("{name}, {source}"), &why);
                continue;
            }
            Err(Trouble::Failed(why)) => panic!("{name}, {source}: {why}"),
        };
        for finding in findings {
            tell(&format!("{name}, {source}: {finding}"));
            assert!(finding.is_within(), "{name}, {source}: {finding}");
        }
    }
}

#[test]
fn a_process_asleep_since_before_the_daemon_is_in_the_first_sample() {
    check("memory asleep");
}

#[test]
fn memory_that_is_taken_from_a_process_asleep_is_not_shown_any_more() {
    check("memory taken");
}

#[test]
fn pages_that_the_cpus_have_counted_apart_are_shown() {
    check("memory apart");
}

#[test]
fn every_exact_case_has_its_test() {
    let exact: Vec<_> = CASES.iter().filter(|case| case.is_exact).map(|case| case.name).collect();
    assert_eq!(exact, TESTED);
}
