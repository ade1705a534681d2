//! The findings of several windows over one load.

use rstat_shm::snapshot::source;

use super::super::finding::{Bound, Finding, Unit};
use super::{READ_MS, Window};

/// The findings of every load.
pub fn of_system(windows: &[Window], points: f64) -> Vec<Finding> {
    let mut findings: Vec<_> = windows.iter().map(|window| window.system(points)).collect();
    findings.extend(sum(windows, points));
    findings.extend(extremes(windows));
    findings.extend(all_rows(windows));
    findings
}

/// All processes together use at most as much as the system, at the interval where they come
/// nearest to it.
fn sum(windows: &[Window], points: f64) -> Option<Finding> {
    let comparing = windows.iter().filter(|window| window.machine.process_percent.is_some());
    let all = comparing.map(Window::excess);
    let (_, [system, processes]) = all.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let bound = Bound::Above(points);
    Some(Finding::new("processes <= system", Unit::Percent, system, processes, bound))
}

/// The time by which a row exceeded all CPUs in any sample.
pub fn extremes<'a>(windows: impl IntoIterator<Item = &'a Window>) -> Option<Finding> {
    let windows: Vec<_> = windows.into_iter().collect();
    let machine = windows.first()?.machine;
    if !machine.walks_fast && !windows.iter().all(|window| window.is(source::BPF)) {
        return None;
    }
    let times_ns = windows.into_iter().flat_map(Window::over_ns).map(|(row_ns, _)| row_ns);
    let most_ms = times_ns.fold(0.0, f64::max) / 1e6;
    let bound = Bound::Above(machine.row_over_ms);
    Some(Finding::new("row beyond all CPUs", Unit::Milliseconds, 0.0, most_ms, bound))
}

/// The time by which all rows together exceeded all CPUs, while no CPU comes or goes. Rows of
/// `/proc` are late by different times, so only those of the probe are compared, on machines that
/// compare processes.
fn all_rows(windows: &[Window]) -> Option<Finding> {
    windows.first()?.machine.process_percent?;
    if !windows.iter().all(|window| window.is(source::BPF)) {
        return None;
    }
    let times_ns = windows.iter().flat_map(Window::over_ns).map(|(_, all_ns)| all_ns);
    let most_ms = times_ns.fold(0.0, f64::max) / 1e6;
    let bound = Bound::Above(READ_MS);
    Some(Finding::new("rows beyond all CPUs", Unit::Milliseconds, 0.0, most_ms, bound))
}
