//! The stages take turns: in each round every stage takes a sample.
//!
//! Each round begins with another stage and goes forwards or backwards in turn, so no stage
//! always follows the same one. A slow stage sits out most rounds, so that a run has an end.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rstat_testbed::bench::{median, percentile};
use rstat_testbed::truth;

use crate::stages::{COUNT, Stage};

/// The place of the article's last stage in [`crate::stages::all`]; the goals compare with it.
pub const ZERO_ALLOCATION: usize = 4;
/// The place of rstat.
pub const RSTAT: usize = 5;

/// The pause before each sample, as in the article's bench.
const PAUSE: Duration = Duration::from_millis(1);
/// The first samples of each stage, which do not count.
const WARM_UP: usize = 2;
const ROUNDS: u32 = 400;
/// The most time of a run that one stage takes.
const TIME_EACH: Duration = Duration::from_secs(2);

/// The samples of all stages with one number of processes.
pub struct Measured {
    /// The number of processes, by `/proc`.
    pub processes: usize,
    /// How many of them are zombies: they have ended, and their parents have not waited for them.
    pub zombies: usize,
    /// The number of threads that the article's probe has seen.
    pub threads_met: u32,
    /// The samples of each stage, in the order of [`crate::stages::all`].
    pub stages: [Series; COUNT],
}

/// The samples of one stage.
pub struct Series {
    pub name: &'static str,
    samples: Vec<Sample>,
}

struct Sample {
    round: u32,
    whole_ns: f64,
    /// The time without the machine's files.
    own_ns: f64,
}

/// A part of a sample's time.
#[derive(Clone, Copy)]
pub enum Part {
    /// The whole sample.
    Whole,
    /// The sample without the machine's files, which all stages read in the same way.
    Own,
    /// The machine's files.
    Files,
}

/// Lets all stages take turns.
pub fn measure(stages: &mut [Box<dyn Stage>; COUNT]) -> io::Result<Measured> {
    for stage in stages.iter_mut() {
        for _ in 0..WARM_UP {
            stage.sample()?;
        }
    }
    let mut series = stages.each_ref().map(|stage| Series { name: stage.name(), samples: vec![] });
    let mut spent = [Duration::ZERO; COUNT];
    for round in 0..ROUNDS {
        for turn in 0..COUNT {
            let turn = if round % 2 == 0 { turn } else { COUNT - 1 - turn };
            let whose = (round as usize + turn) % COUNT;
            if spent[whose] > TIME_EACH * round / ROUNDS {
                continue;
            }
            thread::sleep(PAUSE);
            let begin = Instant::now();
            let machine = stages[whose].sample()?;
            let took = begin.elapsed();
            spent[whose] += took;
            series[whose].samples.push(Sample {
                round,
                whole_ns: took.as_nanos() as f64,
                own_ns: took.saturating_sub(machine).as_nanos() as f64,
            });
        }
    }
    let threads_met = stages[ZERO_ALLOCATION].figures()?.processes;
    let all = truth::Stat::all();
    let zombies = all.iter().filter(|process| process.state == 'Z').count();
    Ok(Measured { processes: all.len(), zombies, threads_met, stages: series })
}

impl Measured {
    /// The median of the rounds' own ratios of rstat to a stage.
    pub fn ratio(&self, stage: usize, part: Part) -> f64 {
        self.ratio_of_parts(part, stage, part)
    }

    /// The median of the rounds' own ratios of one part of rstat's samples to a part of a stage's.
    pub fn ratio_of_parts(&self, our_part: Part, stage: usize, part: Part) -> f64 {
        let ours = &self.stages[RSTAT].samples;
        let of_round = |sample: &Sample| {
            let place = ours.binary_search_by_key(&sample.round, |ours| ours.round).ok()?;
            Some(ours[place].ns(our_part) / sample.ns(part))
        };
        median(self.stages[stage].samples.iter().filter_map(of_round).collect())
    }
}

impl Series {
    /// The number of samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// The average whole sample, in nanoseconds.
    pub fn average(&self) -> f64 {
        self.ns(Part::Whole).sum::<f64>() / self.samples.len() as f64
    }

    /// The time below which so many per cent of the samples lie, in nanoseconds.
    pub fn percentile(&self, part: Part, percent: f64) -> f64 {
        percentile(self.ns(part).collect(), percent)
    }

    fn ns(&self, part: Part) -> impl Iterator<Item = f64> {
        self.samples.iter().map(move |sample| sample.ns(part))
    }
}

impl Sample {
    fn ns(&self, part: Part) -> f64 {
        match part {
            Part::Whole => self.whole_ns,
            Part::Own => self.own_ns,
            Part::Files => self.whole_ns - self.own_ns,
        }
    }
}
