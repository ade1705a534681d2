//! One tick: read everything, rank the processes, compute the snapshot.

use std::io;
use std::mem;
use std::time::Instant;

use rstat_shm::Snapshot;

use crate::application::Applications;
use crate::backend::Backend;
use crate::ranking::Ranking;
use crate::rate::since;
use crate::sampler;
use crate::source::{Draft, Resident, Root, Sources, entries};
use crate::suspend::Suspend;
use crate::sys::{self, Priority};
use crate::usage::Census;

/// The time of the parts of a tick, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// CPU time and processes: the probe's maps, or `/proc`.
    pub probe_ns: u64,
    /// Files of `/sys` and `/proc` about the machine.
    pub sysfs_ns: u64,
    /// Lists of processes, and what depends on two sources.
    pub compute_ns: u64,
}

/// All sources, and the sample that they fill in.
pub struct Monitor {
    backend: Backend,
    sources: Sources,
    ranking: Ranking,
    resident: Resident,
    applications: Applications,
    draft: Draft,
    suspend: Suspend,
    backend_failed: bool,
    sweep_failed: bool,
}

impl Monitor {
    /// Discovers the machine's sources; the backend is open already.
    ///
    /// With the probe, the calling thread gets a low real-time priority if it may. A tick is
    /// one moment: a daemon preempted between the clock and the counters would count time
    /// that is not over. A tick takes microseconds, so no program waits for it. A walk
    /// through `/proc` takes longer, and is not so exact that it would matter.
    pub fn new(backend: Backend, root: &Root) -> Self {
        let has_probe = matches!(backend, Backend::Probe(_));
        if has_probe {
            sys::raise_priority(Priority::AboveOrdinary);
        }
        Self {
            backend,
            sources: Sources::discover(root),
            ranking: Ranking::default(),
            resident: Resident::new(root, has_probe),
            applications: Applications::default(),
            draft: Draft::EMPTY,
            suspend: Suspend::default(),
            backend_failed: false,
            sweep_failed: false,
        }
    }

    /// Takes a sample. Rates are over the time since the call before; after the first call there
    /// are none. `report` receives a line for each source that failed or was found.
    pub fn sample(&mut self, report: &mut dyn FnMut(&str)) -> (&mut Snapshot, Stages) {
        let now_ns = sys::monotonic_ns();
        if self.suspend.has_ended(now_ns, sys::boottime_ns(), sys::monotonic_ns()) {
            // The times of CPUs and processes stand still in a suspend, as this clock does.
            self.sources.resume();
        }
        let sample = &mut self.draft.sample;
        sample.elapsed_ns = since(sample.monotonic_ns, now_ns);
        sample.monotonic_ns = now_ns;
        sample.realtime_ns = sys::realtime_ns();
        sample.source = self.backend.source();
        self.ranking.clear();

        let begin = Instant::now();
        let census = self.read_backend(now_ns, report);
        let read = Instant::now();
        let Self { sources, draft, .. } = self;
        sources.read_due(now_ns, draft, report);
        let sourced = Instant::now();
        let processes = census.map(|census| {
            let Self { ranking, applications, draft, .. } = &mut *self;
            sampler::processes::fill(census, ranking, applications, &mut draft.sample)
        });
        self.draft.settle(entries::PROCESSES, &processes);
        sampler::derive(&mut self.draft);
        let computed = Instant::now();

        let stages = Stages {
            probe_ns: (read - begin).as_nanos() as u64,
            sysfs_ns: (sourced - read).as_nanos() as u64,
            compute_ns: (computed - sourced).as_nanos() as u64,
        };
        (&mut self.draft.sample, stages)
    }

    /// Between two ticks, lets the backend sweep if a sweep is due. `report` receives a failure
    /// once.
    pub fn sweep_if_due(&mut self, report: &mut dyn FnMut(&str)) {
        if let Err(error) = self.backend.sweep_if_due()
            && !mem::replace(&mut self.sweep_failed, true)
        {
            report(&format!("look for processes that are gone: {error}"));
        }
    }

    /// Where CPU and process figures come from.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The machine's other sources.
    pub fn sources(&mut self) -> &mut Sources {
        &mut self.sources
    }

    fn read_backend(&mut self, now_ns: u64, report: &mut dyn FnMut(&str)) -> io::Result<Census> {
        let cpus = self.backend.cpus(now_ns, &mut self.draft.sample);
        self.draft.settle(entries::CPUS, &cpus);
        let census = cpus.and_then(|_| self.read_processes(now_ns));
        let failed = census.as_ref().err();
        if let Some(error) = failed.filter(|_| !self.backend_failed) {
            report(&format!("read processes: {error}"));
        }
        self.backend_failed = failed.is_some();
        census
    }

    fn read_processes(&mut self, now_ns: u64) -> io::Result<Census> {
        let Self { backend, applications, ranking, .. } = self;
        let census = backend.processes(now_ns, applications, ranking)?;
        self.ranking.finish();
        self.ask_for_memory();
        self.applications.forget_unused(|id| self.ranking.processes_of(id));
        Ok(census)
    }

    /// Corrects the memory of the listed processes.
    fn ask_for_memory(&mut self) {
        let Self { ranking, resident, backend, .. } = self;
        resident.begin_tick();
        ranking.correct_memory(|usage, has_most| {
            let bytes = resident.bytes(usage, has_most)?;
            backend.note_resident(usage, bytes);
            Some(bytes)
        });
    }
}
