//! `rstat-waybar`: follows a region and prints a line whenever there is
//! something new to say.
//!
//! It lives as long as somebody reads its output and wakes once a sample. Waybar
//! waits for its modules to die of SIGTERM, so that signal is left alone. It
//! asks for no PR_SET_PDEATHSIG: that signal comes when the *thread* that
//! started us ends, which a bar may do at any time; a bar that dies closes the
//! pipe, and that is what ends us.
//!
//! Two threads sleep for what the first cannot wait for while it sleeps on a futex: the
//! output's end, and signals that change what is shown.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Error, Snapshot};

use crate::follow::Follower;
use crate::module::ModuleOptions;
use crate::module::action::Actions;
use crate::module::running::RunningOptions;
use crate::outputs::{Printer, Waybar};
use crate::pace::Pacer;
use crate::programs::ending::end_with_reader;
use crate::programs::signals::Signals;
use crate::programs::{Failure, print};
use crate::report::{Freshness, Report};

mod options;

pub use options::{PROGRAM, WaybarOptions};

/// The stack of the thread that writes a line after a signal.
const OBEY_STACK_BYTES: usize = 256 << 10;

/// Prints lines until nobody reads them, or one if that is asked for.
pub fn run(options: WaybarOptions) -> Result<(), Failure> {
    let WaybarOptions { running, once } = options;
    let RunningOptions { module, interval, actions, path } = running;
    module.check().map_err(|(name, why)| Failure::Usage(why.of_option(name)))?;
    let signals = Signals::of_bars();
    let mut pacer = Pacer::new(path.as_deref(), interval);
    let bar = Arc::new(Mutex::new(Bar::new(module, pacer.follower().path())));
    if !once {
        end_with_reader();
        obey(signals, Arc::clone(&bar), actions);
    }
    while pacer.next(Duration::MAX).is_some() {
        let mut shown = lock(&bar);
        shown.take(pacer.follower());
        shown.print()?;
        drop(shown);
        if once {
            break;
        }
    }
    Ok(())
}

/// What both threads print from: the lines, and a copy of what the follower last said.
struct Bar {
    lines: Printer<Waybar>,
    state: Freshness,
    sample: Option<Arc<Snapshot>>,
    points: Vec<HistoryPoint>,
    filled: usize,
    age: Duration,
    path: PathBuf,
    error: Option<Arc<Error>>,
}

impl Bar {
    fn new(options: ModuleOptions, path: &Path) -> Self {
        Self {
            lines: Waybar::printer(options),
            state: Freshness::Absent,
            sample: None,
            points: vec![HistoryPoint::default(); HISTORY_POINTS],
            filled: 0,
            age: Duration::ZERO,
            path: path.to_owned(),
            error: None,
        }
    }

    fn take(&mut self, follower: &Follower) {
        let points =
            follower.sample().map_or(0, |sample| self.lines.output().look().points(sample));
        let wanted = points.min(self.points.len());
        let report = follower.report(&mut self.points[..wanted]);
        (self.state, self.age, self.filled) = (report.state, report.age, report.history.len());
        self.sample = follower.shared_sample();
        self.error = follower.error();
    }

    fn print(&mut self) -> Result<(), Failure> {
        let report = Report {
            state: self.state,
            sample: self.sample.as_deref(),
            history: &self.points[..self.filled],
            age: self.age,
            path: &self.path,
            error: self.error.as_deref(),
        };
        self.lines.next(&report).map_or(Ok(()), print)
    }
}

fn lock(bar: &Mutex<Bar>) -> MutexGuard<'_, Bar> {
    bar.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows at once what a signal changes.
fn obey(signals: Signals, bar: Arc<Mutex<Bar>>, actions: Actions) {
    let obey = move || {
        loop {
            let Ok(number) = usize::try_from(signals.wait() - libc::SIGRTMIN()) else {
                continue;
            };
            for action in actions.of(number) {
                let mut shown = lock(&bar);
                action.apply(shown.lines.output().look());
                // A line that cannot be written fails the first thread's next one.
                let _ = shown.print();
            }
        }
    };
    // Without the thread everything else works.
    let _ = thread::Builder::new().stack_size(OBEY_STACK_BYTES).spawn(obey);
}
