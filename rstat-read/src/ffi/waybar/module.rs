//! A module of a bar that threads share.
//!
//! One thread asks for what is new, others may change what is shown or end the
//! asking meanwhile: they leave a note and raise the interrupt.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rstat_shm::Interrupt;
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use super::line::{Line, Strings};
use crate::ffi::code::Code;
use crate::module::action::{Action, Actions};
use crate::module::appearance::{Appearance, Module};
use crate::pace::Pacer;
use crate::programs::waybar::WaybarOptions;

/// A module of a bar: `struct rstat_waybar`.
pub struct Waybar {
    actions: Actions,
    interrupt: Arc<Interrupt>,
    is_interrupted: AtomicBool,
    wishes: Mutex<Vec<Action>>,
    shown: Mutex<Shown>,
}

/// What it shows, and what that is made from.
struct Shown {
    pacer: Pacer,
    module: Module,
    points: Vec<HistoryPoint>,
    last: Option<Appearance>,
    strings: Strings,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Waybar {
    pub fn new(path: Option<&Path>, options: WaybarOptions) -> Self {
        let pacer = Pacer::new(path, options.interval);
        let interrupt = Arc::clone(pacer.follower().interrupt());
        let shown = Shown {
            pacer,
            module: Module::new(options.module),
            points: vec![HistoryPoint::default(); HISTORY_POINTS],
            last: None,
            strings: Strings::default(),
        };
        Self {
            actions: options.actions,
            interrupt,
            is_interrupted: AtomicBool::new(false),
            wishes: Mutex::default(),
            shown: Mutex::new(shown),
        }
    }

    fn wish(&self, actions: impl Iterator<Item = Action>) {
        lock(&self.wishes).extend(actions);
        self.interrupt.raise();
    }

    /// Does what the name of an action says, if there is such a one.
    pub fn act(&self, name: &[u8]) -> Result<(), Code> {
        let known = Action::NAMES.iter().find(|(known, _)| known.as_bytes() == name);
        let (_, action) = known.ok_or(Code::Argument)?;
        self.wish([*action].into_iter());
        Ok(())
    }

    /// Does what was asked for at SIGRTMIN plus that number.
    pub fn hear(&self, number: usize) {
        self.wish(self.actions.of(number));
    }

    /// Ends waiting for good.
    pub fn interrupt(&self) {
        // Pairs with the Acquire in `next`, like the interrupt.
        self.is_interrupted.store(true, Release);
        self.interrupt.raise();
    }

    /// Waits until there is something else to show than before.
    pub fn next(&self, timeout: Duration) -> Result<Line, Code> {
        let mut shown = lock(&self.shown);
        let deadline = Instant::now().checked_add(timeout);
        loop {
            // Before the look at what it was raised for.
            self.interrupt.clear();
            if self.is_interrupted.load(Acquire) {
                return Err(Code::Interrupted);
            }
            let mut wishes = lock(&self.wishes);
            // Before the first look there is nothing that could look other.
            let has_wishes = !wishes.is_empty() && shown.last.is_some();
            wishes.drain(..).for_each(|action| action.apply(shown.module.look()));
            drop(wishes);
            let left = deadline.map_or(Duration::MAX, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            let wait = if has_wishes { Duration::ZERO } else { left };
            let has_news = shown.pacer.next(wait).is_some();
            if (has_news || has_wishes) && shown.render() {
                return Ok(shown.strings.line(shown.last.as_ref()));
            }
            if left.is_zero() && !self.interrupt.is_raised() {
                return Err(Code::Timeout);
            }
        }
    }
}

impl Shown {
    /// Whether it looks other than before.
    fn render(&mut self) -> bool {
        let look = self.module.look();
        let points = self.pacer.follower().sample().map_or(0, |sample| look.points(sample));
        let wanted = points.min(self.points.len());
        let appearance =
            self.module.show(&self.pacer.follower().report(&mut self.points[..wanted]));
        if self.last.as_ref() == Some(appearance) {
            return false;
        }
        self.strings.set(appearance);
        self.last = Some(appearance.clone());
        true
    }
}
