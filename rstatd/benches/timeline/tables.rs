//! The measured figures as text.

use rstat_testbed::bench::Unit;

use crate::rounds::{Measured, Part};

/// Prints all figures of one number of processes.
pub fn print_one(measured: &Measured) {
    let Measured { processes, zombies, threads_met, .. } = measured;
    println!(
        "\n{processes} processes, {zombies} of them zombies; the article's probe knows \
         {threads_met} threads\n"
    );
    let heads =
        ["samples", "avg", "p50", "p95", "p99", "min", "max", "p50/rstat", "own p50", "own/rstat"];
    println!("{}", line("", &heads.map(str::to_owned)));
    for (number, stage) in measured.stages.iter().enumerate() {
        let percentile = |percent| show(stage.percentile(Part::Whole, percent));
        let times = |part| times(1.0 / measured.ratio(number, part));
        let cells = [
            stage.len().to_string(),
            show(stage.average()),
            percentile(50.0),
            percentile(95.0),
            percentile(99.0),
            percentile(0.0),
            percentile(100.0),
            times(Part::Whole),
            show(stage.percentile(Part::Own, 50.0)),
            times(Part::Own),
        ];
        println!("{}", line(stage.name, &cells));
    }
}

/// Prints the medians, by stage and number of processes.
pub fn print_all(all: &[Measured]) {
    println!("\np50 of a whole sample, and its ratio to rstat's\n");
    let heads: Vec<_> =
        all.iter().map(|measured| format!("{} processes", measured.processes)).collect();
    println!("{}", wide_line("", &heads));
    let Some(first) = all.first() else { return };
    for (number, stage) in first.stages.iter().enumerate() {
        let cell = |measured: &Measured| {
            let p50 = show(measured.stages[number].percentile(Part::Whole, 50.0));
            format!("{p50} {:>8}", times(1.0 / measured.ratio(number, Part::Whole)))
        };
        println!("{}", wide_line(stage.name, &all.iter().map(cell).collect::<Vec<_>>()));
    }
    println!();
}

fn show(ns: f64) -> String {
    Unit::Nanoseconds.show(ns)
}

fn times(ratio: f64) -> String {
    format!("{} x", Unit::Times.show(ratio))
}

fn line(name: &str, cells: &[String]) -> String {
    cells.iter().fold(format!("{name:<23}"), |line, cell| format!("{line}{cell:>10}"))
}

fn wide_line(name: &str, cells: &[String]) -> String {
    cells.iter().fold(format!("{name:<23}"), |line, cell| format!("{line}{cell:>20}"))
}
