//! The tooltip: a page of Pango markup in a monospaced font.
//!
//! A section for each of CPU, memory, disk and GPU: a head with a figure, the
//! curve of the last seconds and details, then the applications that matter, or
//! the processes where applications are not known. A section, a row or a detail
//! that is not known is not there. Lines in the alert colour appear only when
//! there is something to say.

use std::fmt;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::KernelThreads;

use crate::emit::advice::Advice;
use crate::emit::level::Levels;
use crate::emit::markup::{Style, styled};
use crate::emit::text::columns;
use crate::report::Report;
use page::Page;

mod alerts;
mod cpu;
mod disk;
mod foot;
mod gpu;
mod memory;
mod page;

/// Rows of the lists of memory and disk; that of the CPU has all there are.
const SHORT_LIST: usize = 3;
/// All of something, in parts per million.
const ALL_PPM: u64 = 1_000_000;
/// A curve's column is a period of the daemon, within these bounds.
const STEP_BOUNDS_NS: (u64, u64) = (1_000_000_000, 60_000_000_000);

/// Writes the tooltip of a report, whose sample is shown as `sample`.
pub fn tooltip(
    out: &mut String,
    report: &Report,
    sample: Option<&Snapshot>,
    levels: Levels,
    kernel_threads: KernelThreads,
) -> fmt::Result {
    out.push_str("<tt>");
    let start = out.len();
    if let Some(sample) = sample {
        let (shortest, longest) = STEP_BOUNDS_NS;
        let step_ns = sample.period_ns.clamp(shortest, longest);
        let mut page = Page { out, sample, history: report.history, step_ns, kernel_threads };
        page.cpu()?;
        page.memory()?;
        page.disk()?;
        page.gpus()?;
        page.alerts(levels)?;
        page.foot()?;
    }
    // No alert is needed to say that all is well.
    if columns(Advice(report)) > 0 {
        if out.len() > start {
            out.push_str("\n\n");
        }
        styled(out, Style::Alert, Advice(report))?;
    }
    out.push_str("</tt>");
    Ok(())
}
