//! The tooltip: a page in a monospaced font, with or without Pango markup.
//!
//! A section for each of CPU, memory, disk and GPU: a head with a figure, the
//! curve of the last minutes and details, then the applications that matter, or
//! the processes where applications are not known. A section, a row or a detail
//! that is not known is not there. Lines in the alert colour appear only when
//! there is something to say.

use std::fmt;
use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::KernelThreads;

use crate::figures::levels::Levels;
use crate::figures::throttled::Throttled;
use crate::report::Report;
use crate::text::advice::Advice;
use crate::text::columns::columns;
use crate::text::markup::{Ink, Markup, Part, Style};
use crate::text::sparkline::{COLUMNS, Scale};
use page::Page;

mod alerts;
mod cores;
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
/// What a curve shows unless somebody wants more or less.
const SPAN: Duration = Duration::from_secs(120);

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A line for each section, and the alerts.
    Compact,
    /// The lists and the foot as well.
    #[default]
    Full,
    /// And each CPU with its number and figure.
    Cores,
}

impl Detail {
    /// As options spell them.
    pub const NAMES: [(&'static str, Self); 3] =
        [("compact", Self::Compact), ("full", Self::Full), ("cores", Self::Cores)];

    /// The next one, and the first after the last.
    #[must_use]
    pub fn next(self) -> Self {
        Self::NAMES[(self as usize + 1) % Self::NAMES.len()].1
    }
}

/// Of what the lists are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lists {
    /// Of applications, where they are known.
    #[default]
    Applications,
    /// Of processes.
    Processes,
}

/// What a tooltip has in it, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// How much is told.
    pub detail: Detail,
    /// Of what the lists are. Of applications the daemon names five, kernel
    /// threads among them: hidden, they leave fewer.
    pub lists: Lists,
    /// Whether kernel threads are in the lists.
    pub kernel_threads: KernelThreads,
    /// The time that the curves show, if samples are not so rare that it takes more.
    pub span: Duration,
    /// Markup and colours.
    pub ink: Ink,
}

impl Look {
    /// Points of the history that the curves need, besides a sample.
    pub fn points(&self, sample: &Snapshot) -> usize {
        let Self { span, .. } = self;
        (span.as_nanos() / u128::from(sample.period_ns.max(1))) as usize + COLUMNS
    }
}

impl Default for Look {
    fn default() -> Self {
        Self {
            detail: Detail::default(),
            lists: Lists::default(),
            kernel_threads: KernelThreads::default(),
            span: SPAN,
            ink: Ink::default(),
        }
    }
}

/// What the alerts are about, besides the sample itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trouble {
    /// Which figures are not as usual.
    pub levels: Levels,
    /// For how long the CPU was throttled.
    pub throttled: Throttled,
}

/// Writes the tooltip of a report, whose sample is shown as `sample`.
pub fn tooltip(
    out: &mut String,
    report: &Report,
    sample: Option<&Snapshot>,
    trouble: &Trouble,
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
        page.alerts(trouble)?;
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
