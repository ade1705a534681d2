//! A module that follows a region and that threads share.
//!
//! One thread waits for the next appearance. Other threads change the look, or end the
//! waiting: they leave a note and raise the interrupt.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rstat_shm::Interrupt;
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use crate::module::action::{Action, Actions};
use crate::module::appearance::{Appearance, Module};
use crate::module::options::ModuleOptions;
use crate::pace::Pacer;
use crate::reader::Deadline;

/// A module that follows a region, with the place `P` of its texts.
pub struct Live<P> {
    actions: Actions,
    interrupt: Arc<Interrupt>,
    is_interrupted: AtomicBool,
    wishes: Mutex<Vec<Action>>,
    shown: Mutex<Shown<P>>,
}

/// The last appearance, and its ingredients.
struct Shown<P> {
    pacer: Pacer,
    module: Module,
    points: Vec<HistoryPoint>,
    is_empty: bool,
    place: P,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Default> Live<P> {
    /// A module that has shown nothing yet.
    pub fn new(options: ModuleOptions) -> Self {
        let pacer = Pacer::new(options.path.as_deref(), options.interval);
        Self {
            actions: options.actions.clone(),
            interrupt: Arc::clone(pacer.follower().interrupt()),
            is_interrupted: AtomicBool::new(false),
            wishes: Mutex::default(),
            shown: Mutex::new(Shown {
                pacer,
                module: Module::new(options),
                points: vec![HistoryPoint::default(); HISTORY_POINTS],
                is_empty: true,
                place: P::default(),
            }),
        }
    }

    /// Makes a change of the look.
    pub fn act(&self, action: Action) {
        lock(&self.wishes).push(action);
        self.interrupt.raise();
    }

    /// Makes the changes of SIGRTMIN plus a number.
    pub fn hear(&self, number: usize) {
        self.actions.of(number).for_each(|action| self.act(action));
    }

    /// Ends waiting for good.
    pub fn interrupt(&self) {
        // Pairs with the Acquire in `is_interrupted`, like the interrupt.
        self.is_interrupted.store(true, Release);
        self.interrupt.raise();
    }

    /// Whether waiting has ended for good.
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Acquire)
    }

    /// Waits until the appearance differs from the one before, and returns it in `P`. Returns
    /// `None` after `timeout`, or when waiting has ended.
    pub fn next<T>(
        &self,
        timeout: Duration,
        put: impl FnOnce(&mut P, &Appearance) -> T,
    ) -> Option<T> {
        let mut shown = lock(&self.shown);
        let deadline = Deadline::after(timeout);
        loop {
            // This comes first: the lines below look for the reasons to raise the interrupt.
            self.interrupt.clear();
            if self.is_interrupted() {
                return None;
            }
            let mut wishes = lock(&self.wishes);
            // Before the first appearance there is nothing to compare with.
            let has_wishes = !wishes.is_empty() && !shown.is_empty;
            wishes.drain(..).for_each(|action| action.apply(shown.module.look()));
            drop(wishes);
            let left = deadline.left();
            let wait = if has_wishes { Duration::ZERO } else { left };
            let has_news = shown.pacer.next(wait).is_some();
            if has_news || has_wishes {
                let Shown { pacer, module, points, is_empty, place } = &mut *shown;
                *is_empty = false;
                let follower = pacer.follower();
                let wanted = follower.sample().map_or(0, |sample| module.look().points(sample));
                let wanted = wanted.min(points.len());
                if let Some(appearance) = module.next(&follower.report(&mut points[..wanted])) {
                    return Some(put(place, appearance));
                }
            }
            if left.is_zero() && !self.interrupt.is_raised() {
                return None;
            }
        }
    }
}
