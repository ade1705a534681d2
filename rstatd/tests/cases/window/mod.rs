//! Samples over some time, and the kernel's figures at its two ends.

mod several;

use std::time::Duration;

use rstat_shm::snapshot::{Application, Process, TOP_APPLICATIONS, TOP_EACH, source, valid};
use rstat_shm::{Snapshot, View};
use rstat_testbed::sys;
use rstat_testbed::truth::{CpuTimes, Share, TICK_NS, Ticks, last_cpu};

pub use several::{extremes, of_system};

use super::daemon::{self, Stage};
use super::finding::{Bound, Finding, Trouble, Unit};
use super::listed::{Listed, Shares};
use super::machine::Machine;
use super::plausible;

/// The most samples to wait for until the kernel is read soon enough after one.
const ALIGN_ATTEMPTS: u32 = 50;
/// The test reads as soon as there is a sample, whatever the load.
const OBSERVER_PRIORITY: i32 = 2;
/// The kernel counts user and system time in ticks, both rounded down.
pub const GRAIN_NS: f64 = 2.0 * TICK_NS as f64;
/// The percentage of the truth above which a bound means nothing.
const POINTLESS_PERCENT: f64 = 25.0;
/// The allowed excess of a row. Between the daemon's readings of the clock and of a process's sum,
/// the process runs on: on a busy machine for as long as the daemon waits. The next sample has as
/// much less.
const READ_MS: f64 = 100.0;
/// The points that may be missing from the busy share of a CPU with a load that never sleeps.
const LOADED_POINTS: f64 = 10.0;
/// Percent by which samples may be more than asked for: a tick that came late and one in time.
const PACE_ABOVE: f64 = 2.0;
/// Percent of the samples that may be left out.
const PACE_BELOW: f64 = 20.0;
/// The part of its interval that a sample may take; longer samples leave out ticks.
const CHEAP_FRACTION: u64 = 5;
const PPM: f64 = 1e6;

/// The kernel's figures of all CPUs and of some processes.
pub struct Moment {
    ticks: Ticks,
    cpus: CpuTimes,
    /// The CPU time of the processes of interest, in their order.
    pub processes_ns: Vec<u64>,
}

impl Moment {
    pub fn read(processes: impl FnOnce() -> Vec<u64>) -> Self {
        Self { ticks: Ticks::read(), cpus: CpuTimes::read(), processes_ns: processes() }
    }
}

/// All samples of some time.
pub struct Window {
    machine: &'static Machine,
    interval_ms: u64,
    pub before: Moment,
    pub after: Moment,
    pub samples: Vec<Snapshot>,
    /// The time from the first sample to the last.
    elapsed_ns: f64,
    /// The number of samples that were published in that time.
    published: u64,
}

/// Measures with a daemon for each interval of the machine at the same time. `processes`
/// returns the CPU time of the processes of interest.
pub fn measure(
    stage: &Stage,
    length: Duration,
    processes: impl Fn() -> Vec<u64> + Sync,
) -> Result<Vec<Window>, Trouble> {
    measure_at(stage, stage.machine.intervals_ms, length, processes)
}

/// The same measurement at other intervals.
pub fn measure_at(
    stage: &Stage,
    intervals_ms: &[u64],
    length: Duration,
    processes: impl Fn() -> Vec<u64> + Sync,
) -> Result<Vec<Window>, Trouble> {
    let mut daemons = Vec::new();
    for interval_ms in intervals_ms {
        daemons.push((*interval_ms, stage.daemon(*interval_ms)?));
    }
    let mut views = Vec::new();
    for (interval_ms, daemon) in &mut daemons {
        views.push((*interval_ms, daemon.first()?.0));
    }
    let (machine, processes) = (stage.machine, &processes);
    std::thread::scope(|scope| {
        let measure = |(interval_ms, view)| window(machine, view, interval_ms, length, processes);
        let threads: Vec<_> = views
            .iter()
            .map(|(interval_ms, view)| scope.spawn(move || measure((*interval_ms, view))))
            .collect();
        let joined = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(Trouble::Failed("a thread panicked".to_owned())))
        });
        joined.collect()
    })
}

