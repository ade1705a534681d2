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

    /// Attaches a probe, runs `code`, and returns how many nanoseconds the probe has
    /// added to each switch meanwhile.
    pub fn added_by(&self, probe: &[u8], code: impl FnOnce()) -> Result<f64> {
        let attached = Attached::open(probe)?;
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

/// A probe at work, and which of its programs count.
struct Attached {
    probe: Probe,
    counted: Vec<String>,
}

enum Probe {
    /// As the daemon has it.
    Ours(Box<ProbeSource>),
    Another(Loaded, #[expect(dead_code, reason = "detaches them when dropped")] Vec<Link>),
}

impl Attached {
    /// One of ours is attached as the daemon does it, any other with all its programs,
    /// of which the first counts.
    fn open(bytes: &[u8]) -> Result<Self> {
        let object = Object::parse(bytes)?;
        if object.programs().iter().any(|program| program.name == SWITCHING[0]) {
            let probe = Probe::Ours(Box::new(ProbeSource::open(bytes, &Root::default())?));
            return Ok(Self { probe, counted: SWITCHING.map(str::to_owned).to_vec() });
        }
        let loaded = load(&object)?;
        let programs: Vec<String> = loaded.tracepoint_programs().map(str::to_owned).collect();
        let attached = programs.iter().map(|program| loaded.attach(program));
        let links = attached.collect::<std::result::Result<_, _>>()?;
        let counted = programs.into_iter().take(1).collect();
        Ok(Self { probe: Probe::Another(loaded, links), counted })
    }

    fn run_times(&self) -> Result<Vec<RunTime>> {
        let loaded = match &self.probe {
            Probe::Ours(source) => source.programs(),
            Probe::Another(loaded, _) => loaded,
        };
        self.counted.iter().map(|program| Ok(loaded.run_time(program)?)).collect()
    }
}

fn load(object: &Object<'_>) -> Result<Loaded> {
    let types = KernelTypes::read(Path::new(KernelTypes::PATH))?;
    Ok(loader::load(object, &types.parse()?)?)
}
