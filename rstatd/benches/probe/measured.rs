//! Programs in the kernel, and what the kernel counts of them.

use std::path::Path;

use rstatd::loader::{self, KernelTypes, Link, Loaded, Object, RunTime};
use rstatd::source::Root;
use rstatd::source::probe::ProbeSource;

use super::Result;

/// Our probe as the daemon has it.
pub const OURS: &[u8] = rstat_probe::OBJECT;

/// An object whose cost is wanted.
pub enum Probe<'a> {
    /// One of ours: what counts is what runs at switches and while idling.
    Ours(&'a [u8]),
    /// The article's.
    Article(&'a [u8]),
}

/// The empty program: the kernel counts for it what counting costs.
pub struct Nothing {
    loaded: Loaded,
}

impl Nothing {
    /// It is in our object.
    pub fn load() -> Result<Self> {
        Ok(Self { loaded: load(OURS)? })
    }

    /// Attaches a probe, runs `code`, and returns how many nanoseconds the probe has
    /// added to each switch meanwhile.
    pub fn added_by(&self, probe: &Probe<'_>, code: impl FnOnce()) -> Result<f64> {
        let attached = Attached::open(probe)?;
        let _nothing = self.loaded.attach("nothing")?;
        let _counting = self.loaded.count_run_times()?;
        let before = (attached.run_times()?, self.loaded.run_time("nothing")?);
        code();
        let after = (attached.run_times()?, self.loaded.run_time("nothing")?);
        let since = |after: RunTime, before: RunTime| {
            ((after.ns - before.ns) as f64, (after.runs - before.runs) as f64)
        };
        let (nothing_ns, switches) = since(after.1, before.1);
        let mut added_ns = 0.0;
        for (after, before) in after.0.into_iter().zip(before.0) {
            let (ns, runs) = since(after, before);
            added_ns += ns - runs * nothing_ns / switches;
        }
        Ok(added_ns / switches)
    }
}

struct Attached {
    loaded: Loaded,
    counted: &'static [&'static str],
    _source: Option<ProbeSource>,
    _links: Vec<Link>,
}

impl Attached {
    fn open(probe: &Probe<'_>) -> Result<Self> {
        match probe {
            Probe::Ours(object) => {
                let (source, loaded) = ProbeSource::open_kept(object, &Root::default())?;
                let counted = &["on_switch", "on_idle"];
                Ok(Self { loaded, counted, _source: Some(source), _links: Vec::new() })
            }
            Probe::Article(object) => {
                let loaded = load(object)?;
                let links = ["handle_sched_switch", "handle_sched_exit"]
                    .into_iter()
                    .map(|program| loaded.attach(program))
                    .collect::<std::result::Result<_, _>>()?;
                Ok(Self { loaded, counted: &["handle_sched_switch"], _source: None, _links: links })
            }
        }
    }

    fn run_times(&self) -> Result<Vec<RunTime>> {
        let programs = self.counted.iter();
        Ok(programs
            .map(|program| self.loaded.run_time(program))
            .collect::<std::result::Result<_, _>>()?)
    }
}

fn load(object: &[u8]) -> Result<Loaded> {
    let types = KernelTypes::read(Path::new(KernelTypes::PATH))?;
    let mut object = Object::parse(object)?;
    if object.maps().iter().any(|map| map.name == "cpus") {
        object.set_max_entries("cpus", 1)?;
    }
    Ok(loader::load(&object, &types.parse()?)?)
}