/// All samples of that time, once there are some with rates.
pub fn window(
    machine: &'static Machine,
    view: &View,
    interval_ms: u64,
    length: Duration,
    processes: impl Fn() -> Vec<u64>,
) -> Result<Window, Trouble> {
    around(machine, view, interval_ms, length, processes, || Ok(()))
}

/// The same measurement with an event in between. The calling thread must do nothing else.
pub fn around(
    machine: &'static Machine,
    view: &View,
    interval_ms: u64,
    length: Duration,
    processes: impl Fn() -> Vec<u64>,
    event: impl FnOnce() -> Result<(), Trouble>,
) -> Result<Window, Trouble> {
    if let Some(cpu) = machine.observer_cpu {
        // Then only the load is on its CPU, and all other tasks have left theirs, so the kernel and
        // the daemon account for the same time.
        sys::pin(cpu)?;
    }
    // Where the kernel refuses, samples may be missed, and are left out.
    let _ = sys::be_real_time(OBSERVER_PRIORITY);
    // The first interval that is wholly under the load begins with the second sample.
    let second = daemon::next(view, view.latest())?;
    let (first, before) = aligned(machine, view, &second, &processes, |_| true)?;
    event()?;
    from(machine, view, interval_ms, length, &first, before, processes)
}

/// The same measurement from a known sample on, with the kernel's figures `before` of that moment.
pub fn from(
    machine: &'static Machine,
    view: &View,
    interval_ms: u64,
    length: Duration,
    first: &Snapshot,
    before: Moment,
    processes: impl Fn() -> Vec<u64>,
) -> Result<Window, Trouble> {
    let mut samples = Vec::new();
    let enough_ns = first.monotonic_ns + length.as_nanos() as u64 - interval_ms * 1_000_000 / 2;
    let (last, after) = aligned(machine, view, first, processes, |sample| {
        samples.push(sample.clone());
        sample.monotonic_ns >= enough_ns
    })?;
    let elapsed_ns = (last.monotonic_ns - first.monotonic_ns) as f64;
    let published = last.sequence - first.sequence;
    Ok(Window { machine, interval_ms, before, after, samples, elapsed_ns, published })
}

/// The first sample after `seen` that is `enough` and after which the test could read the kernel at
/// once. Checks that all samples until then are plausible.
fn aligned(
    machine: &Machine,
    view: &View,
    seen: &Snapshot,
    processes: impl Fn() -> Vec<u64>,
    mut enough: impl FnMut(&Snapshot) -> bool,
) -> Result<(Snapshot, Moment), Trouble> {
    let (mut before, mut late) = (seen.clone(), 0);
    while late < ALIGN_ATTEMPTS {
        let sample = daemon::next(view, before.sequence)?;
        plausible::check(&before, &sample).map_err(Trouble::Failed)?;
        if enough(&sample) {
            let (ticks, cpus) = (Ticks::read(), CpuTimes::read());
            // On a busy host this program may have been stopped in between.
            if View::age_ns(&sample) < machine.aligned_ns + sample.sample_ns {
                return Ok((sample, Moment { ticks, cpus, processes_ns: processes() }));
            }
            late += 1;
        }
        before = sample;
    }
    Err(Trouble::Cannot("the machine is too busy to compare anything".to_owned()))
}

impl Window {
    /// A figure in ppm over the whole time, from the samples that were seen.
    fn mean_ppm(&self, of: impl Fn(&Snapshot) -> f64) -> f64 {
        let known = || self.samples.iter().filter(|sample| sample.has(valid::CPU));
        let seen: f64 = known().map(|sample| sample.elapsed_ns as f64).sum();
        known().map(|sample| of(sample) * sample.elapsed_ns as f64).sum::<f64>() / seen
    }

    pub fn busy_percent(&self) -> f64 {
        self.mean_ppm(|sample| f64::from(sample.cpu_busy_ppm)) / PPM * 100.0
    }

