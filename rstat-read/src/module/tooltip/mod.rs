//! The tooltip: a page in a monospaced font, with or without Pango markup.
//!
//! A section for each of CPU, memory, disk and GPU: a head with a figure, the
//! curve of the last minutes and details, then the applications that matter, or
//! the processes where applications are not known. A section, a row or a detail
//! that is not known is not there. Lines in the alert colour appear only when
//! there is something to say.

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

/// Writes the tooltip of a report, whose sample is shown as `sample`.
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
    // No alert is needed to say that all is well.
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
