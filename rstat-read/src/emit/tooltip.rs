//! The tooltip: a page of Pango markup in a monospaced font.
//!
//! A section for each of CPU, memory, disk and GPU: a head with a figure, the
//! curve of the last seconds and details, then the processes that matter. A
//! section, a row or a detail that is not known is not there. Lines in the alert
//! colour appear only when there is something to say.

use std::fmt::{self, Display, Write};

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, HistoryPoint, PLATFORM_PROFILES, Process, Source, valid};

use crate::emit::advice::Advice;
use crate::emit::level::{Level, Levels};
use crate::emit::markup::{Escape, Style, styled};
use crate::emit::quantity::{
    Amount, ByteUnit, Bytes, Frequency, Milli, Rate, Share, Span, degrees, percent,
};
use crate::emit::sparkline::{COLUMNS, Curve, block};
use crate::emit::text::{Name, columns, left, right};
use crate::report::Report;

const CPU: Style = Style::Accent("#5b8def");
const MEMORY: Style = Style::Accent("#a071e0");
const DISK: Style = Style::Accent("#4caf6d");
const GPU: Style = Style::Accent("#3aa6a6");

/// Columns of a section's label, and of what rows are indented by.
const LABEL: usize = 6;
/// Columns of a section's figure.
const FIGURE: usize = 5;
/// Columns between a head's parts.
const GAP: usize = 2;
/// Columns of a row's value; its name takes the rest, up to the curve's end.
const ROW_VALUE: usize = 11;
const ROW_NAME: usize = FIGURE + GAP + COLUMNS - ROW_VALUE;
/// The curve of each CPU ends where the others do.
const MOST_CORES: usize = FIGURE + GAP + COLUMNS;

/// Rows of the lists of memory and disk; that of the CPU has all there are.
const SHORT_LIST: usize = 3;
/// A process below both is not worth a row: per cent of all CPUs, of one CPU.
const CPU_ROW_PPM: u64 = 5_000;
const CPU_ROW_PPM_OF_ONE: u32 = 50_000;
/// A rate below is shown as 0.0 MiB/s: no row.
const IO_ROW_BYTES_PER_S: u64 = (1 << 20) / 20;
/// The least that fills a column of the disk's curve.
const IO_FULL_BYTES_PER_S: u64 = 1 << 20;
/// Swap space in use below this is no news.
const SWAP_ROW_BYTES: u64 = 64 << 20;
/// A curve's column is a period of the daemon, within these bounds.
const STEP_BOUNDS_NS: (u64, u64) = (1_000_000_000, 60_000_000_000);
/// All of something, in parts per million.
const ALL_PPM: u64 = 1_000_000;

/// Writes the tooltip of a report, whose sample is shown as `sample`.
pub fn tooltip(
    out: &mut String,
    report: &Report,
    sample: Option<&Snapshot>,
    levels: Levels,
) -> fmt::Result {
    out.push_str("<tt>");
    let start = out.len();
    if let Some(sample) = sample {
        let (shortest, longest) = STEP_BOUNDS_NS;
        let step_ns = sample.period_ns.clamp(shortest, longest);
        let mut page = Page { out, sample, history: report.history, step_ns };
        page.cpu()?;
        page.memory()?;
        page.disk()?;
        page.gpus()?;
        page.alerts(levels)?;
        page.foot()?;
    }
    // No alert is needed to say that all is well.
    if columns(Advice(report)) > 0 {
        paragraph(out, start);
        styled(out, Style::Alert, Advice(report))?;
    }
    out.push_str("</tt>");
    Ok(())
}

/// An empty line between sections.
fn paragraph(out: &mut String, start: usize) {
    if out.len() > start {
        out.push_str("\n\n");
    }
}

struct Page<'a> {
    out: &'a mut String,
    sample: &'a Snapshot,
    history: &'a [HistoryPoint],
    step_ns: u64,
}

