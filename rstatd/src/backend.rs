//! Where CPU and process figures come from: the probe, or `/proc` where there is none.

use std::path::Path;
use std::{fs, io};

use rstat_shm::Snapshot;
use rstat_shm::snapshot::source;

use crate::application::Applications;
use crate::source::probe::ProbeSource;
use crate::source::{ProcBackend, Root};
use crate::usage::{Census, Usage, UsageSink};

/// What `--source` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The probe if it works, else `/proc`.
    #[default]
    Auto,
    /// The probe or nothing.
    Bpf,
    /// `/proc`.
    Proc,
}

/// The open backend: the probe or `/proc`.
pub enum Backend {
    /// The probe in the scheduler.
    Probe(Box<ProbeSource>),
    /// Files below `/proc`.
    Proc(Box<ProcBackend>),
}

impl Backend {
    /// Opens the chosen backend. The BPF object comes from the file `probe`, or is the built-in
    /// one. `report` receives one line if `/proc` replaces the probe.
    pub fn open(
        choice: Choice,
        probe: Option<&Path>,
        root: &Root,
        report: &mut dyn FnMut(&str),
    ) -> Result<Self, String> {
        if choice != Choice::Proc {
            match open_probe(probe, root) {
                Ok(probe) => return Ok(Self::Probe(Box::new(probe))),
                Err(error) if choice == Choice::Bpf => return Err(error),
                // The first line of the error only: `--source bpf` shows the verifier's log.
                Err(error) => {
                    let why = error.lines().next().unwrap_or_default();
                    report(&format!("using /proc, which is coarser: {why}"));
                }
            }
        }
        let proc = ProcBackend::open(root).map_err(|error| format!("open /proc: {error}"))?;
        Ok(Self::Proc(Box::new(proc)))
    }

    /// The number of the source, one of [`source`].
    pub fn source(&self) -> u32 {
        match self {
            Self::Probe(_) => source::BPF,
            Self::Proc(_) => source::PROC,
        }
    }

    /// Begins a tick: fills in the CPUs' part at the time `now_ns`. Returns the groups
    /// that are known.
    pub fn cpus(&mut self, now_ns: u64, sample: &mut Snapshot) -> io::Result<u64> {
        match self {
            Self::Probe(probe) => probe.cpus(now_ns, sample),
            Self::Proc(proc) => proc.cpus(now_ns, sample),
        }
    }

    /// Adds what each process used since the last call to `sink`, in the tick of `now_ns`.
    pub fn processes(
        &mut self,
        now_ns: u64,
        applications: &mut Applications,
        sink: &mut impl UsageSink,
    ) -> io::Result<Census> {
        match self {
            Self::Probe(probe) => Ok(probe.processes(applications, sink)),
            Self::Proc(proc) => proc.processes(now_ns, applications, sink),
        }
    }

    /// Between two ticks, looks for stale slots if a sweep is due.
    pub fn sweep_if_due(&mut self) -> Result<(), String> {
        match self {
            Self::Probe(probe) => probe.sweep_if_due().map_err(|error| error.to_string()),
            Self::Proc(_) => Ok(()),
        }
    }

    /// Notes the exact memory of a process that was handed out.
    pub fn note_resident(&mut self, usage: &Usage, bytes: u64) {
        match self {
            Self::Probe(probe) => probe.note_resident(usage, bytes),
            Self::Proc(proc) => proc.note_resident(usage, bytes),
        }
    }
}

fn open_probe(file: Option<&Path>, root: &Root) -> Result<ProbeSource, String> {
    let Some(path) = file else {
        return ProbeSource::open(rstat_probe::OBJECT, root).map_err(|error| error.to_string());
    };
    let object = fs::read(path).map_err(|error| error.to_string());
    let opened = object
        .and_then(|object| ProbeSource::open(&object, root).map_err(|error| error.to_string()));
    // The message names the file, whatever is wrong with it.
    opened.map_err(|error| format!("probe {}: {error}", path.display()))
}
