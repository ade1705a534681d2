//! The disks' section.

use std::fmt;

use rstat_shm::snapshot::valid;

use super::page::{Page, SHORT_LIST};
use crate::figures::consumer::number;
use crate::figures::quantity::{Amount, ByteUnit, Rate};
use crate::text::markup::{Part, Style};

const ACCENT: Style = Style::Colour(Part::Disk);
/// The least rate of a row: a smaller one would be shown as 0.0 MiB/s.
const ROW_BYTES_PER_S: u64 = (1 << 20) / 20;
/// The least rate of a full column of the curve.
const FULL_BYTES_PER_S: u64 = 1 << 20;

impl Page<'_> {
    /// Bytes read and written by processes, with the top rows; where the kernel has no account of
    /// processes, the bytes of the disks.
    pub fn disk(&mut self) -> fmt::Result {
        let sample = self.sample;
        let (read, write) = if sample.has(valid::PROCESS_IO) {
            (sample.io_read_bytes_per_s, sample.io_write_bytes_per_s)
        } else if sample.has(valid::DISK) {
            (sample.disk_read_bytes_per_s, sample.disk_write_bytes_per_s)
        } else {
            return Ok(());
        };
        let unit = |bytes| ByteUnit::of(bytes).max(ByteUnit::MIB);
        let amount = |bytes, unit| Amount { bytes, unit, digits: 2 };
        let (both, greater) = (read.saturating_add(write), read.max(write));
        self.head("DISK", Rate(both))?;
        let curve = self.curve(|point| {
            let bytes = point.io_read_bytes_per_s.saturating_add(point.io_write_bytes_per_s);
            point.has(valid::PROCESS_IO).then_some(bytes)
        });
        self.draw(ACCENT, &curve, curve.highest().unwrap_or(0).max(FULL_BYTES_PER_S))?;
        let unit = unit(greater);
        let (read, write) = (amount(read, unit), amount(write, unit));
        self.detail(format_args!("r {read}  w {write} {}/s", unit.name()))?;
        if !sample.has(valid::PROCESS_IO) {
            return Ok(());
        }
        self.list(["top_io_applications", "top_io"], SHORT_LIST, |row| {
            let rate =
                number(row, "read_bytes_per_s").saturating_add(number(row, "write_bytes_per_s"));
            (rate >= ROW_BYTES_PER_S).then_some(Rate(rate))
        })
    }
}
