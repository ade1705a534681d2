//! Alerts, each on a line in the alert colour.

use std::fmt::{self, Display};

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, KernelThreads, MAX_PROCESS_STATES, rows, valid};

use super::page::Page;
use crate::figures::gauge::{Gauge, hottest_gpu};
use crate::figures::level::Level;
use crate::figures::levels::Levels;
use crate::figures::quantity::{Bytes, Seconds, Share, degrees};
use crate::figures::throttled::Throttled;
use crate::text::columns::{Visible, written};
use crate::text::markup::{Part, Style};

/// The least throttling in a minute that has an alert.
const THROTTLED_NS: u64 = 100_000_000;
/// The most blocked processes that an alert names; it counts the others.
const NAMED: usize = 3;

/// The alerts' causes, besides the sample itself.
#[derive(Clone, Copy, Debug)]
pub struct Alerts {
    /// The levels of the figures.
    pub levels: Levels,
    /// The throttling of the last minute.
    pub throttled: Throttled,
}

impl Page<'_> {
    /// Writes all alerts. A high load has no line: the section's head has the figure.
    pub fn alerts(&mut self, alerts: &Alerts) -> fmt::Result {
        let sample = self.sample;
        let start = self.out.len();
        let levels = &alerts.levels;
        let high = |gauge| levels.of(gauge) != Level::Ok;
        if high(Gauge::Temperature) {
            self.alert(start, format_args!("CPU at {} °C", degrees(sample.cpu_temperature_mc)))?;
        }
        if high(Gauge::GpuTemperature)
            && let Some((index, gpu)) = hottest_gpu(sample)
        {
            let celsius = degrees(gpu.temperature_mc);
            self.alert(start, format_args!("{} at {celsius} °C", gpu_name(sample, index)))?;
        }
        self.throttling(start, alerts.throttled.ns())?;
        if high(Gauge::Memory) {
            let left = Bytes { bytes: sample.memory_available_bytes, digits: 2 };
            self.alert(start, format_args!("only {left} of memory left"))?;
        }
        self.waiting(start, levels)?;
        if sample.has(valid::PROCESS_STATES) && sample.blocked[0].pid > 0 {
            self.alert(start, Blocked(sample))?;
        }
        if sample.has(valid::UNLISTED) && sample.processes_unlisted > 0 {
            let count = sample.processes_unlisted;
            let processes = if count == 1 { "process is" } else { "processes are" };
            self.alert(
                start,
                format_args!("{count} {processes} not in the lists: there are too many"),
            )?;
        }
        Ok(())
    }

    fn waiting(&mut self, start: usize, levels: &Levels) -> fmt::Result {
        let sample = self.sample;
        for (gauge, what, ppm, behind) in [
            (Gauge::CpuPressure, "CPU pressure", sample.pressure_cpu_some_ppm, ""),
            (Gauge::MemoryPressure, "memory pressure", sample.pressure_memory_some_ppm, ""),
            (
                Gauge::IoPressure,
                "everything waits for I/O",
                sample.pressure_io_full_ppm,
                " of the time",
            ),
        ] {
            if levels.of(gauge) != Level::Ok {
                self.alert(start, format_args!("{what} {}{behind}", Share(ppm.into())))?;
            }
        }
        Ok(())
    }

    fn throttling(&mut self, start: usize, throttled_ns: u64) -> fmt::Result {
        let sample = self.sample;
        // The counters are the thermal monitor's, so heat is the only reason.
        if sample.has(valid::CPU_THROTTLED) {
            if throttled_ns >= THROTTLED_NS {
                let time = Seconds(throttled_ns);
                self.alert(
                    start,
                    format_args!("CPU throttled {time} of the last minute: thermal"),
                )?;
            }
        } else if sample.has(valid::CPU_THROTTLE) && sample.cpu_throttle_count > 0 {
            self.alert(start, "CPU throttled: thermal")?;
        }
        for (index, gpu) in sample.known_gpus().iter().enumerate() {
            let throttled = gpu.has(Gpu::THROTTLE) && gpu.throttle != 0;
            if throttled && gpu.state != Gpu::ASLEEP {
                let reasons = written(|f| {
                    let mut reasons = gpu.throttle_names().enumerate();
                    reasons.try_for_each(|(index, reason)| {
                        write!(f, "{}{reason}", if index == 0 { ": " } else { ", " })
                    })
                });
                self.alert(start, format_args!("{} throttled{reasons}", gpu_name(sample, index)))?;
            }
        }
        Ok(())
    }

    fn alert(&mut self, start: usize, text: impl Display) -> fmt::Result {
        if self.out.len() == start {
            self.paragraph();
        } else {
            self.out.push('\n');
        }
        self.look.ink.styled(self.out, Style::Colour(Part::Alert), text)
    }
}

/// `GPU`, or `GPU 1` with several GPUs: the number is the one in the names of figures.
fn gpu_name(sample: &Snapshot, index: usize) -> impl Display {
    let has_several = sample.known_gpus().len() > 1;
    written(move |f| if has_several { write!(f, "GPU {index}") } else { f.write_str("GPU") })
}

/// `blocked: rsync, nfsd and 3 more`.
struct Blocked<'a>(&'a Snapshot);

impl Display for Blocked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = || rows(&self.0.blocked, KernelThreads::Shown, MAX_PROCESS_STATES);
        for (index, row) in listed().take(NAMED).enumerate() {
            write!(f, "{}{}", if index == 0 { "blocked: " } else { ", " }, Visible(row.comm))?;
        }
        match listed().count().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
