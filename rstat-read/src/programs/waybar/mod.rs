//! `rstat-waybar`: follows a region and prints a line whenever the line has changed.
//!
//! The program lives as long as its output has a reader, and wakes once a sample. Waybar
//! waits for its modules to die of SIGTERM, so the program leaves that signal alone. It does
//! not use PR_SET_PDEATHSIG: that signal comes when the *thread* that started the program
//! ends, which a bar may do at any time. A bar that dies closes the pipe, which ends the
//! program.
//!
//! The first thread sleeps on a futex. Two other threads sleep for the end of the output, and
//! for signals that change the tooltip.

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

/// Prints lines until the output has no reader, or a single line.
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

/// The lines, and a copy of the last report, for both threads that print.
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

/// Prints the changes of a signal at once.
fn obey(signals: Signals, bar: Arc<Mutex<Bar>>, actions: Actions) {
    let obey = move || {
        loop {
            let Ok(number) = usize::try_from(signals.wait() - libc::SIGRTMIN()) else {
                continue;
            };
            for action in actions.of(number) {
                let mut shown = lock(&bar);
                action.apply(shown.lines.output().look());
                // A failure to print shows up in the first thread's next line.
                let _ = shown.print();
            }
        }
    };
    // Everything else works without the thread.
    let _ = thread::Builder::new().stack_size(OBEY_STACK_BYTES).spawn(obey);
}
