//! The table: rows as they become known, and the verdict at the end.

use std::time::Instant;

use crate::finding::{Finding, Trouble};

/// Counts what it prints.
pub struct Table {
    began: Instant,
    good: u32,
    failed: u32,
    absent: u32,
}

impl Table {
    pub fn new() -> Self {
        Self { began: Instant::now(), good: 0, failed: 0, absent: 0 }
    }

    pub fn head(source: &str) {
        println!("\n--source {source}");
        println!(
            "{:<15} {:<28} {:>12} {:>12} {:>10} {:>10} {:>7} {:>5}  result",
            "case", "metric", "truth", "rstat", "error", "bound", "stolen", "tries"
        );
    }

    pub fn row(&mut self, case: &str, finding: &Finding, tries: usize) {
        if let Some(why) = &finding.cannot {
            self.absent += 1;
            println!("{case:<15} {:<28} not compared: {why}", finding.metric);
            return;
        }
        let result = if finding.is_within() { "ok" } else { "FAILED" };
        if finding.is_within() {
            self.good += 1;
        } else {
            self.failed += 1;
        }
        let sign = if finding.is_share { " %" } else { "" };
        let figure = |value: f64| format!("{value:.2}{sign}");
        println!(
            "{case:<15} {:<28} {:>12} {:>12} {:>10} {:>10} {:>7} {tries:>5}  {result}",
            finding.metric,
            finding.truth,
            finding.told,
            figure(finding.error),
            figure(finding.bound),
            finding.stolen.map_or_else(String::new, |percent| format!("{percent:.1} %")),
        );
    }

    pub fn trouble(&mut self, case: &str, trouble: &Trouble) {
        match trouble {
            Trouble::Cannot(why) => {
                self.absent += 1;
                println!("{case:<15} not run: {why}");
            }
            Trouble::Failed(why) => {
                self.failed += 1;
                println!("{case:<15} FAILED: {why}");
            }
        }
    }

    pub fn age_s(&self) -> u64 {
        self.began.elapsed().as_secs()
    }

    /// Whether all that could be compared agrees.
    pub fn verdict(&self) -> bool {
        println!(
            "\n{} ok, {} failed, {} not compared here; {} s",
            self.good,
            self.failed,
            self.absent,
            self.age_s()
        );
        println!(
            "error and bound: in the figure's own unit (points for a share), or % of the truth."
        );
        println!(
            "tries: a case that misses a bound is measured again; the best of each figure counts."
        );
        println!(
            "stolen: share of all CPUs that a hypervisor took; that is time of no process, and not idle."
        );
        self.failed == 0 && self.good > 0
    }
}
