//! A region that comes, goes and comes again.
//!
//! A [`Reader`] needs a region to begin with. A follower waits for the region first, and
//! keeps the last good sample. It sleeps in the kernel and wakes once a sample. Without a
//! daemon it looks for the file once a second: a watch on the directory would cost more, and
//! the directory may be missing as well.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Error, Interrupt, Snapshot, View};

use crate::reader::{Deadline, Event, RETRY, Reader};
use crate::report::{Freshness, Report};

/// A region that may come, go, and come again, under one name.
pub struct Follower {
    path: PathBuf,
    reader: Option<Reader>,
    error: Option<Error>,
    /// The last good sample.
    sample: Box<Snapshot>,
    has_sample: bool,
    /// The buffer of the next sample, which replaces `sample` when it is good.
    next: Box<Snapshot>,
    /// The last reported freshness; nothing before the first report.
    reported: Option<Freshness>,
    interrupt: Arc<Interrupt>,
}

impl Follower {
    /// Follows the region of that name, else `$RSTAT_SHM`, else `/dev/shm/rstat/v1`.
    pub fn new(path: Option<&Path>) -> Self {
        Self {
            path: crate::region_path(path),
            reader: None,
            error: None,
            sample: Box::new(Snapshot::EMPTY),
            has_sample: false,
            next: Box::new(Snapshot::EMPTY),
            reported: None,
            interrupt: Arc::default(),
        }
    }

    /// The interrupt: raised, it ends [`Follower::wait_for`] in other threads.
    pub fn interrupt(&self) -> &Arc<Interrupt> {
        &self.interrupt
    }

    /// Sleeps until there is a sample that was not reported yet, or the state
    /// changes. The first call reports at once whatever there is.
    pub fn wait(&mut self) -> Freshness {
        loop {
            if let Some(state) = self.wait_for(Duration::MAX) {
                return state;
            }
        }
    }

    /// The same for `timeout` at most; the interrupt ends the sleep, too.
    pub fn wait_for(&mut self, timeout: Duration) -> Option<Freshness> {
        let deadline = Deadline::after(timeout);
        while !self.interrupt.is_raised() {
            let left = deadline.left();
            if let Some(state) = self.next_event(left) {
                self.reported = Some(state);
                return Some(state);
            }
            if left.is_zero() {
                break;
            }
        }
        None
    }

    /// Counts all samples until now as reported.
    pub fn skip(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.skip();
        }
    }

    /// The report of this moment; the history is written into `points`.
    pub fn report<'a>(&'a self, points: &'a mut [HistoryPoint]) -> Report<'a> {
        let filled = self.reader.as_ref().map_or(0, |reader| reader.history(points));
        Report {
            state: self.reported.unwrap_or(Freshness::Absent),
            sample: self.sample(),
            history: &points[..filled],
            age: self.age(),
            path: &self.path,
            error: self.error.as_ref(),
        }
    }

    /// Time since the last good sample was taken; zero without one.
    pub fn age(&self) -> Duration {
        Duration::from_nanos(self.sample().map_or(0, View::age_ns))
    }

    /// The last good sample, if there was one.
    pub fn sample(&self) -> Option<&Snapshot> {
        self.has_sample.then_some(&*self.sample)
    }

    fn next_event(&mut self, left: Duration) -> Option<Freshness> {
        let Some(reader) = &mut self.reader else {
            return self.try_to_open(left);
        };
        match reader.wait(left)? {
            Event::Interrupted => return None,
            Event::State => {
                let state = reader.reported();
                // The sample is damaged, and a daemon is about to replace the region.
                let has_nothing = state == Freshness::Fresh && !self.has_sample;
                if has_nothing || self.reported == Some(state) {
                    return None;
                }
            }
            Event::Sample => {
                if reader.snapshot(&mut self.next).is_err() {
                    // The writer has overtaken each attempt, so a next sample comes soon; or
                    // the sample is damaged, and none comes.
                    reader.skip();
                    let state = reader.reported();
                    let is_news = state != Freshness::Fresh && self.reported != Some(state);
                    return is_news.then_some(state);
                }
                mem::swap(&mut self.sample, &mut self.next);
                self.has_sample = true;
            }
        }
        Some(reader.reported())
    }

    fn try_to_open(&mut self, left: Duration) -> Option<Freshness> {
        match Reader::open(Some(&self.path)) {
            Ok(reader) => {
                let reader = reader.with_interrupt(Arc::clone(&self.interrupt));
                self.error = None;
                let state = reader.reported();
                self.reader = Some(reader);
                // `next_event` reports a sample together with the state.
                (state == Freshness::Starting).then_some(state)
            }
            Err(error) => {
                let state = if error.is_absent() { Freshness::Absent } else { Freshness::Refused };
                self.error = Some(error);
                if self.reported == Some(state) {
                    self.interrupt.wait(RETRY.min(left));
                    return None;
                }
                Some(state)
            }
        }
    }
}
