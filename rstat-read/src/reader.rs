//! One reader of one region: samples, waiting, liveness.
//!
//! A reader stays open for as long as it likes. A daemon that is killed and
//! started again publishes into the same file, and nothing needs to be done; one
//! that replaced the file is found again by the file's name. That, and asking
//! whether a daemon lives, takes system calls and happens when a sample is late.
//! Waiting for a region that is not there yet is the [`Follower`](crate::Follower)'s.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rstat_shm::layout::State as WriterState;
use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::trust::Trust;
use rstat_shm::{Error, Snapshot, Unread, View};

use crate::report::State;

/// Halves of a period after which a sample is late, and it is asked whether a daemon lives.
const LATE_HALF_PERIODS: u64 = 3;
/// Halves of a period after which a sample is stale, whoever lives.
const STALE_HALF_PERIODS: u64 = 6;
/// Periods are believed within these bounds; 0 is no period.
const PERIOD_BOUNDS_NS: (u64, u64) = (1_000_000, 3_600_000_000_000);
/// How often a quiet region's name is looked up again.
pub(crate) const RETRY: Duration = Duration::from_secs(1);
/// The same between a region's retirement and its successor, which takes milliseconds.
const RETRY_RETIRED: Duration = Duration::from_millis(50);
/// Added to the time at which a sample is late, to be surely past it.
const SLACK: Duration = Duration::from_millis(1);

/// What [`Reader::wait`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is a sample that [`Reader::snapshot`] has not taken yet.
    Sample,
    /// [`Reader::state`] is another than it was.
    State,
}

/// A region, open for reading.
pub struct Reader {
    path: PathBuf,
    trust: Trust,
    view: View,
    /// The file that has taken the name over and holds no sample yet. Until it
    /// does, the last good one stays readable in `view`.
    successor: Option<View>,
    /// Number of the last sample taken from `view`.
    seen: u64,
    /// As last told by `wait`.
    told: State,
}

impl Reader {
    /// Opens a region: the one of that name, else `$RSTAT_SHM`, else
    /// `/dev/shm/rstat/v1`. It must belong to root or to the caller.
    pub fn open(path: Option<&Path>) -> Result<Self, Error> {
        Self::open_trusting(path, Trust::default())
    }

    /// Opens a region that may also belong to another user.
    pub fn open_trusting(path: Option<&Path>, trust: Trust) -> Result<Self, Error> {
        let path = crate::region_path(path);
        let view = View::open(&path, trust)?;
        let mut reader = Self { path, trust, view, successor: None, seen: 0, told: State::Fresh };
        reader.told = reader.state();
        Ok(reader)
    }

    /// The name that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the latest sample: no system call, no allocation. `Empty` without
    /// any sample; on an error `into` holds [`Snapshot::EMPTY`].
    pub fn snapshot(&mut self, into: &mut Snapshot) -> Result<(), Unread> {
        self.view.snapshot(into)?;
        self.seen = into.sequence;
        Ok(())
    }

    /// The same, if there is a sample that was not taken yet; otherwise false, and `into`
    /// stays as it is. For those who look all the time: nothing new costs one load.
    pub fn snapshot_if_new(&mut self, into: &mut Snapshot) -> Result<bool, Unread> {
        let new = self.view.snapshot_after(self.seen, into)?;
        if new {
            self.seen = into.sequence;
        }
        Ok(new)
    }

    /// Counts the latest sample as taken.
    pub fn skip(&mut self) {
        self.seen = self.view.latest();
    }

    /// Copies the latest points of the history, oldest first, and returns how many there are.
    pub fn history(&self, into: &mut [HistoryPoint]) -> usize {
        self.view.history(into)
    }

    /// Hands out the latest points of the history, oldest first, `most` at most.
    pub(crate) fn each_point(&self, most: usize, take: impl FnMut(&HistoryPoint)) {
        self.view.each_point(most, take);
    }