    /// The CPU time of the rows of interest, in the list of user space or in that of kernel
    /// threads.
    pub fn rows(&self, of_kernel: bool, is_meant: impl Fn(&Process) -> bool) -> Listed {
        self.listed(|sample| {
            let rows = sample.top_cpu.iter().filter(|row| row.count > 0);
            let rows = rows.filter(|row| row.is_kernel_thread() == of_kernel);
            Shares::new(rows.map(|row| (is_meant(row), row.cpu_ppm)), TOP_EACH)
        })
    }

    /// The CPU time of the applications of a name.
    pub fn applications(&self, name: &str) -> Listed {
        self.listed(|sample| {
            let rows = sample.top_cpu_applications.iter().filter(|row| row.count > 0);
            let is_meant = |row: &Application| row.name.bytes().starts_with(name.as_bytes());
            Shares::new(rows.map(|row| (is_meant(row), row.cpu_ppm)), TOP_APPLICATIONS)
        })
    }

    fn listed(&self, list: impl Fn(&Snapshot) -> Shares) -> Listed {
        let time_ns = |ppm: f64| ppm / PPM * self.elapsed_ns;
        Listed {
            time_ns: time_ns(self.mean_ppm(|sample| f64::from(list(sample).meant_ppm))),
            hidden_ns: time_ns(self.mean_ppm(|sample| f64::from(list(sample).hidden_ppm))),
        }
    }

    /// Whether all samples are of that source.
    pub fn is(&self, source: u32) -> bool {
        self.samples.iter().all(|sample| sample.source == source)
    }

    /// Share of all CPUs that was busy by the kernel, in percent.
    pub fn true_percent(&self) -> f64 {
        self.after.ticks.busy_percent_since(&self.before.ticks)
    }

    /// Share that a hypervisor took, in percent.
    pub fn stolen_percent(&self) -> f64 {
        self.after.ticks.steal_percent_since(&self.before.ticks)
    }

    fn name(&self, metric: &str) -> String {
        match self.interval_ms {
            ms if ms < 1000 => format!("{metric}, {ms} ms"),
            ms => format!("{metric}, {} s", ms / 1000),
        }
    }

    /// The CPUs' share against the kernel's idle time, in points.
    pub fn system(&self, points: f64) -> Finding {
        let reported = self.busy_percent();
        let truth = self.nearest_truth(reported);
        let bound = Bound::Distance(points);
        Finding::new(self.name("system CPU"), Unit::Percent, truth, reported, bound)
            .with_stolen(self.stolen_percent())
    }

    /// The truth. Where interrupts may count as idle or as busy time, the nearest possible truth.
    fn nearest_truth(&self, reported: f64) -> f64 {
        if !self.machine.has_many_interrupts {
            return self.true_percent();
        }
        let shares = self.after.cpus.since(&self.before.cpus);
        let mean = |busy: &dyn Fn(u32, &Share) -> f64| {
            shares.iter().map(|(cpu, share)| busy(*cpu, share)).sum::<f64>() / shares.len() as f64
        };
        let most = mean(&|_, share| share.most());
        // The CPU with the load is never idle.
        let least = mean(&|cpu, share| {
            let may_be_less = self.is(source::BPF) && cpu != last_cpu();
            if may_be_less { share.tasks.min(share.not_idle) } else { share.most() }
        });
        reported.max(least).min(most)
    }

    /// The allowed error of one CPU, in points.
    pub fn core_points(&self) -> f64 {
        self.machine.core_points
    }

    /// The busy share of one CPU, in percent; 0 for a CPU that is offline.
    pub fn core_percent(&self, cpu: u32) -> f64 {
        let ppm = |sample: &Snapshot| sample.core_busy_ppm(cpu as usize).unwrap_or(0);
        self.mean_ppm(|sample| f64::from(ppm(sample))) / PPM * 100.0
    }

    /// The kernel's figures of one CPU.
    pub fn true_share(&self, cpu: u32) -> Option<Share> {
        let mut shares = self.after.cpus.since(&self.before.cpus).into_iter();
        shares.find(|(other, _)| *other == cpu).map(|(_, share)| share)
    }

