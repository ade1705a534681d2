//! The levels of all figures of a sample, and the thresholds that they begin at.

use rstat_shm::Snapshot;

use crate::figures::gauge::{GAUGE_COUNT, GAUGES, Gauge, GaugeRow};
use crate::figures::level::{Level, Threshold};
use crate::report::{Freshness, Report};
use rstat_options::{Decimal, OptionError, number, once, pairs};

/// The gauge of a name or short name.
fn find(name: &str) -> Result<&'static GaugeRow, OptionError> {
    GAUGES
        .iter()
        .find(|row| row.names.contains(&name))
        .ok_or_else(|| OptionError::name("figure", name, GAUGES.iter().flat_map(|row| row.names)))
}

/// Parses `cpu=70,temp=80`: figures and their thresholds, each once; `off` is no threshold.
fn parse(
    text: &str,
) -> impl Iterator<Item = Result<(&'static GaugeRow, Option<i64>), OptionError>> {
    let mut seen = 0;
    pairs(text).map(move |pair| {
        let (name, value) = pair?;
        let row = find(name)?;
        once(&mut seen, row.gauge as usize, name)?;
        let threshold = match value {
            "off" => None,
            _ => Some(within(row, name, value)?.of(row.unit) as i64),
        };
        Ok((row, threshold))
    })
}

/// Parses a threshold, which has to be a value that the figure can reach.
fn within(row: &GaugeRow, name: &str, value: &str) -> Result<Decimal, OptionError> {
    let (least, most) = row.range();
    let number = number(name, value)?;
    if (Decimal::whole(least)..=Decimal::whole(most)).contains(&number) {
        return Ok(number);
    }
    Err(OptionError::new(format_args!(
        "{name} is a number from {least} to {most}, or off, not '{value}'"
    )))
}

/// Where the levels of all figures begin.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds([Threshold; GAUGE_COUNT]);

impl Default for Thresholds {
    fn default() -> Self {
        Self(GAUGES.map(|row| row.threshold))
    }
}

impl Thresholds {
    /// Sets the thresholds of a level from `cpu=70,temp=80`; `off` is no threshold.
    pub fn set(&mut self, level: Level, text: &str) -> Result<(), OptionError> {
        for pair in parse(text) {
            let (row, value) = pair?;
            let threshold = &mut self.0[row.gauge as usize];
            threshold.has_class = true;
            match level {
                Level::Critical => threshold.critical = value,
                Level::Warning | Level::Ok => threshold.warning = value,
            }
        }
        Ok(())
    }
}

/// The levels of all figures, of one report after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    thresholds: Thresholds,
    levels: [Level; GAUGE_COUNT],
}

impl Levels {
    /// The levels before the first report; they begin at these thresholds.
    pub fn new(thresholds: &Thresholds) -> Self {
        Self { thresholds: *thresholds, ..Self::default() }
    }

    /// The levels of a sample by itself, with the usual thresholds.
    pub fn of_sample(sample: &Snapshot) -> Self {
        let mut levels = Self::default();
        levels.judge(sample);
        levels
    }

    /// Finds the levels of the next report. An old sample has no levels.
    pub fn next(&mut self, report: &Report) {
        match report.sample {
            Some(sample) if report.state == Freshness::Fresh => self.judge(sample),
            _ => self.levels = Default::default(),
        }
    }

    fn judge(&mut self, sample: &Snapshot) {
        for ((row, threshold), level) in GAUGES.iter().zip(&self.thresholds.0).zip(&mut self.levels)
        {
            // An unknown figure has no level.
            *level = row.value(sample).map_or(Level::Ok, |value| threshold.judge(value, *level));
        }
    }

    /// The level of a figure.
    pub fn of(&self, gauge: Gauge) -> Level {
        self.levels[gauge as usize]
    }

    /// The gravest level of a group of fields, a bit of
    /// [`valid`](rstat_shm::snapshot::valid).
    pub fn of_group(&self, group: u64) -> Level {
        let of_group = GAUGES.iter().zip(self.levels).filter(|(row, _)| row.group == group);
        of_group.map(|(_, level)| level).max().unwrap_or_default()
    }

    /// The gravest level of all figures that have a class.
    pub fn gravest(&self) -> Level {
        self.classed().map(|(_, level)| level).max().unwrap_or_default()
    }

    /// The classes of all warnings and critical figures: `cpu-warning`.
    pub fn classes(&self) -> impl Iterator<Item = &'static str> {
        self.classed().filter_map(|(row, level)| match level {
            Level::Ok => None,
            Level::Warning => Some(row.classes[0]),
            Level::Critical => Some(row.classes[1]),
        })
    }

    fn classed(&self) -> impl Iterator<Item = (&'static GaugeRow, Level)> {
        let with_class = |(_, threshold): &(_, Threshold)| threshold.has_class;
        let levels = GAUGES.iter().zip(self.levels);
        levels.zip(self.thresholds.0).filter(with_class).map(|(row_and_level, _)| row_and_level)
    }
}

/// Thresholds below which a module hides, when all these figures are low.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet([Option<Threshold>; GAUGE_COUNT]);

impl Quiet {
    /// Sets the thresholds from `cpu=5,gpu=5`; `off` removes a figure.
    pub fn set(&mut self, text: &str) -> Result<(), OptionError> {
        for pair in parse(text) {
            let (row, warning) = pair?;
            let release = row.threshold.release / 3;
            let threshold = |_| Threshold { warning, critical: None, release, has_class: false };
            self.0[row.gauge as usize] = warning.map(threshold);
        }
        Ok(())
    }

