//! One reader of one region: samples, waiting, liveness.
//!
//! A reader stays open as long as the caller wants. A restarted daemon publishes into the same
//! file, which needs no action. When a daemon has replaced the file, the reader finds the new
//! file by name. Looking for a new file and for a living daemon takes system calls, and
//! happens only when a sample is late. The [`Follower`](crate::Follower) waits for a region
//! that does not exist yet.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rstat_shm::layout::WriterState;
use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::trust::Trust;
use rstat_shm::{Error, Interrupt, Room, Snapshot, Unread, View};

use crate::report::Freshness;

/// The age of a late sample, in half periods. The reader then looks for the daemon.
const LATE_HALF_PERIODS: u64 = 3;
/// The age of a stale sample, in half periods, with or without a daemon.
const STALE_HALF_PERIODS: u64 = 6;
/// The bounds of a plausible period; 0 is no period.
const PERIOD_BOUNDS_NS: (u64, u64) = (1_000_000, 3_600_000_000_000);
/// The time between two looks for the name of a quiet region.
pub(crate) const RETRY: Duration = Duration::from_secs(1);
/// The time between two looks for the successor of a retired region, which takes
/// milliseconds.
const RETRY_RETIRED: Duration = Duration::from_millis(50);
/// A margin beyond the time at which a sample is late.
const SLACK: Duration = Duration::from_millis(1);

/// The end of a wait; none where the clock cannot count so far.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(pub Option<Instant>);

impl Deadline {
    /// The end of a wait that begins now.
    pub fn after(timeout: Duration) -> Self {
        Self(Instant::now().checked_add(timeout))
    }

    /// The time until then.
    pub fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
    }
}

/// An event that ends [`Reader::wait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A sample that [`Reader::snapshot`] has not taken yet.
    Sample,
    /// [`Reader::state`] has changed.
    State,
    /// The interrupt is raised.
    Interrupted,
}

/// A region, open for reading.
///
/// Threads may share a reader; no thread keeps another from taking samples. The reader, not
/// the thread, remembers the last taken sample and the last returned state: a waiting thread
/// sleeps on after another thread has taken the sample. A thread that wants every sample
/// needs a reader of its own.
///
/// A replaced region stays mapped, with its 120 kB, until the reader is dropped. A region is
/// replaced by an update to another layout, or after its file was removed.
pub struct Reader {
    path: PathBuf,
    trust: Trust,
    /// The opened file, with a list of the files that have replaced it. All live as long as
    /// the reader, so a look needs neither a lock nor a count.
    first: Arc<File>,
    /// The file that has the name now and no sample yet. Until then the last good sample
    /// stays readable.
    successor: Mutex<Option<Arc<File>>>,
    /// The last [`Freshness`] that `wait` returned.
    reported: AtomicU8,
    interrupt: Arc<Interrupt>,
}

/// A file that has, had, or will have the region's name.
struct File {
    view: View,
    /// The number of the last taken sample.
    seen: AtomicU64,
    /// The next file, once it has samples.
    next: OnceLock<Arc<Self>>,
}

impl Reader {
    /// Opens the region `path`, else `$RSTAT_SHM`, else `/dev/shm/rstat/v1`. The region must
    /// belong to root or to the caller.
    pub fn open(path: Option<&Path>) -> Result<Self, Error> {
        Self::open_trusting(path, Trust::default())
    }

    /// Opens a region that may also belong to another user.
    pub fn open_trusting(path: Option<&Path>, trust: Trust) -> Result<Self, Error> {
        let path = crate::region_path(path);
        let first = File::open(&path, trust)?;
        let (reported, interrupt) = (AtomicU8::new(Freshness::Fresh as u8), Arc::default());
        let reader = Self { path, trust, first, successor: Mutex::default(), reported, interrupt };
        reader.set_reported(reader.state());
        Ok(reader)
    }

