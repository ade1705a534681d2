//! Which figures of a report are not as usual, by the groups that they belong to.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use crate::emit::gauge::Gauge;
use crate::emit::level::{Level, Levels, Thresholds};
use crate::report::{Report, State};

/// The levels of one report after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alarm(Levels);

impl Alarm {
    /// The levels of a report that comes after the one before. What is old has none.
    pub fn next(&mut self, report: &Report) {
        self.0 = match report.sample {
            Some(sample) if report.state == State::Fresh => {
                self.0.next(sample, &Thresholds::default())
            }
            _ => Levels::default(),
        };
    }

    /// The levels of a sample by itself.
    pub fn of_sample(sample: &Snapshot) -> Self {
        Self(Levels::default().next(sample, &Thresholds::default()))
    }

    /// The level of a group of fields, a bit of [`valid`].
    pub fn of_group(self, group: u64) -> Level {
        match group {
            valid::CPU => self.0.of(Gauge::Cpu),
            valid::CPU_TEMPERATURE => self.0.of(Gauge::Temperature),
            valid::MEMORY => self.0.of(Gauge::Memory),
            valid::PRESSURE_MEMORY => self.0.of(Gauge::MemoryPressure),
            valid::PRESSURE_IO => self.0.of(Gauge::IoPressure),
            _ => Level::Ok,
        }
    }
}
