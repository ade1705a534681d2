//! Programs in the kernel, and what the kernel counts of them.

use std::path::Path;

use rstatd::loader::{self, KernelTypes, Link, Loaded, Object, RunTime};
use rstatd::source::Root;
use rstatd::source::probe::ProbeSource;

use super::Result;

/// Our probe as the daemon has it.
pub const OURS: &[u8] = rstat_probe::OBJECT;

/// What counts of a probe of ours: the programs of switching and of idling.
const SWITCHING: [&str; 2] = ["on_switch", "on_idle"];
const NOTHING: &str = "nothing";

/// The empty program: the kernel counts for it what counting costs.
pub struct Nothing {
    loaded: Loaded,
}

impl Nothing {
    /// It is in our object.
    pub fn load() -> Result<Self> {
        let mut object = Object::parse(OURS)?;
        object.set_max_entries("cpus", 1)?;
        Ok(Self { loaded: load(&object)? })
    }

    /// Attaches it alone.
    pub fn attach(&self) -> Result<Link> {
        Ok(self.loaded.attach(NOTHING)?)
    }

    /// Runs `code`, and returns how many nanoseconds a probe that is attached has added
    /// to each switch meanwhile.
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

/// A probe at work.
pub trait Attached {
    /// What the kernel has counted of its programs that run because of a switch.
    fn run_times(&self) -> Result<Vec<RunTime>>;
}

/// One of ours, attached as the daemon does it.
pub struct Ours {
    source: ProbeSource,
}

impl Ours {
    /// The object may be another one than the daemon's.
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
