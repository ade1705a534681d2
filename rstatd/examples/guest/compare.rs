//! The daemon's share of busy time against the kernel's account of the same time.

use std::time::Instant;

use rstat_shm::snapshot::valid;
use rstat_shm::{Snapshot, View};

use crate::checks::{Answer, Trouble, expect};
use crate::daemon::{self, GIVE_UP};
use crate::truth::{CpuTimes, Share};
use crate::{load, sys};

/// Samples that a share of time is measured over: 4 s.
const SAMPLES: usize = 16;
/// Percent of one CPU that may lie between the daemon and the kernel: a tick at
/// either end, and that we cannot look at both in the same moment.
pub const BUSY_TOLERANCE: f64 = 2.0;
/// How often to measure: a host that stops one of our CPUs for a while looks like an
/// error, but not every time.
const MEASUREMENTS: usize = 3;
/// How old a sample may be when the kernel's account has been read to go with it.
const ALIGNED_NS: u64 = 20_000_000;
/// Of the machine.
const CPUS: usize = 2;
/// Where we run while we measure.
const OBSERVER_CPU: usize = 1 - load::CPU;

/// Busy time by the daemon, percent, and the kernel's account of the same time.
pub struct Measured {
    /// Of all CPUs.
    pub all: f64,
    /// Of each; one that is away is not busy.
    pub each: [f64; CPUS],
    /// Of each CPU.
    pub kernel: Vec<Share>,
}

impl Measured {
    /// For the CPU with the load, which is never idle, the kernel's figure is all that
    /// is not idle time. For the others that is the most: the probe knows the time of
    /// tasks at least, and the interrupts while idle, many on an emulated machine, only
    /// where it can read the kernel's own account of idle time.
    fn agreed(&self, probe_works: bool) -> Answer {
        let mean = |busy: &dyn Fn(usize, &Share) -> f64| {
            let each = self.kernel.iter().enumerate().map(|(cpu, share)| busy(cpu, share));
            each.sum::<f64>() / self.kernel.len() as f64
        };
        let most = mean(&|_, share| share.most());
        let least = mean(&|cpu, share| {
            if probe_works && cpu != load::CPU {
                share.tasks.min(share.not_idle)
            } else {
                share.most()
            }
        });
        // The nearest that it may be.
        let all = self.all.clamp(least, most);
        let loaded = self.kernel[load::CPU].most();
        let figure = format!("{:.1}/{all:.1} %", self.all);
        let agree = agree(self.all, all)
            && agree(self.each[load::CPU], loaded)
            && self.each[load::CPU] > 90.0;
        expect(agree, || {
            format!("{figure}, of the CPU with the load {:.1}/{loaded:.1} %", self.each[load::CPU])
        })?;
        Ok(figure)
    }
}

/// Whether two shares, in percent, are near enough to each other.
fn agree(told: f64, kernel: f64) -> bool {
    (told - kernel).abs() <= BUSY_TOLERANCE
}

/// Measures until the daemon and the kernel agree.
pub fn compare(view: &View, probe_works: bool, mut each: impl FnMut(&Snapshot)) -> Answer {
    let mut measured = || measure(view, || Ok(()), &mut each)?.agreed(probe_works);
    let mut answer = measured();
    for _ in 1..MEASUREMENTS {
        if answer.is_err() {
            answer = measured();
        }
    }
    answer
}

/// Adds up the daemon's shares from one sample to another, with the kernel's own
/// account over the same time.
///
/// We read on a CPU without the load, so that its other tasks have left it and are
/// in the kernel's account as they are in the daemon's. `event` happens in between.
pub fn measure(
    view: &View,
    event: impl FnOnce() -> Result<(), Trouble>,
    mut each: impl FnMut(&Snapshot),
) -> Result<Measured, Trouble> {
    sys::pin_to(1 << OBSERVER_CPU);
    // The first whole interval that has the load in it begins with the second sample.
    let first = daemon::next(view, view.latest())?;
    let (begin, before) = aligned(view, first.sequence, |_| true)?;
    event()?;
    let (mut all, mut cores, mut elapsed, mut samples) = (0.0, [0.0; CPUS], 0.0, 0);
    let (_, now) = aligned(view, begin.sequence, |sample| {
        let elapsed_ns = sample.elapsed_ns as f64;
        all += f64::from(sample.cpu_busy_ppm) * elapsed_ns;
        for (cpu, sum) in cores.iter_mut().enumerate() {
            *sum += f64::from(sample.core_busy_ppm(cpu).unwrap_or(0)) * elapsed_ns;
        }
        elapsed += elapsed_ns;
        samples += 1;
        each(sample);
        samples >= SAMPLES
    })?;
    sys::pin_to(u64::MAX);
    let percent = |sum: f64| sum / elapsed / 10_000.0;
    Ok(Measured { all: percent(all), each: cores.map(percent), kernel: now.since(&before) })
}

/// The first sample after number `seen` that is `enough` and that the kernel's
/// account was read right after: a busy host may stop us in between.
fn aligned(
    view: &View,
    mut seen: u64,
    mut enough: impl FnMut(&Snapshot) -> bool,
) -> Result<(Snapshot, CpuTimes), Trouble> {
    let began = Instant::now();
    while began.elapsed() < GIVE_UP {
        let sample = daemon::next(view, seen)?;
        seen = sample.sequence;
        expect(sample.has(valid::CPU), || "a sample without CPU time".to_owned())?;
        let enough = enough(&sample);
        let idle = CpuTimes::read();
        if enough && View::age_ns(&sample) < ALIGNED_NS {
            return Ok((sample, idle));
        }
    }
    Err(Trouble::Skipped("the host is too busy to compare anything".to_owned()))
}
