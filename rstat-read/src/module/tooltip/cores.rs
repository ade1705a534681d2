//! Each CPU: a block for a glance, or a cell with its number and figure.

use std::fmt::{self, Write};

use super::cpu::ACCENT;
use super::page::{ALL_PPM, Page, WIDTH};
use crate::figures::quantity::percent;
use crate::module::look::Detail;
use crate::text::sparkline::block;

/// The label, as in `rstat-watch`.
const CPUS: &str = "cpus";
/// The most CPUs: more would be unreadable lines of blocks.
const MOST_BLOCKS: usize = 4 * WIDTH;
/// Cells side by side, and columns between them.
const CELLS: usize = 4;
const CELL_GAP: usize = 3;

impl Page<'_> {
    /// All online CPUs, if there are several.
    pub fn cores(&mut self) -> fmt::Result {
        let sample = self.sample;
        let cores =
            || (0..sample.cores.len()).filter_map(|cpu| Some((cpu, sample.core_busy_ppm(cpu)?)));
        match (self.look.detail, cores().count()) {
            (Detail::Compact, _) | (_, ..2) => Ok(()),
            (Detail::Cores, _) => self.cells(cores()),
            (Detail::Full, ..=MOST_BLOCKS) => self.blocks(cores()),
            (Detail::Full, _) => Ok(()),
        }
    }

    /// `cpus  ▂▁█▂▁▅▁▂`, in lines that end at the latest where the curves do.
    fn blocks(&mut self, cores: impl Iterator<Item = (usize, u32)>) -> fmt::Result {
        for (index, (_, share)) in cores.enumerate() {
            if index % WIDTH == 0 {
                if index > 0 {
                    self.look.ink.close(self.out, ACCENT)?;
                }
                self.line(if index == 0 { CPUS } else { "" })?;
                self.look.ink.open(self.out, ACCENT)?;
            }
            self.out.push(block(share.into(), ALL_PPM));
        }
        self.look.ink.close(self.out, ACCENT)
    }

    /// `cpus    2 █ 100 %`, some on a line.
    fn cells(&mut self, cores: impl Iterator<Item = (usize, u32)>) -> fmt::Result {
        for (index, (cpu, share)) in cores.enumerate() {
            match index % CELLS {
                0 => self.line(if index == 0 { CPUS } else { "" })?,
                _ => write!(self.out, "{:CELL_GAP$}", "")?,
            }
            write!(self.out, "{cpu:3} ")?;
            let block = block(share.into(), ALL_PPM);
            self.look.ink.styled(self.out, ACCENT, block)?;
            write!(self.out, " {:3} %", percent(share))?;
        }
        Ok(())
    }
}
