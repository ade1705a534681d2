//! Samples over some time, and what the kernel says at its two ends.

use std::time::Duration;

use rstat_shm::snapshot::{
    Application, MAX_CORES, Process, TOP_APPLICATIONS, TOP_EACH, source, valid,
};
use rstat_shm::{Snapshot, View};
use rstat_testbed::sys;
use rstat_testbed::truth::{TICK_NS, Ticks};

use crate::daemon::{self, Daemon, Stage};
use crate::finding::{Bound, Finding, Trouble, Unit};
use crate::told::{Shares, Told};

/// The intervals at which every load is measured, by daemons side by side.
pub const INTERVALS_MS: [u64; 3] = [10, 100, 1000];
/// The kernel tells idle time in hundredths of a second: over this time, of two
/// CPUs, that is a quarter of a point at most.
pub const LENGTH: Duration = Duration::from_secs(4);
/// How late the kernel may be asked after a sample was taken, besides what taking it costs.
const ALIGNED_NS: u64 = 3_000_000;
/// How many samples may be waited for that can be asked after in time.
const ALIGN_ATTEMPTS: u32 = 50;
/// We look as soon as there is a sample, whatever the load.
const OBSERVER_PRIORITY: i32 = 2;
/// The kernel tells user and system time in ticks, both rounded down.
pub const GRAIN_NS: f64 = 2.0 * TICK_NS as f64;
/// Percent of the truth above which a bound says nothing any more.
const POINTLESS_PERCENT: f64 = 25.0;
const PPM: f64 = 1e6;

/// What the kernel says of all CPUs, and of some processes.
pub struct Moment {
    pub ticks: Ticks,
    /// CPU time of the processes that were asked for, in their order.
    pub processes_ns: Vec<u64>,
}

impl Moment {
    pub fn read(processes: impl FnOnce() -> Vec<u64>) -> Self {
        Self { ticks: Ticks::read(), processes_ns: processes() }
    }
}

/// All samples of some time.
pub struct Window {
    pub interval_ms: u64,
    pub before: Moment,
    pub after: Moment,
    pub samples: Vec<Snapshot>,
    /// From the first sample to the last.
    elapsed_ns: f64,
}

/// Measures with a daemon for each of the intervals at the same time. `processes`
/// says the CPU time of the processes of interest.
pub fn measure(
    stage: &Stage,
    intervals_ms: &[u64],
    length: Duration,
    processes: impl Fn() -> Vec<u64> + Sync,
) -> Result<Vec<Window>, Trouble> {
    let mut daemons = Vec::new();
    for interval_ms in intervals_ms {
        daemons.push((*interval_ms, Daemon::start(stage, *interval_ms)?));
    }
    let mut views = Vec::new();
    for (interval_ms, daemon) in &mut daemons {
        views.push((*interval_ms, daemon.first()?.0));
    }
    let processes = &processes;
    std::thread::scope(|scope| {
        let threads: Vec<_> = views
            .iter()
            .map(|(interval_ms, view)| {
                scope.spawn(move || window(view, *interval_ms, length, processes))
            })
            .collect();
        let joined = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(Trouble::Failed("a thread panicked".to_owned())))
        });
        joined.collect()
    })
}

/// All samples of that time, once there are some with rates.
pub fn window(
    view: &View,
    interval_ms: u64,
    length: Duration,
    processes: impl Fn() -> Vec<u64>,
) -> Result<Window, Trouble> {
    // Where that is not allowed, samples may be missed, and are left out.
    let _ = sys::be_real_time(OBSERVER_PRIORITY);
    let (first, before) = aligned(view, view.latest(), &processes, |_| true)?;
    from(view, interval_ms, length, &first, before, processes)
}

/// The same from a sample on that is there already, at the `before` that goes with it.
pub fn from(
    view: &View,
    interval_ms: u64,
    length: Duration,
    first: &Snapshot,
    before: Moment,
    processes: impl Fn() -> Vec<u64>,
) -> Result<Window, Trouble> {
    let mut samples = Vec::new();
    let enough_ns = first.monotonic_ns + length.as_nanos() as u64 - interval_ms * 1_000_000 / 2;
    let (last, after) = aligned(view, first.sequence, processes, |sample| {
        samples.push(sample.clone());
        sample.monotonic_ns >= enough_ns
    })?;
    let elapsed_ns = (last.monotonic_ns - first.monotonic_ns) as f64;
    Ok(Window { interval_ms, before, after, samples, elapsed_ns })
}

/// The first sample after number `seen` that is `enough` and after which the kernel
/// could be asked at once.
fn aligned(
    view: &View,
    mut seen: u64,
    processes: impl Fn() -> Vec<u64>,
    mut enough: impl FnMut(&Snapshot) -> bool,
) -> Result<(Snapshot, Moment), Trouble> {
    let mut late = 0;
    while late < ALIGN_ATTEMPTS {
        let sample = daemon::next(view, seen)?;
        seen = sample.sequence;
        if !enough(&sample) {
            continue;
        }
        let age_ns = View::age_ns(&sample);
        if age_ns < ALIGNED_NS + sample.sample_ns {
            return Ok((sample, Moment::read(&processes)));
        }
        late += 1;
    }
    Err(Trouble::Cannot("the machine is too busy to compare anything".to_owned()))
}

