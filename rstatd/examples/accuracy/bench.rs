//! What `rstatd --bench` says of a sample's stages: they are the whole sample, but for the
//! time of looking at the clock.

use std::process::Command;

use serde_json::Value;

use crate::cases::daemon::Stage;
use crate::cases::finding::{Bound, Finding, Trouble, Unit};
use crate::cases::{Case, case};
use crate::rstatd;

/// The stages of a sample add up.
pub const CASE: Case = case("bench", &["bpf", "proc"], stages);

const SAMPLES: &str = "200";
const STAGES: [&str; 4] = ["probe", "sysfs", "compute", "publish"];
/// Percent of a sample, and microseconds, that the clock and whoever interrupts may take.
const PERCENT: f64 = 25.0;
const LEAST_US: f64 = 5.0;

fn stages(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    let mut command = Command::new(rstatd()?);
    command.args(["--bench", SAMPLES, "--format", "json", "--source", stage.source]);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| Trouble::Failed(format!("{}: {error}: {said}", output.status)))?;
    // Averages add up, medians do not.
    let average_us = |name: &str| {
        let average = report["stages_ns"][name]["avg"].as_f64();
        average.map(|ns| ns / 1e3).ok_or_else(|| Trouble::Failed(format!("no stage {name}")))
    };
    let whole = average_us("sample")?;
    let parts = STAGES.into_iter().map(average_us).sum::<Result<f64, Trouble>>()?;
    let bound = Bound::Distance(whole * PERCENT / 100.0 + LEAST_US);
    Ok(vec![Finding::new("stages of a sample", Unit::Microseconds, whole, parts, bound)])
}
