//! Where CPU and process figures come from: the probe, or `/proc` where there is none.

use std::path::Path;
use std::{fs, io};

use rstat_shm::snapshot::Source;

use crate::application::Applications;
use crate::reading::{Reading, TakeUsage, Usage};
use crate::sampler::Abilities;
use crate::source::probe::ProbeSource;
use crate::source::{ProcBackend, Root};

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

/// One of the two.
pub enum Backend {
    /// The probe in the scheduler.
    Probe(Box<ProbeSource>),
    /// Files below `/proc`.
    Proc(Box<ProcBackend>),
}

impl Backend {
    /// Opens what was chosen, with the object in the file `probe` instead of the
    /// built-in one if there is such a file. `report` is told in one line why
    /// `/proc` has to do, if it has to.
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
                // Its first line: what the verifier has to say is for who asks for the probe.
                Err(error) => {
                    let why = error.lines().next().unwrap_or_default();
                    report(&format!("using /proc, which is coarser: {why}"));
                }
            }
        }
        let proc = ProcBackend::open(root).map_err(|error| format!("open /proc: {error}"))?;
        Ok(Self::Proc(Box::new(proc)))
    }

    /// Which one it is.
    pub fn source(&self) -> Source {
        match self {
            Self::Probe(_) => Source::Bpf,
            Self::Proc(_) => Source::Proc,
        }
    }

    /// What it can tell.
    pub fn abilities(&self) -> Abilities {
        let io = match self {
            Self::Probe(probe) => probe.has_io(),
            Self::Proc(proc) => proc.has_io(),
        };
        Abilities { source: self.source(), io }
    }

    /// Fills in the CPU time at `reading.monotonic_ns` and tells `who` what each
    /// process used since the last call.
    pub fn read(
        &mut self,
        reading: &mut Reading,
        applications: &mut Applications,
        who: &mut impl TakeUsage,
    ) -> io::Result<()> {
        match self {
            Self::Probe(probe) => {
                probe.cpus(reading)?;
                probe.processes(reading, applications, who);
                Ok(())
            }
            Self::Proc(proc) => {
                proc.cpus(reading)?;
                proc.processes(reading, applications, |usage: &Usage| who.take(usage))
            }
        }
    }

    /// Between two ticks, sets right what they cannot, if it is time to.
    pub fn look_after(&mut self) -> Result<(), String> {
        match self {
            Self::Probe(probe) => probe.sweep_if_due().map_err(|error| error.to_string()),
            Self::Proc(_) => Ok(()),
        }
    }

    /// Takes note of what memory a process that was handed out really has.
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
    // Whoever names a file is told of that file, whatever is wrong with it.
    opened.map_err(|error| format!("probe {}: {error}", path.display()))
}
