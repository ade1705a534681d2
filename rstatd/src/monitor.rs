//! One tick: read everything, rank the processes, compute the snapshot.

use std::mem;
use std::time::Instant;

use rstat_shm::Snapshot;

use crate::application::Applications;
use crate::backend::Backend;
use crate::ranking::Ranking;
use crate::reading::Reading;
use crate::sampler;
use crate::source::{Resident, Root, Sources};
use crate::sys::{self, Priority};

/// What a tick spends its time on, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// CPU time and processes: the probe's maps, or `/proc`.
    pub probe_ns: u64,
    /// Files of `/sys` and `/proc` about the machine.
    pub sysfs_ns: u64,
    /// Two readings to a snapshot.
    pub compute_ns: u64,
}

/// All that is read, and what was read at the last tick.
pub struct Monitor {
    backend: Backend,
    sources: Sources,
    /// In boxes, so that they change places without being copied.
    before: Box<Reading>,
    now: Box<Reading>,
    ranking: Ranking,
    resident: Resident,
    applications: Applications,
    sample: Snapshot,
    backend_failed: bool,
    looking_after_failed: bool,
}

impl Monitor {
    /// Discovers the machine's sources; the backend is open already.
    ///
    /// With the probe, the thread that calls this gets a low real-time priority if
    /// it may: what a tick reads belongs to one moment, and a daemon that is
    /// preempted between the clock and the counters would count time that is not
    /// over. It runs for microseconds, so nobody waits for it; a walk through
    /// `/proc` takes longer, and is not so exact that it would matter.
    pub fn new(backend: Backend, root: &Root) -> Self {
        let has_probe = matches!(backend, Backend::Probe(_));
        if has_probe {
            sys::raise_priority(Priority::AboveOrdinary);
        }
        Self {
            backend,
            sources: Sources::discover(root),
            before: Box::new(Reading::EMPTY),
            now: Box::new(Reading::EMPTY),
            ranking: Ranking::default(),
            resident: Resident::new(root, has_probe),
            applications: Applications::default(),
            sample: Snapshot::EMPTY,
            backend_failed: false,
            looking_after_failed: false,
        }
    }

    /// Takes a sample. Rates are over the time since the call before; after the
    /// first call there are none. `report` is told what failed or was found.
    pub fn sample(&mut self, report: &mut dyn FnMut(&str)) -> (&mut Snapshot, Stages) {
        mem::swap(&mut self.before, &mut self.now);
        self.now.monotonic_ns = sys::monotonic_ns();
        self.now.realtime_ns = sys::realtime_ns();
        self.ranking.clear();

        let begin = Instant::now();
        self.read_backend(report);
        let read = Instant::now();
        self.sources.read_due(&mut self.now, &self.before, &mut |event| report(&event.to_string()));
        let sourced = Instant::now();
        let abilities = self.backend.abilities();
        sampler::sample(
            &self.before,
            &self.now,
            &self.ranking,
            &self.applications,
            abilities,
            &mut self.sample,
        );
        let computed = Instant::now();

        let stages = Stages {
            probe_ns: (read - begin).as_nanos() as u64,
            sysfs_ns: (sourced - read).as_nanos() as u64,
            compute_ns: (computed - sourced).as_nanos() as u64,
        };
        (&mut self.sample, stages)
    }

    /// What is done now and then, when a sample is out. `report` is told once what fails.
    pub fn look_after(&mut self, report: &mut dyn FnMut(&str)) {
        if let Err(error) = self.backend.look_after()
            && !mem::replace(&mut self.looking_after_failed, true)
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

    fn read_backend(&mut self, report: &mut dyn FnMut(&str)) {
        // What is not read below is unknown, and not what it was two ticks ago.
        self.now.cpus.forget();
        match self.backend.read(&mut self.now, &mut self.applications, &mut self.ranking) {
            Ok(()) => {
                self.ranking.finish();
                self.ask_for_memory();
                self.applications.forget_unused(|id| self.ranking.processes_of(id));
                self.backend_failed = false;
            }
            Err(error) => {
                self.now.processes_monotonic_ns = self.before.processes_monotonic_ns;
                (self.now.processes, self.now.unlisted) = (None, None);
                if !mem::replace(&mut self.backend_failed, true) {
                    report(&format!("read processes: {error}"));
                }
            }
        }
    }

    /// Sets right what memory the listed processes have.
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
