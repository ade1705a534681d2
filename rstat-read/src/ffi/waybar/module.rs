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
use crate::follow::Follower;
use crate::module::appearance::{Appearance, Module};
use crate::programs::action::{Action, Actions};
use crate::programs::pace::pause;
use crate::programs::waybar::{Interval, Options};
use crate::report::State;

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
    follower: Follower,
    module: Module,
    interval: Interval,
    points: Vec<HistoryPoint>,
    /// Until when samples are skipped.
    looks_away_until: Option<Instant>,
    last: Option<Appearance>,
    strings: Strings,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Waybar {
    pub fn new(path: Option<&Path>, options: Options) -> Self {
        let follower = Follower::new(path);
        let interrupt = Arc::clone(follower.interrupt());
        let shown = Shown {
            follower,
            module: Module::new(options.module),
            interval: options.interval,
            points: vec![HistoryPoint::default(); HISTORY_POINTS],
            looks_away_until: None,
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
            let has_news =
                shown.wait(if has_wishes { Duration::ZERO } else { left }, &self.interrupt);
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
    /// Waits for a sample or another state; not those that come too soon.
    fn wait(&mut self, timeout: Duration, interrupt: &Interrupt) -> bool {
        if let Some(until) = self.looks_away_until {
            let pause = until.saturating_duration_since(Instant::now());
            interrupt.wait(pause.min(timeout));
            if Instant::now() < until {
                return false;
            }
            self.looks_away_until = None;
            self.follower.skip();
            return false;
        }
        let Some(state) = self.follower.wait_for(timeout) else {
            return false;
        };
        if state == State::Fresh {
            let age = self.follower.age();
            let pause = self.follower.sample().and_then(|sample| {
                let period = Duration::from_nanos(sample.period_ns);
                pause(sample, age, self.interval.duration(period))
            });
            self.looks_away_until = pause.and_then(|pause| Instant::now().checked_add(pause));
        }
        true
    }

    /// Whether it looks other than before.
    fn render(&mut self) -> bool {
        let look = self.module.look();
        let points = self.follower.sample().map_or(0, |sample| look.points(sample));
        let wanted = points.min(self.points.len());
        let appearance = self.module.show(&self.follower.report(&mut self.points[..wanted]));
        if self.last.as_ref() == Some(appearance) {
            return false;
        }
        self.strings.set(appearance);
        self.last = Some(appearance.clone());
        true
    }
}
