//! The levels of a report by group of fields.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use crate::figures::gauge::Gauge;
use crate::figures::level::Level;
use crate::figures::levels::{Levels, Thresholds};
use crate::report::{Freshness, Report};

/// The levels of one report after the other.
#[derive(Clone, Debug, Default)]
pub struct Alarm {
    levels: Levels,
    thresholds: Thresholds,
}

impl Alarm {
    /// No report yet; levels will begin at these thresholds.
    pub fn new(thresholds: &Thresholds) -> Self {
        Self { levels: Levels::default(), thresholds: *thresholds }
    }

    /// The levels of a sample by itself, with the usual thresholds.
    pub fn of_sample(sample: &Snapshot) -> Self {
        let thresholds = Thresholds::default();
        Self { levels: Levels::default().next(sample, &thresholds), thresholds }
    }

    /// The levels of the next report. An old sample has no levels.
    pub fn next(&mut self, report: &Report) {
        self.levels = match report.sample {
            Some(sample) if report.state == Freshness::Fresh => {
                self.levels.next(sample, &self.thresholds)
            }
            _ => Levels::default(),
        };
    }

    /// The level of a group of fields, a bit of [`valid`].
    pub fn of_group(&self, group: u64) -> Level {
        let of = |gauge| self.levels.of(gauge);
        match group {
            valid::CPU => of(Gauge::Cpu),
            valid::CPU_TEMPERATURE => of(Gauge::Temperature),
            valid::MEMORY => of(Gauge::Memory),
            valid::SWAP => of(Gauge::Swap),
            valid::GPU => of(Gauge::Gpu).max(of(Gauge::GpuTemperature)),
            valid::PRESSURE_CPU => of(Gauge::CpuPressure),
            valid::PRESSURE_MEMORY => of(Gauge::MemoryPressure),
            valid::PRESSURE_IO => of(Gauge::IoPressure),
            _ => Level::Ok,
        }
    }
}
