//! The table: rows as they become known, and the verdict at the end.

use crate::cases::finding::{Finding, Trouble};

/// Counts what it prints.
#[derive(Default)]
pub struct Table {
    good: usize,
    absent: usize,
    /// Figures that no try had within their bounds, and cases that broke.
    failed: Vec<String>,
    /// Cases that needed another try, each once.
    retried: Vec<String>,
}

impl Table {
    pub fn head(source: &str) {
        println!("\n--source {source}");
        println!(
            "{:<15} {:<32} {:>12} {:>12} {:>10} {:>10} {:>7} {:>3}  result",
            "case", "metric", "truth", "rstat", "error", "bound", "stolen", "try"
        );
    }

    /// One figure of one try.
    pub fn row(case: &str, finding: &Finding, number: usize) {
        let Finding { metric, truth, reported, error, bound, .. } = finding;
        if let Some(why) = &finding.cannot {
            println!("{case:<15} {metric:<32} not compared: {why}");
            return;
        }
        let sign = if finding.is_share { " %" } else { "" };
        let [error, bound] = [error, bound].map(|value| format!("{value:.2}{sign}"));
        let stolen = finding.stolen.map_or_else(String::new, |percent| format!("{percent:.1} %"));
        let result = if finding.is_within() { "ok" } else { "MISSED" };
        println!(
            "{case:<15} {metric:<32} {truth:>12} {reported:>12} {error:>10} {bound:>10} {stolen:>7} {number:>3}  {result}"
        );
    }

    /// A case that is measured again.
    pub fn retried(&mut self, source: &str, case: &str) {
        let case = format!("{case} ({source})");
        println!("{case}: once more");
        if !self.retried.contains(&case) {
            self.retried.push(case);
        }
    }

    /// The end of a case, with the best of each of its figures.
    pub fn case(&mut self, source: &str, case: &str, best: &[Finding]) {
        for finding in best {
            if finding.cannot.is_some() {
                self.absent += 1;
            } else if finding.is_within() {
                self.good += 1;
            } else {
                self.failed.push(format!("{case} ({source}): {finding}"));
            }
        }
    }

    pub fn trouble(&mut self, case: &str, trouble: &Trouble) {
        match trouble {
            Trouble::Cannot(why) => {
                self.absent += 1;
                println!("{case:<15} not run: {why}");
            }
            Trouble::Failed(why) => {
                println!("{case:<15} FAILED: {why}");
                self.failed.push(format!("{case}: {why}"));
            }
        }
    }

    /// Whether all that could be compared agrees, and no more cases than that needed
    /// another try.
    pub fn verdict(&self, most_retried: usize) -> bool {
        println!(
            "\nerror and bound: in the figure's own unit (points for a share), or % of the truth."
        );
        println!(
            "try: a case that misses a bound is measured again; the best of each figure counts."
        );
        println!(
            "stolen: share of all CPUs that a hypervisor took; that is time of no process, and not idle."
        );
        for failure in &self.failed {
            println!("FAILED {failure}");
        }
        let Self { good, absent, failed, retried } = self;
        println!("\n{good} ok, {} failed, {absent} not compared here", failed.len());
        println!("{} cases needed another try: {}", retried.len(), retried.join(", "));
        let is_steady = retried.len() <= most_retried;
        if !is_steady {
            println!("FAILED: more than {most_retried} of them");
        }
        failed.is_empty() && *good > 0 && is_steady
    }
}
