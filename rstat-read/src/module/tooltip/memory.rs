//! The memory's section.

use std::fmt;

use rstat_shm::snapshot::valid;

use super::page::{ALL_PPM, Page, SHORT_LIST};
use crate::figures::consumer::number;
use crate::figures::quantity::{Bytes, PartOf, percent};
use crate::text::markup::{Part, Style};

const ACCENT: Style = Style::Colour(Part::Memory);
/// The least used swap space that is shown.
const SWAP_BYTES: u64 = 64 << 20;

impl Page<'_> {
    /// Used memory, swap space where it matters, and the top rows.
    pub fn memory(&mut self) -> fmt::Result {
        let sample = self.sample;
        let Some(used_ppm) = sample.memory_used_ppm() else {
            return Ok(());
        };
        let curve =
            self.curve(|point| point.has(valid::MEMORY).then_some(point.memory_used_ppm.into()));
        self.head("MEM", format_args!("{} %", percent(used_ppm)))?;
        self.draw(ACCENT, &curve, ALL_PPM)?;
        self.detail(PartOf(sample.memory_used_bytes, sample.memory_total_bytes))?;
        if sample.has(valid::SWAP) && sample.swap_used_bytes >= SWAP_BYTES {
            let swap = PartOf(sample.swap_used_bytes, sample.swap_total_bytes);
            self.detail(format_args!("swap {swap}"))?;
        }
        if !sample.has(valid::PROCESSES) {
            return Ok(());
        }
        self.list(["top_memory_applications", "top_memory"], SHORT_LIST, |row| {
            Some(Bytes { bytes: number(row, "rss_bytes"), digits: 2 })
        })
    }
}