impl Page<'_> {
    fn cpu(&mut self) -> fmt::Result {
        let sample = self.sample;
        let known = |group| sample.has(group);
        if !known(valid::CPU) {
            return Ok(());
        }
        let curve = self
            .curve(|point| (point.valid & valid::CPU != 0).then_some(point.cpu_busy_ppm.into()));
        self.head("CPU", format_args!("{} %", percent(sample.cpu_busy_ppm)))?;
        self.draw(CPU, &curve, ALL_PPM)?;
        if known(valid::CPU_TEMPERATURE) {
            self.detail(format_args!("{} °C", degrees(sample.cpu_temperature_mc)))?;
        }
        if known(valid::CPU_FREQUENCY) {
            self.detail(Frequency(sample.cpu_frequency_khz.into()))?;
        }
        self.cores()?;
        if known(valid::PROCESS_CPU) {
            for process in rows(&sample.top_cpu) {
                let share = u64::from(process.cpu_ppm) / u64::from(sample.cpu_count.max(1));
                if share >= CPU_ROW_PPM || process.cpu_ppm >= CPU_ROW_PPM_OF_ONE {
                    self.row(Name(process), Share(share))?;
                }
            }
        }
        Ok(())
    }

    /// One block for each CPU, where that fits.
    fn cores(&mut self) -> fmt::Result {
        let sample = self.sample;
        let shares = || (0..sample.cores.len()).filter_map(|cpu| sample.core_busy_ppm(cpu));
        if !(2..=MOST_CORES).contains(&shares().count()) {
            return Ok(());
        }
        write!(self.out, "\n{:LABEL$}", "")?;
        CPU.open(self.out)?;
        for share in shares() {
            self.out.push(block(share.into(), ALL_PPM));
        }
        CPU.close(self.out)
    }

    fn memory(&mut self) -> fmt::Result {
        let sample = self.sample;
        let Some(used_ppm) = sample.memory_used_ppm() else {
            return Ok(());
        };
        let curve = self.curve(|point| {
            (point.valid & valid::MEMORY != 0).then_some(point.memory_used_ppm.into())
        });
        self.head("MEM", format_args!("{} %", percent(used_ppm)))?;
        self.draw(MEMORY, &curve, ALL_PPM)?;
        self.part_of(sample.memory_used_bytes, sample.memory_total_bytes)?;
        if sample.has(valid::SWAP) && sample.swap_used_bytes >= SWAP_ROW_BYTES {
            let unit = ByteUnit::of(sample.swap_total_bytes);
            let amount = |bytes| Amount { bytes, unit, digits: 3 };
            let (used, total) = (amount(sample.swap_used_bytes), amount(sample.swap_total_bytes));
            self.detail(format_args!("swap {used} of {total} {}", unit.name()))?;
        }
        if sample.has(valid::PROCESSES) {
            for process in rows(&sample.top_memory).take(SHORT_LIST) {
                self.row(Name(process), Bytes { bytes: process.rss_bytes, digits: 2 })?;
            }
        }
        Ok(())
    }

    fn disk(&mut self) -> fmt::Result {
        let sample = self.sample;
        if !sample.has(valid::PROCESS_IO) {
            return Ok(());
        }
        let (read, write) = (sample.io_read_bytes_per_s, sample.io_write_bytes_per_s);
        let unit = |bytes| ByteUnit::of(bytes).max(ByteUnit::MIB);
        let curve = self.curve(|point| {
            let bytes = point.io_read_bytes_per_s.saturating_add(point.io_write_bytes_per_s);
            (point.valid & valid::PROCESS_IO != 0).then_some(bytes)
        });
        let (both, greater) = (read.saturating_add(write), read.max(write));
        let amount = |bytes, unit| Amount { bytes, unit, digits: 2 };
        self.head("DISK", format_args!("{} {}", amount(both, unit(both)), unit(both).letter()))?;
        self.draw(DISK, &curve, curve.highest().unwrap_or(0).max(IO_FULL_BYTES_PER_S))?;
        let unit = unit(greater);
        let (read, write) = (amount(read, unit), amount(write, unit));
        self.detail(format_args!("r {read}  w {write} {}/s", unit.name()))?;
        for process in rows(&sample.top_io).take(SHORT_LIST) {
            let rate = process.read_bytes_per_s.saturating_add(process.write_bytes_per_s);
            if rate >= IO_ROW_BYTES_PER_S {
                self.row(Name(process), Rate(rate))?;
            }
        }
        Ok(())
    }

    fn gpus(&mut self) -> fmt::Result {
        let sample = self.sample;
        let count = if sample.has(valid::GPU) { sample.gpu_count as usize } else { 0 };
        for (index, gpu) in sample.gpus.iter().take(count).enumerate() {
            let name = gpu.driver_name().unwrap_or("GPU");
            if gpu.state == Gpu::ASLEEP {
                self.head("GPU", "")?;
                self.detail(format_args!("{name}, asleep"))?;
                continue;
            }
            let known = |bit| gpu.valid & bit != 0;
            if known(Gpu::BUSY) {
                self.head("GPU", format_args!("{} %", percent(gpu.busy_ppm)))?;
            } else {
                self.head("GPU", "")?;
            }
            // The history knows of the first one only.
            if index == 0 && known(Gpu::BUSY) {
                let curve = self.curve(|point| {
                    let known =
                        point.valid & valid::GPU != 0 && point.flags & HistoryPoint::GPU_BUSY != 0;
                    known.then_some(point.gpu_busy_ppm.into())
                });
                self.draw(GPU, &curve, ALL_PPM)?;
            }
            self.gap();
            write!(Escape(self.out), "{name}")?;
            match (known(Gpu::FREQUENCY), known(Gpu::FREQUENCY_LIMIT)) {
                (true, true) => {
                    write!(self.out, ", {} of {} MHz", gpu.frequency_mhz, gpu.frequency_limit_mhz)?;
                }
                (true, false) => write!(self.out, ", {} MHz", gpu.frequency_mhz)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn alerts(&mut self, levels: Levels) -> fmt::Result {
        let sample = self.sample;
        let start = self.out.len();
        if levels.temperature != Level::Ok {
            self.alert(start, format_args!("CPU at {} °C", degrees(sample.cpu_temperature_mc)))?;
        }
        if levels.memory != Level::Ok {
            let left = Bytes { bytes: sample.memory_available_bytes, digits: 2 };
            self.alert(start, format_args!("only {left} of memory left"))?;
        }
        if sample.has(valid::UNLISTED) && sample.processes_unlisted > 0 {
            let count = sample.processes_unlisted;
            self.alert(start, format_args!("{count} processes more than the probe has room for"))?;
        }
        Ok(())
    }

    fn alert(&mut self, start: usize, text: impl Display) -> fmt::Result {
        self.out.push_str(if self.out.len() == start { "\n\n" } else { "\n" });
        styled(self.out, Style::Alert, text)
    }

    /// What concerns the machine as a whole, in one dim line.
    fn foot(&mut self) -> fmt::Result {
        let sample = self.sample;
        self.out.push_str(if self.out.ends_with("<tt>") { "" } else { "\n\n" });
        Style::Dim.open(self.out)?;
        if sample.has(valid::LOAD) {
            let load = [sample.load_1m_milli, sample.load_5m_milli, sample.load_15m_milli];
            let [one, five, fifteen] = load.map(|milli| Milli(milli.into()));
            write!(self.out, "load {one} {five} {fifteen} · ")?;
        }
        let plural = if sample.cpu_count == 1 { "" } else { "s" };
        write!(self.out, "{} CPU{plural}", sample.cpu_count)?;
        let profile = (sample.platform_profile as usize).wrapping_sub(1);
        if let Some(profile) = PLATFORM_PROFILES.get(profile)
            && sample.has(valid::PLATFORM_PROFILE)
        {
            write!(self.out, " · {profile}")?;
        }
        if sample.has(valid::SAMPLE_COST) {
            write!(self.out, " · sampled in {}", Span(sample.sample_ns))?;
        }
        // The probe is what people expect; its absence explains coarser figures.
        if Source::from_number(sample.source) == Some(Source::Proc) {
            self.out.push_str(" · from /proc");
        }
        Style::Dim.close(self.out)
    }

    fn curve(&self, value: impl Fn(&HistoryPoint) -> Option<u64>) -> Curve {
        Curve::new(self.history, self.step_ns, value)
    }

    fn head(&mut self, label: &str, figure: impl Display) -> fmt::Result {
        self.out.push_str(if self.out.ends_with("<tt>") { "" } else { "\n\n" });
        styled(self.out, Style::Label, label)?;
        write!(self.out, "{:1$}", "", LABEL.saturating_sub(label.len()))?;
        right(self.out, FIGURE, ' ', figure)
    }

    fn draw(&mut self, accent: Style, curve: &Curve, full: u64) -> fmt::Result {
        self.gap();
        accent.open(self.out)?;
        curve.write(self.out, full)?;
        accent.close(self.out)
    }

    fn gap(&mut self) {
        self.out.extend([' '; GAP]);
    }

    fn detail(&mut self, text: impl Display) -> fmt::Result {
        self.gap();
        write!(Escape(self.out), "{text}")
    }

    fn part_of(&mut self, part: u64, whole: u64) -> fmt::Result {
        let unit = ByteUnit::of(whole);
        let amount = |bytes| Amount { bytes, unit, digits: 3 };
        self.detail(format_args!("{} of {} {}", amount(part), amount(whole), unit.name()))
    }

    fn row(&mut self, name: impl Display, value: impl Display) -> fmt::Result {
        write!(self.out, "\n{:LABEL$}", "")?;
        Style::Dim.open(self.out)?;
        left(&mut Escape(self.out), ROW_NAME, name)?;
        right(self.out, ROW_VALUE, ' ', value)?;
        Style::Dim.close(self.out)
    }
}

/// The rows of a top list up to its end.
fn rows(list: &[Process]) -> impl Iterator<Item = &Process> {
    list.iter().take_while(|process| process.count > 0)
}
