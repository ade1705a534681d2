//! When a figure deserves a colour: thresholds with hysteresis.
//!
//! A level is entered at its threshold and left somewhat below it, so that a bar
//! does not blink while a figure swings around one. A busy CPU is doing its work:
//! it is worth a warning, never an alarm.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

/// How a figure is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As usual.
    #[default]
    Ok,
    /// Worth a look.
    Warning,
    /// Worth doing something.
    Critical,
}

impl Level {
    /// The word for it, which is a class in a bar's style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

struct Threshold {
    warning: i64,
    critical: i64,
    /// How far below its threshold a level is left.
    release: i64,
}

impl Threshold {
    fn judge(&self, value: i64, before: Level) -> Level {
        let reaches = |threshold: i64, level| {
            value >= threshold - if before >= level { self.release } else { 0 }
        };
        if reaches(self.critical, Level::Critical) {
            Level::Critical
        } else if reaches(self.warning, Level::Warning) {
            Level::Warning
        } else {
            Level::Ok
        }
    }
}

const CPU_PPM: Threshold = Threshold { warning: 900_000, critical: i64::MAX, release: 150_000 };
const MEMORY_PPM: Threshold = Threshold { warning: 900_000, critical: 960_000, release: 20_000 };
/// Of the last ten seconds, in which some task waited for memory: what a working
/// machine never does is felt from a few per cent on.
const MEMORY_PRESSURE_PPM: Threshold =
    Threshold { warning: 20_000, critical: 200_000, release: 10_000 };
/// The same in which all tasks waited for I/O; no alarm, for copying does it too.
const IO_PRESSURE_PPM: Threshold =
    Threshold { warning: 300_000, critical: i64::MAX, release: 100_000 };
const TEMPERATURE_MC: Threshold = Threshold { warning: 85_000, critical: 95_000, release: 4_000 };

/// The levels of all figures that have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Of the CPU's load.
    pub cpu: Level,
    /// Of the memory's.
    pub memory: Level,
    /// Of the CPU's temperature.
    pub temperature: Level,
    /// Of the time that tasks wait for memory.
    pub memory_pressure: Level,
    /// Of the time that tasks wait for I/O. It is worth a line and no class: a
    /// machine that only copies files waits for I/O all the time.
    pub io_pressure: Level,
}

impl Levels {
    /// The levels of a sample that comes after one with these.
    #[must_use]
    pub fn next(self, sample: &Snapshot) -> Self {
        // What is not known is not alarming.
        let judge = |threshold: &Threshold, value: Option<i64>, before| {
            value.map_or(Level::Ok, |value| threshold.judge(value, before))
        };
        let cpu = sample.has(valid::CPU).then_some(i64::from(sample.cpu_busy_ppm));
        let temperature =
            sample.has(valid::CPU_TEMPERATURE).then_some(i64::from(sample.cpu_temperature_mc));
        let memory = sample.memory_used_ppm().map(i64::from);
        let memory_pressure = sample
            .has(valid::PRESSURE_MEMORY)
            .then_some(i64::from(sample.pressure_memory_some_ppm));
        let io_pressure =
            sample.has(valid::PRESSURE_IO).then_some(i64::from(sample.pressure_io_full_ppm));
        Self {
            memory_pressure: judge(&MEMORY_PRESSURE_PPM, memory_pressure, self.memory_pressure),
            io_pressure: judge(&IO_PRESSURE_PPM, io_pressure, self.io_pressure),
            cpu: judge(&CPU_PPM, cpu, self.cpu),
            memory: judge(&MEMORY_PPM, memory, self.memory),
            temperature: judge(&TEMPERATURE_MC, temperature, self.temperature),
        }
    }

    /// The gravest of those that have a class.
    pub fn gravest(self) -> Level {
        self.classes().into_iter().map(|(_, level)| level).max().unwrap_or_default()
    }

    /// The figures that are not as usual, by the names of their classes.
    pub fn causes(self) -> impl Iterator<Item = &'static str> {
        self.classes().into_iter().filter(|(_, level)| *level != Level::Ok).map(|(name, _)| name)
    }

    fn classes(self) -> [(&'static str, Level); 4] {
        [
            ("cpu", self.cpu),
            ("memory", self.memory),
            ("temperature", self.temperature),
            ("memory-pressure", self.memory_pressure),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_left_later_than_it_is_entered() {
        let mut level = Level::Ok;
        for (value, expected) in [
            (84_999, Level::Ok),
            (85_000, Level::Warning),
            (81_000, Level::Warning),
            (80_999, Level::Ok),
            (96_000, Level::Critical),
            (91_000, Level::Critical),
            (90_999, Level::Warning),
            (84_999, Level::Warning),
        ] {
            level = TEMPERATURE_MC.judge(value, level);
            assert_eq!(level, expected, "{value}");
        }
    }

    #[test]
    fn the_unknown_alarms_nobody() {
        let mut sample = Snapshot { cpu_busy_ppm: 1_000_000, ..Snapshot::EMPTY };
        assert_eq!(Levels::default().next(&sample).gravest(), Level::Ok);
        sample.valid = valid::CPU;
        let levels = Levels::default().next(&sample);
        assert_eq!(levels.gravest(), Level::Warning);
        assert_eq!(levels.causes().collect::<Vec<_>>(), ["cpu"]);
    }

    #[test]
    fn waiting_for_memory_is_a_cause_and_waiting_for_io_is_not() {
        let sample = Snapshot {
            valid: valid::PRESSURE_MEMORY | valid::PRESSURE_IO,
            pressure_memory_some_ppm: 31_000,
            pressure_io_full_ppm: 900_000,
            ..Snapshot::EMPTY
        };
        let levels = Levels::default().next(&sample);
        assert_eq!((levels.memory_pressure, levels.io_pressure), (Level::Warning, Level::Warning));
        assert_eq!(levels.causes().collect::<Vec<_>>(), ["memory-pressure"]);
        let quiet = Snapshot { valid: valid::PRESSURE_IO, ..sample };
        assert_eq!(Levels::default().next(&quiet).gravest(), Level::Ok);
    }
}
