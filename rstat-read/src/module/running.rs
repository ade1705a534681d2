//! The options of a running module: the look, the region, the pace, and the signals.

use std::path::PathBuf;

use rstat_options::{Opt, path, put};

use crate::module::action::Actions;
use crate::module::options::ModuleOptions;
use crate::pace::Interval;

/// The options of a running module.
#[derive(Clone, Debug, Default)]
pub struct RunningOptions {
    /// The look of the module.
    pub module: ModuleOptions,
    /// The least time between two appearances.
    pub interval: Interval,
    /// The changes that signals make.
    pub actions: Actions,
    /// The region, instead of the usual one.
    pub path: Option<PathBuf>,
}

impl AsMut<ModuleOptions> for RunningOptions {
    fn as_mut(&mut self) -> &mut ModuleOptions {
        &mut self.module
    }
}

impl AsMut<Self> for RunningOptions {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

/// The number of options.
pub const COUNT: usize = 3;

/// The options besides those of the module.
pub const fn rows<T: AsMut<RunningOptions>>() -> [Opt<T>; COUNT] {
    [
        Opt::text(
            "interval",
            "TIME",
            "the least time between two lines: seconds (default 1), or samples\nsuch as 3x, every third; samples in between are skipped",
            |it, text| put(&mut it.as_mut().interval, Interval::parse(text)),
        ),
        Opt::text(
            "on-signal",
            "LIST",
            "what SIGRTMIN+N changes in the tooltip\n(default 21=detail,22=kernel-threads,23=processes)",
            |it, text| put(&mut it.as_mut().actions, Actions::parse(text)),
        ),
        Opt::os(
            "shm",
            "PATH",
            "follow the region PATH instead of $RSTAT_SHM or, without that,\n/dev/shm/rstat/v1",
            |it, value| put(&mut it.as_mut().path, path(value).map(Some)),
        ),
    ]
}
