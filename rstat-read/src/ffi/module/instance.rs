//! A module of a bar that threads share.
//!
//! One thread asks for what is new. Others change what is shown, or end the asking: they
//! leave a note and raise the interrupt.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rstat_shm::Interrupt;
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use super::appearance::{Appearance, Strings};
use crate::ffi::code::Code;
use crate::module::Module;
use crate::module::action::{Action, Actions};
use crate::module::running::RunningOptions;
use crate::pace::Pacer;

/// A module of a bar: `struct rstat_module`.
pub struct Instance {
    actions: Actions,
    interrupt: Arc<Interrupt>,
    is_interrupted: AtomicBool,
    wishes: Mutex<Vec<Action>>,
    shown: Mutex<Shown>,
}

/// What the module shows, and what that is made from.
struct Shown {
    pacer: Pacer,
    module: Module,
    points: Vec<HistoryPoint>,
    strings: Strings,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Instance {
    /// A module that has shown nothing yet.
    pub fn new(options: RunningOptions) -> Self {
        let pacer = Pacer::new(options.path.as_deref(), options.interval);
        let interrupt = Arc::clone(pacer.follower().interrupt());
        let shown = Shown {
            pacer,
            module: Module::new(options.module),
            points: vec![HistoryPoint::default(); HISTORY_POINTS],
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

    /// Does what the name of an action says, if there is such a name.
    pub fn act(&self, name: &[u8]) -> Result<(), Code> {
        let known = Action::NAMES.iter().find(|(known, _)| known.as_bytes() == name);
        let (_, action) = known.ok_or(Code::Argument)?;
        self.wish([*action].into_iter());
        Ok(())
    }

    /// Does what SIGRTMIN plus that number stands for.
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
    pub fn next(&self, timeout: Duration) -> Result<Appearance, Code> {
        let mut shown = lock(&self.shown);
        let deadline = Instant::now().checked_add(timeout);
        loop {
            // First, as what follows looks for the reasons to raise it.
            self.interrupt.clear();
            if self.is_interrupted.load(Acquire) {
                return Err(Code::Interrupted);
            }
            let mut wishes = lock(&self.wishes);
            // Before the first look there is nothing that could look other.
            let has_wishes = !wishes.is_empty() && !shown.strings.is_empty();
            wishes.drain(..).for_each(|action| action.apply(shown.module.look()));
            drop(wishes);
            let left = deadline.map_or(Duration::MAX, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            let wait = if has_wishes { Duration::ZERO } else { left };
            let has_news = shown.pacer.next(wait).is_some();
            if (has_news || has_wishes) && shown.render() {
                return Ok(shown.strings.appearance());
            }
            if left.is_zero() && !self.interrupt.is_raised() {
                return Err(Code::Timeout);
            }
        }
    }
}

impl Shown {
    /// Whether the module looks other than before.
    fn render(&mut self) -> bool {
        let follower = self.pacer.follower();
        let points = follower.sample().map_or(0, |sample| self.module.look().points(sample));
        let wanted = points.min(self.points.len());
        let appearance = self.module.show(&follower.report(&mut self.points[..wanted]));
        self.strings.set(appearance)
    }
}