    /// Time since the latest sample was taken, suspend not counted; nothing without one.
    pub fn age(&self) -> Option<Duration> {
        let mut sample = Snapshot::EMPTY;
        self.view.snapshot(&mut sample).ok()?;
        Some(Duration::from_nanos(View::age_ns(&sample)))
    }

    /// How the region does. Looks its name up again when no samples arrive, so
    /// whoever polls instead of waiting should ask this now and then.
    pub fn state(&mut self) -> State {
        let state = self.view_state().0;
        if state == State::Fresh && !self.is_retired() {
            return state;
        }
        if self.follow_name() { self.view_state().0 } else { state }
    }

    /// Sleeps until there is a sample that was not taken yet, or the state
    /// changes. `None`: neither happened within `timeout`.
    pub fn wait(&mut self, timeout: Duration) -> Option<Event> {
        // Without a deadline when the clock cannot count so far.
        let deadline = Instant::now().checked_add(timeout);
        loop {
            // Before the look at everything else, so that a change behind our
            // back ends the nap below.
            let writer = self.awaited().state();
            let state = self.state();
            if self.view.latest() != self.seen {
                self.told = state;
                return Some(Event::Sample);
            }
            if state != self.told {
                self.told = state;
                return Some(Event::State);
            }
            let left = deadline.map_or(Duration::MAX, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return None;
            }
            let seen = if self.successor.is_some() { 0 } else { self.seen };
            self.awaited().wait(seen, writer, left.min(self.patience()));
        }
    }

    /// The state that `wait` last told of.
    pub(crate) fn told(&self) -> State {
        self.told
    }

    /// The region that the next sample will be in.
    fn awaited(&self) -> &View {
        self.successor.as_ref().unwrap_or(&self.view)
    }

    fn is_retired(&self) -> bool {
        self.view.state() == Some(WriterState::Retired)
    }

    /// The state, and for how long it lasts if nobody does anything.
    fn view_state(&self) -> (State, Option<Duration>) {
        let mut sample = Snapshot::EMPTY;
        match self.view.snapshot(&mut sample) {
            Err(Unread::Empty) => return (State::Starting, None),
            // Somebody publishes faster than we can copy.
            Err(Unread::Busy) => return (State::Fresh, None),
            Ok(()) => {}
        }
        if self.view.state() == Some(WriterState::Stopped) {
            return (State::Stopped, None);
        }
        let (shortest, longest) = PERIOD_BOUNDS_NS;
        let half_period_ns = sample.period_ns.clamp(shortest, longest) / 2;
        let (late_ns, stale_ns) =
            (half_period_ns * LATE_HALF_PERIODS, half_period_ns * STALE_HALF_PERIODS);
        let age_ns = View::age_ns(&sample);
        // An age of 0 is that of a sample out of the future: of another boot's clock.
        let late = age_ns >= late_ns || age_ns == 0;
        if age_ns >= stale_ns || (late && !self.view.has_writer()) {
            return (State::Stale, None);
        }
        let until_ns = if late { stale_ns } else { late_ns } - age_ns;
        (State::Fresh, Some(Duration::from_nanos(until_ns)))
    }

    /// For how long nothing can change that would not wake us.
    fn patience(&self) -> Duration {
        let (state, lasts) = self.view_state();
        if state == State::Fresh && self.is_retired() {
            return RETRY_RETIRED;
        }
        lasts.map_or(RETRY, |lasts| lasts + SLACK)
    }

    /// Opens the file that has our file's name now, if it is another one. True:
    /// samples come from a new file from now on.
    fn follow_name(&mut self) -> bool {
        if !self.awaited().is_at(&self.path) {
            // Nothing there, or nothing to believe: what we have stays good.
            self.successor = View::open(&self.path, self.trust).ok();
        }
        match self.successor.take_if(|successor| successor.latest() != 0) {
            Some(successor) => {
                self.view = successor;
                self.seen = 0;
                true
            }
            None => false,
        }
    }
}