    /// Whether all figures are low now; `before` is whether they were. An unknown figure
    /// is low.
    pub fn holds(&self, sample: &Snapshot, before: bool) -> bool {
        let level_before = if before { Level::Ok } else { Level::Warning };
        let asked = GAUGES.iter().zip(&self.0).filter_map(|(row, quiet)| Some((row, (*quiet)?)));
        let is_low = asked.map(|(row, threshold)| {
            row.value(sample).is_none_or(|value| threshold.judge(value, level_before) == Level::Ok)
        });
        is_low.reduce(|all, one| all && one).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use rstat_shm::snapshot::valid;

    use super::*;

    fn classes(sample: &Snapshot, thresholds: &Thresholds) -> Vec<&'static str> {
        let mut levels = Levels::new(thresholds);
        levels.judge(sample);
        levels.classes().collect()
    }

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
            level = GAUGES[Gauge::Temperature as usize].threshold.judge(value, level);
            assert_eq!(level, expected, "{value}");
        }
    }

    #[test]
    fn a_low_threshold_is_left_as_well() {
        let mut thresholds = Thresholds::default();
        thresholds.set(Level::Warning, "cpu=10").unwrap();
        let mut levels = Levels::new(&thresholds);
        for (ppm, expected) in [
            (99_000, Level::Ok),
            (100_000, Level::Warning),
            (50_000, Level::Warning),
            (49_000, Level::Ok),
        ] {
            let sample = Snapshot { valid: valid::CPU, cpu_busy_ppm: ppm, ..Snapshot::EMPTY };
            levels.judge(&sample);
            assert_eq!(levels.of(Gauge::Cpu), expected, "{ppm}");
        }
    }

    #[test]
    fn the_unknown_alarms_nobody() {
        let mut sample = Snapshot { cpu_busy_ppm: 1_000_000, ..Snapshot::EMPTY };
        assert_eq!(Levels::of_sample(&sample).gravest(), Level::Ok);
        sample.valid = valid::CPU;
        let mut levels = Levels::of_sample(&sample);
        assert_eq!(levels.gravest(), Level::Warning);
        assert_eq!(classes(&sample, &Thresholds::default()), ["cpu-warning"]);
        sample.valid = 0;
        levels.judge(&sample);
        assert_eq!(levels.gravest(), Level::Ok);
    }

    #[test]
    fn waiting_for_memory_has_a_class_and_waiting_for_io_only_when_asked() {
        let sample = Snapshot {
            valid: valid::PRESSURE_MEMORY | valid::PRESSURE_IO,
            pressure_memory_some_ppm: 31_000,
            pressure_io_full_ppm: 900_000,
            ..Snapshot::EMPTY
        };
        let mut thresholds = Thresholds::default();
        assert_eq!(Levels::of_sample(&sample).of(Gauge::MemoryPressure), Level::Warning);
        assert_eq!(Levels::of_sample(&sample).of(Gauge::IoPressure), Level::Warning);
        assert_eq!(classes(&sample, &thresholds), ["memory-pressure-warning"]);
        thresholds.set(Level::Critical, "io-pressure=80").unwrap();
        assert_eq!(
            classes(&sample, &thresholds),
            ["memory-pressure-warning", "io-pressure-critical"]
        );
        thresholds.set(Level::Warning, "psi=off").unwrap();
        assert_eq!(classes(&sample, &thresholds), ["io-pressure-critical"]);
    }

    #[test]
    fn thresholds_are_in_what_people_count_in() {
        let mut thresholds = Thresholds::default();
        thresholds.set(Level::Warning, "psi=2.5,temp=70").unwrap();
        assert_eq!(thresholds.0[Gauge::MemoryPressure as usize].warning, Some(25_000));
        assert_eq!(thresholds.0[Gauge::Temperature as usize].warning, Some(70_000));
        let wrong = |text| thresholds.clone().set(Level::Warning, text).unwrap_err().to_string();
        assert_eq!(wrong("cpx=7"), "unknown figure `cpx`; did you mean `cpu`?");
        assert_eq!(wrong("cpu"), "'cpu' is not NAME=VALUE");
        assert_eq!(wrong("cpu=high"), "cpu is a number, not 'high'");
        assert_eq!(wrong("cpu=nan"), "cpu is a number, not 'nan'");
        assert_eq!(wrong("cpu=70,mem=off,cpu=80"), "cpu is there twice");
        assert_eq!(wrong("temp=80,temperature=80"), "temperature is there twice");
        for value in ["-1", "101", "700000", "-1e300"] {
            let expected = format!("cpu is a number from 0 to 100, or off, not '{value}'");
            let text = format!("cpu={value}");
            let wrong = thresholds.clone().set(Level::Warning, &text).unwrap_err();
            assert_eq!(wrong.to_string(), expected);
        }
        assert_eq!(wrong("temp=80000"), "temp is a number from -50 to 200, or off, not '80000'");
        for text in ["cpu=0,mem=100", "temp=-50,gpu-temp=200"] {
            thresholds.set(Level::Critical, text).unwrap();
        }
    }

    #[test]
    fn quiet_is_when_all_figures_are_low_and_does_not_flicker() {
        let mut quiet = Quiet::default();
        let busy = |ppm| Snapshot { valid: valid::CPU, cpu_busy_ppm: ppm, ..Snapshot::EMPTY };
        assert!(!quiet.holds(&busy(0), false), "nobody asked");
        quiet.set("cpu=10,gpu=5").unwrap();
        let mut before = false;
        for (ppm, expected) in
            [(99_999, false), (50_001, false), (49_999, true), (99_999, true), (100_000, false)]
        {
            before = quiet.holds(&busy(ppm), before);
            assert_eq!(before, expected, "{ppm}");
        }
        quiet.set("cpu=off,gpu=off").unwrap();
        assert!(!quiet.holds(&busy(0), true));
    }
}