    /// The last CPU, which has a load that never sleeps.
    pub fn loaded_core(&self) -> [Finding; 2] {
        let cpu = last_cpu();
        let reported = self.core_percent(cpu);
        let truth = self.true_share(cpu).map_or(f64::NAN, |share| share.most());
        let bound = Bound::Distance(self.machine.core_points);
        let stolen = self.stolen_percent();
        [
            Finding::new(self.name("loaded CPU"), Unit::Percent, truth, reported, bound)
                .with_stolen(stolen),
            Finding::new(
                self.name("loaded CPU is busy"),
                Unit::Percent,
                100.0,
                reported,
                Bound::Below(LOADED_POINTS),
            ),
        ]
    }

    /// The number of samples, in percent of the number that the interval asks for.
    pub fn pace(&self) -> [Finding; 2] {
        let intervals = self.elapsed_ns / (self.interval_ms * 1_000_000) as f64;
        let percent = 100.0 * self.published as f64 / intervals;
        let finding =
            |metric, bound| Finding::new(self.name(metric), Unit::Percent, 100.0, percent, bound);
        let mut took_ns: Vec<_> = self.samples.iter().map(|sample| sample.sample_ns).collect();
        took_ns.sort_unstable();
        let median_ns = took_ns.get(took_ns.len() / 2).copied().unwrap_or_default();
        let is_cheap = median_ns < self.interval_ms * 1_000_000 / CHEAP_FRACTION;
        let below = if is_cheap {
            finding("samples, not fewer", Bound::Below(PACE_BELOW))
        } else {
            let why = format!("a sample takes {median_ns} ns");
            Finding::missing(self.name("samples, not fewer"), why)
        };
        [finding("samples, not more", Bound::Above(PACE_ABOVE)), below]
    }

    /// Compares the CPU time of one process, or of some, with the truth at `place`. Without
    /// findings on a machine that compares no processes.
    pub fn process(
        &self,
        metric: &str,
        place: usize,
        listed: Listed,
        factor: f64,
    ) -> Option<Finding> {
        let percent = self.machine.process_percent? * factor;
        let time_ns = |moment: &Moment| moment.processes_ns.get(place).copied().unwrap_or_default();
        let truth_ns = time_ns(&self.after).saturating_sub(time_ns(&self.before)) as f64;
        let least_ns = (truth_ns * percent / 100.0).max(GRAIN_NS) + listed.hidden_ns;
        let bound = Bound::Share(0.0, least_ns / 1e6);
        if least_ns * 100.0 > truth_ns * POINTLESS_PERCENT {
            let why = format!(
                "ticks and others' full lists are {:.0} ms of {:.0} ms",
                least_ns / 1e6,
                truth_ns / 1e6
            );
            return Some(Finding::missing(self.name(metric), why));
        }
        let unit = Unit::Milliseconds;
        let finding =
            Finding::new(self.name(metric), unit, truth_ns / 1e6, listed.time_ns / 1e6, bound);
        Some(finding.with_stolen(self.stolen_percent()))
    }

    /// The time by which a row, and all rows together, exceeded all CPUs in each sample. A row of
    /// `/proc` is read late by as long as walking it takes.
    fn over_ns(&self) -> impl Iterator<Item = (f64, f64)> {
        let samples = self.samples.iter().filter(|sample| sample.has(valid::PROCESS_CPU));
        samples.map(|sample| {
            let late_ns = if sample.source == source::BPF { 0 } else { sample.sample_ns };
            let most_ns = (sample.elapsed_ns + late_ns) as f64 * f64::from(sample.cpu_count);
            let used_ns = |row: &Process| f64::from(row.cpu_ppm) / PPM * sample.elapsed_ns as f64;
            let used = sample.top_cpu.iter().map(used_ns);
            let row_ns = used.clone().fold(0.0, f64::max);
            (row_ns - most_ns, used.sum::<f64>() - most_ns)
        })
    }

    /// The points by which all processes together exceed the system, and the shares of both.
    fn excess(&self) -> (f64, [f64; 2]) {
        let processes = self.mean_ppm(|sample| {
            let rows = sample.top_cpu.iter();
            let ppm: f64 = rows.map(|row| f64::from(row.cpu_ppm)).sum();
            ppm / f64::from(sample.cpu_count.max(1))
        });
        let (processes, system) = (processes / PPM * 100.0, self.busy_percent());
        (processes - system, [system, processes])
    }
}
