//! BPF programs, and the run time that the kernel counts for each.

use std::path::Path;

use rstatd::loader::{self, KernelTypes, Link, Loaded, Object, RunTime};
use rstatd::source::Root;
use rstatd::source::probe::ProbeSource;

use super::Result;

/// The probe that is built into the daemon.
pub const OURS: &[u8] = rstat_probe::OBJECT;

/// The programs of our probe that a switch runs.
const SWITCHING: [&str; 2] = ["on_switch", "on_idle"];
const NOTHING: &str = "nothing";

/// The empty program. Its counted run time is the cost of counting itself.
pub struct Nothing {
    loaded: Loaded,
}

impl Nothing {
    /// Loads the empty program from our object.
    pub fn load() -> Result<Self> {
        let mut object = Object::parse(OURS)?;
        object.set_max_entries("cpus", 1)?;
        Ok(Self { loaded: load(&object)? })
    }

    /// Attaches the empty program and no other.
    pub fn attach(&self) -> Result<Link> {
        Ok(self.loaded.attach(NOTHING)?)
    }

    /// Runs `code` and returns the nanoseconds that the attached probe has added to each switch
    /// meanwhile.
    pub fn added_by(&self, attached: &impl Attached, code: impl FnOnce()) -> Result<f64> {
        let _nothing = self.attach()?;
        let _counting = self.loaded.count_run_times()?;
        let before = (attached.run_times()?, self.loaded.run_time(NOTHING)?);
        code();
        let after = (attached.run_times()?, self.loaded.run_time(NOTHING)?);
        let since = |after: RunTime, before: RunTime| {
            ((after.ns - before.ns) as f64, (after.runs - before.runs) as f64)
        };
        let (nothing_ns, switches) = since(after.1, before.1);
        let each_program = after.0.into_iter().zip(before.0);
        let net_ns = each_program.map(|(after, before)| {
            let (ns, runs) = since(after, before);
            ns - runs * nothing_ns / switches
        });
        Ok(net_ns.sum::<f64>() / switches)
    }
}

/// An attached probe.
pub trait Attached {
    /// The run time that the kernel has counted for each program that a switch runs.
    fn run_times(&self) -> Result<Vec<RunTime>>;
}

/// A version of our probe, attached as the daemon attaches its own.
pub struct Ours {
    source: ProbeSource,
}

impl Ours {
    /// Loads and attaches an object, which may be another one than the daemon's.
    pub fn attach(object: &[u8]) -> Result<Self> {
        Ok(Self { source: ProbeSource::open(object, &Root::default())? })
    }
}

impl Attached for Ours {
    fn run_times(&self) -> Result<Vec<RunTime>> {
        let programs = SWITCHING.iter();
        programs.map(|program| Ok(self.source.programs().run_time(program)?)).collect()
    }
}

fn load(object: &Object<'_>) -> Result<Loaded> {
    let types = KernelTypes::read(Path::new(KernelTypes::PATH))?;
    Ok(loader::load(object, &types.parse()?)?)
}