impl Window {
    /// A figure in ppm over the whole time, from the samples that we saw of it.
    fn mean_ppm(&self, of: impl Fn(&Snapshot) -> f64) -> f64 {
        let known = || self.samples.iter().filter(|sample| sample.has(valid::CPU));
        let seen: f64 = known().map(|sample| sample.elapsed_ns as f64).sum();
        known().map(|sample| of(sample) * sample.elapsed_ns as f64).sum::<f64>() / seen
    }

    pub fn busy_percent(&self) -> f64 {
        self.mean_ppm(|sample| f64::from(sample.cpu_busy_ppm)) / PPM * 100.0
    }

    /// CPU time of the processes whose rows are meant, in the list of user space or in
    /// that of kernel threads.
    pub fn rows(&self, of_kernel: bool, is_meant: impl Fn(&Process) -> bool) -> Told {
        self.told(|sample| {
            let rows = sample.top_cpu.iter().filter(|row| row.count > 0);
            let rows = rows.filter(|row| row.is_kernel_thread() == of_kernel);
            Shares::new(rows.map(|row| (is_meant(row), row.cpu_ppm)), TOP_EACH)
        })
    }

    /// The same of applications of a name.
    pub fn applications(&self, name: &str) -> Told {
        self.told(|sample| {
            let rows = sample.top_cpu_applications.iter().filter(|row| row.count > 0);
            let is_meant = |row: &Application| row.name.bytes().starts_with(name.as_bytes());
            Shares::new(rows.map(|row| (is_meant(row), row.cpu_ppm)), TOP_APPLICATIONS)
        })
    }

    fn told(&self, list: impl Fn(&Snapshot) -> Shares) -> Told {
        let time_ns = |ppm: f64| ppm / PPM * self.elapsed_ns;
        Told {
            time_ns: time_ns(self.mean_ppm(|sample| f64::from(list(sample).meant_ppm))),
            hidden_ns: time_ns(self.mean_ppm(|sample| f64::from(list(sample).hidden_ppm))),
        }
    }

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
        let truth = self.true_percent();
        let told = self.busy_percent();
        Finding::new(self.name("system CPU"), Unit::Percent, truth, told, Bound::Distance(points))
            .with_stolen(self.stolen_percent())
    }

    /// CPU time of one process, or of some, that is the truth's number `place`.
    pub fn process(&self, metric: &str, place: usize, told: Told, percent: f64) -> Finding {
        let time_ns = |moment: &Moment| moment.processes_ns.get(place).copied().unwrap_or_default();
        let truth_ns = time_ns(&self.after).saturating_sub(time_ns(&self.before)) as f64;
        let least_ns = (truth_ns * percent / 100.0).max(GRAIN_NS) + told.hidden_ns;
        let bound = Bound::Share(0.0, least_ns / 1e6);
        if least_ns * 100.0 > truth_ns * POINTLESS_PERCENT {
            let why = format!(
                "ticks and others' full lists are {:.0} ms of {:.0} ms",
                least_ns / 1e6,
                truth_ns / 1e6
            );
            return Finding::missing(self.name(metric), why);
        }
        let unit = Unit::Milliseconds;
        Finding::new(self.name(metric), unit, truth_ns / 1e6, told.time_ns / 1e6, bound)
            .with_stolen(self.stolen_percent())
    }

    /// Points by which processes together use more than the system, and what both use.
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

/// That processes together use no more than the system, at the interval where they
/// come nearest to it.
pub fn sum(windows: &[Window], points: f64) -> Option<Finding> {
    let all = windows.iter().map(Window::excess);
    let (_, [system, processes]) = all.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let bound = Bound::Above(points);
    Some(Finding::new("processes <= system", Unit::Percent, system, processes, bound))
}

/// The highest share in any sample, of the system or a CPU, and of a row.
///
/// What is below zero would be a very large number: the fields have no sign.
pub fn extremes<'a>(windows: impl IntoIterator<Item = &'a Window>) -> [Finding; 2] {
    let (mut highest, mut row_over) = (0.0_f64, 0.0_f64);
    for sample in windows.into_iter().flat_map(|window| &window.samples) {
        let cores = (0..MAX_CORES).filter_map(|cpu| sample.core_busy_ppm(cpu));
        let most = cores.chain([sample.cpu_busy_ppm]).max().unwrap_or_default();
        if sample.has(valid::CPU) {
            highest = highest.max(f64::from(most));
        }
        if sample.has(valid::PROCESS_CPU) {
            row_over = row_over.max(over_ns(sample));
        }
    }
    let percent = highest / PPM * 100.0;
    [
        Finding::new("highest of any CPU", Unit::Percent, 100.0, percent, Bound::Above(0.0)),
        Finding::new(
            "row beyond all CPUs",
            Unit::Milliseconds,
            0.0,
            row_over / 1e6,
            Bound::Above(GRAIN_NS / 1e6),
        ),
    ]
}

/// Time by which a row is more than all CPUs could give. A row of `/proc` is read
/// late by as long as walking it takes.
fn over_ns(sample: &Snapshot) -> f64 {
    let late_ns = if sample.source == source::BPF { 0 } else { sample.sample_ns };
    let most_ns = (sample.elapsed_ns + late_ns) as f64 * f64::from(sample.cpu_count);
    let row_ns = |row: &Process| f64::from(row.cpu_ppm) / PPM * sample.elapsed_ns as f64;
    let over = sample.top_cpu.iter().map(|row| row_ns(row) - most_ns);
    over.fold(0.0, f64::max)
}