    /// The same reader with another interrupt.
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: Arc<Interrupt>) -> Self {
        self.interrupt = interrupt;
        self
    }

    /// The name of the region.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The interrupt: raised, it ends [`Reader::wait`] in other threads.
    pub fn interrupt(&self) -> &Arc<Interrupt> {
        &self.interrupt
    }

    /// Copies the latest sample: no system call, no allocation. `Empty` without
    /// any sample; on an error `into` holds [`Snapshot::EMPTY`].
    pub fn snapshot(&self, into: &mut Snapshot) -> Result<(), Unread> {
        self.snapshot_words(Room::from(into.as_words_mut().as_mut_slice()))
    }

    /// The same into the words of any version's snapshot. Words that the region lacks become
    /// zero; on an error all words do.
    pub(crate) fn snapshot_words(&self, into: Room) -> Result<(), Unread> {
        let current = self.current();
        let number = current.view.snapshot_words(into)?;
        current.seen.fetch_max(number, Relaxed);
        Ok(())
    }

    /// The same for a sample that was not taken yet. Otherwise returns false and copies
    /// nothing, for callers that look all the time.
    pub fn snapshot_if_new(&self, into: &mut Snapshot) -> Result<bool, Unread> {
        let current = self.current();
        let new = current.view.snapshot_after(current.seen.load(Relaxed), into)?;
        if new {
            current.seen.fetch_max(into.sequence, Relaxed);
        }
        Ok(new)
    }

    /// Whether there are samples, all of them taken.
    pub(crate) fn has_seen_latest(&self) -> bool {
        let current = self.current();
        let seen = current.seen.load(Relaxed);
        seen != 0 && seen == current.view.latest()
    }

    /// Counts the latest sample as taken.
    pub fn skip(&self) {
        let current = self.current();
        current.seen.fetch_max(current.view.latest(), Relaxed);
    }

    /// Copies the latest points of the history, oldest first, and returns how many there are.
    pub fn history(&self, into: &mut [HistoryPoint]) -> usize {
        self.current().view.history(into)
    }

    /// The same into the words of any version's points.
    pub(crate) fn history_words(&self, into: Room, each: usize) -> usize {
        self.current().view.history_words(into, each)
    }

    /// Time since the latest sample was taken, suspend not counted; nothing without one.
    pub fn age(&self) -> Option<Duration> {
        let times = self.current().view.times().ok()?;
        Some(Duration::from_nanos(times.age_ns()))
    }

    /// The condition of the region. Looks for a new file of that name when no samples arrive. A
    /// caller that polls instead of waiting should call this now and then.
    pub fn state(&self) -> Freshness {
        let current = self.current();
        let state = current.state().0;
        if state == Freshness::Fresh && !current.is_retired() {
            return state;
        }
        if self.follow_name() { self.current().state().0 } else { state }
    }

    /// Sleeps until there is a sample that was not taken yet, the state changes, or the
    /// interrupt is raised. Returns nothing after `timeout`.
    pub fn wait(&self, timeout: Duration) -> Option<Event> {
        let deadline = Deadline::after(timeout);
        loop {
            if self.interrupt.is_raised() {
                return Some(Event::Interrupted);
            }
            // This comes before every other look, so that a change in between ends the nap
            // below.
            let writer = self.awaited().view.state();
            let state = self.state();
            let current = self.current();
            if current.view.latest() != current.seen.load(Relaxed) {
                self.set_reported(state);
                return Some(Event::Sample);
            }
            if state != self.reported() {
                self.set_reported(state);
                return Some(Event::State);
            }
            let left = deadline.left();
            if left.is_zero() {
                return None;
            }
            let awaited = self.awaited();
            let seen = awaited.seen.load(Relaxed);
            let nap = left.min(current.patience());
            awaited.view.wait_or_interrupt(seen, writer, nap, &self.interrupt);
        }
    }

    /// The last state that `wait` returned.
    pub(crate) fn reported(&self) -> Freshness {
        let reported = self.reported.load(Relaxed);
        Freshness::ALL.get(usize::from(reported)).copied().unwrap_or(Freshness::Fresh)
    }

    fn set_reported(&self, state: Freshness) {
        self.reported.store(state as u8, Relaxed);
    }

    /// The region that samples come from.
    fn current(&self) -> &Arc<File> {
        let mut current = &self.first;
        while let Some(next) = current.next.get() {
            current = next;
        }
        current
    }

    /// The region that the next sample will be in.
    fn awaited(&self) -> Arc<File> {
        let successor = self.successor.lock().unwrap_or_else(PoisonError::into_inner);
        successor.as_ref().unwrap_or_else(|| self.current()).clone()
    }

    /// Opens the file that has the name now, if it is another file. Returns whether samples
    /// come from a new file from now on.
    fn follow_name(&self) -> bool {
        let mut successor = self.successor.lock().unwrap_or_else(PoisonError::into_inner);
        let awaited = successor.as_ref().unwrap_or_else(|| self.current());
        if !awaited.view.is_at(&self.path) {
            // Without a trusted file the old one stays good.
            *successor = File::open(&self.path, self.trust).ok();
        }
        match successor.take_if(|successor| successor.view.latest() != 0) {
            Some(successor) => {
                // No other thread sets it: this one holds the lock.
                self.current().next.set(successor).is_ok()
            }
            None => false,
        }
    }
}

impl File {
    fn open(path: &Path, trust: Trust) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self {
            view: View::open(path, trust)?,
            seen: AtomicU64::new(0),
            next: OnceLock::new(),
        }))
    }

    fn is_retired(&self) -> bool {
        self.view.state() == Some(WriterState::Retired)
    }

    /// The state, and the time that it lasts without an event.
    fn state(&self) -> (Freshness, Option<Duration>) {
        let times = match self.view.times() {
            Ok(times) => times,
            Err(Unread::Empty) => return (Freshness::Starting, None),
            // A living writer publishes faster than the reader copies.
            Err(Unread::Busy) if self.view.has_writer() => return (Freshness::Fresh, None),
            Err(Unread::Busy) => return (Freshness::Stale, None),
        };
        if self.view.state() == Some(WriterState::Stopped) {
            return (Freshness::Stopped, None);
        }
        let (shortest, longest) = PERIOD_BOUNDS_NS;
        let half_period_ns = times.period_ns.clamp(shortest, longest) / 2;
        let (late_ns, stale_ns) =
            (half_period_ns * LATE_HALF_PERIODS, half_period_ns * STALE_HALF_PERIODS);
        let age_ns = times.age_ns();
        // A sample from the future, by another boot's clock, has an age of 0.
        let late = age_ns >= late_ns || age_ns == 0;
        if age_ns >= stale_ns || (late && !self.view.has_writer()) {
            return (Freshness::Stale, None);
        }
        let until_ns = if late { stale_ns } else { late_ns } - age_ns;
        (Freshness::Fresh, Some(Duration::from_nanos(until_ns)))
    }

    /// The longest sleep that misses no change.
    fn patience(&self) -> Duration {
        let (state, lasts) = self.state();
        if state == Freshness::Fresh && self.is_retired() {
            return RETRY_RETIRED;
        }
        lasts.map_or(RETRY, |lasts| lasts + SLACK)
    }
}
