//! The tooltip: a page in a monospaced font, with or without Pango markup.
//!
//! CPU, memory, disk and GPU have a section each: a head with a figure, the curve of the last
//! minutes and details, then the top applications or processes. Unknown sections, rows and
//! details are left out. Lines in the alert colour appear only with an alert.

use std::fmt;

use rstat_shm::Snapshot;

use crate::module::look::{Detail, Look};
use crate::report::Report;
use crate::text::advice::Advice;
use crate::text::columns::columns;
use crate::text::markup::{Markup, Part, Style};
use crate::text::sparkline::Scale;
pub use alerts::Alerts;
use page::Page;

mod alerts;
mod cores;
mod cpu;
mod disk;
mod foot;
mod gpu;
mod memory;
mod page;

/// Writes the tooltip of a report; `sample` is shown in place of the report's sample.
pub fn tooltip(
    out: &mut String,
    report: &Report,
    sample: Option<&Snapshot>,
    alerts: &Alerts,
    look: &Look,
) -> fmt::Result {
    let markup = look.ink.markup == Markup::Pango;
    if markup {
        out.push_str("<tt>");
    }
    let start = out.len();
    if let Some(sample) = sample {
        let scale = Scale::new(look.span, sample.period_ns);
        let history = report.history;
        let mut page = Page { out, start, sample, history, scale, look, column: 0 };
        page.cpu()?;
        page.memory()?;
        page.disk()?;
        page.gpus()?;
        page.alerts(alerts)?;
        if look.detail != Detail::Compact {
            page.foot()?;
        }
    }
    // While samples arrive there is no advice.
    if columns(Advice(report)) > 0 {
        if out.len() > start {
            out.push_str("\n\n");
        }
        look.ink.styled(out, Style::Colour(Part::Alert), Advice(report))?;
    }
    if markup {
        out.push_str("</tt>");
    }
    Ok(())
}
