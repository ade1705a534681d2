//! The reader's side of a region: snapshots, history, waiting, liveness.
//!
//! A view stays with the file it has opened. When the daemon retires that file,
//! [`View::state`] says so; opening the new one is the caller's business.

use std::fs::{self, File, Metadata};
use std::mem::offset_of;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::clock;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::layout::{HEAD_AT, STATE_AT, WAKE_AT, WriterState};
use crate::segment::Segment;
use crate::seqlock::{self, Read};
use crate::snapshot::{HistoryPoint, Snapshot};
use crate::sys;
use crate::trust::{self, Trust};
use crate::words::Room;

/// Attempts at one snapshot. Each fails only when the daemon has published a
/// whole round of slots while the reader copied one.
const READ_ATTEMPTS: usize = 16;

/// Why there is no snapshot to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The daemon has not published any yet.
    Empty,
    /// Each attempt was overtaken by the writer.
    Busy,
}

/// When a sample was taken: the few words that show whether a sample is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// [`Snapshot::monotonic_ns`].
    pub monotonic_ns: u64,
    /// [`Snapshot::period_ns`].
    pub period_ns: u64,
}

/// Words at the beginning of a snapshot up to the last of [`Times`].
const TIMES_WORDS: usize = offset_of!(Snapshot, period_ns) / 8 + 1;

/// A region, mapped read-only.
pub struct View {
    file: File,
    segment: Segment,
}

impl View {
    /// Opens the region of that name, if it may be believed and the machine's clock is known.
    pub fn open(path: &Path, trust: Trust) -> Result<Self, Error> {
        let (file, geometry) = trust::open(path, trust)?;
        clock::ahead_ns()?;
        let segment =
            Segment::map_read_only(&file, geometry).map_err(Error::io("map region", path))?;
        Ok(Self { file, segment })
    }

    /// The number of the latest sample; 0: none yet.
    pub fn latest(&self) -> u64 {
        seqlock::latest(self.segment.word(HEAD_AT))
    }

    /// Copies the latest sample; no system call, no allocation. On an error
    /// `into` holds [`Snapshot::EMPTY`].
    pub fn snapshot(&self, into: &mut Snapshot) -> Result<(), Unread> {
        self.snapshot_words(Room::from(into.as_words_mut().as_mut_slice())).map(drop)
    }

    /// The same into the words of any version's snapshot, and returns the sample's number.
    /// Words that the region lacks, and all words on an error, become zero.
    pub fn snapshot_words(&self, mut into: Room) -> Result<u64, Unread> {
        let mut why = Unread::Busy;
        for _ in 0..READ_ATTEMPTS {
            let number = self.latest();
            if number == 0 {
                why = Unread::Empty;
                break;
            }
            let (sequence, words) = self.segment.slot(number);
            // A later minor version's snapshot is longer, an earlier one's shorter.
            let (known, mut unknown) = into.split(words.len());
            if seqlock::read(sequence, &words[..known.len()], number, known) == Read::Complete {
                unknown.clear();
                return Ok(number);
            }
        }
        into.clear();
        Err(why)
    }

    /// When the latest sample was taken, and how soon the next one should follow.
    pub fn times(&self) -> Result<Times, Unread> {
        let mut words = [0; TIMES_WORDS];
        self.snapshot_words(Room::from(&mut words[..]))?;
        let [monotonic_ns, period_ns] =
            [offset_of!(Snapshot, monotonic_ns), offset_of!(Snapshot, period_ns)]
                .map(|offset| words[offset / 8]);
        Ok(Times { monotonic_ns, period_ns })
    }

    /// The same as [`Self::snapshot`], if the latest sample is another than number `seen`; otherwise one
    /// load, false, and `into` stays as it is.
    pub fn snapshot_after(&self, seen: u64, into: &mut Snapshot) -> Result<bool, Unread> {
        if self.latest() == seen {
            return Ok(false);
        }
        self.snapshot(into).map(|()| true)
    }

    /// Copies the latest points of the history, oldest first, and returns how
    /// many there are. Points overwritten meanwhile are left out.
    pub fn history(&self, into: &mut [HistoryPoint]) -> usize {
        self.points(into.iter_mut().map(|point| Room::from(point.as_words_mut().as_mut_slice())))
    }

    /// The same into the words of any version's points, so many each, at least one. Words
    /// that the region does not have are zero.
    pub fn history_words(&self, into: Room, each: usize) -> usize {
        self.points(into.chunks(each))
    }

    fn points<'a>(&self, mut places: impl ExactSizeIterator<Item = Room<'a>>) -> usize {
        let latest = self.latest();
        let most = latest.min(places.len() as u64).min(self.segment.geometry().points as u64);
        let (mut filled, mut place) = (0, places.next());
        for back in (0..most).rev() {
            let Some(into) = &mut place else { break };
            let number = latest - back;
            let (sequence, words) = self.segment.point(number);
            let (known, mut unknown) = into.split(words.len());
            if seqlock::read(sequence, &words[..known.len()], number, known) == Read::Complete {
                unknown.clear();
                filled += 1;
                place = places.next();
            }
        }
        filled
    }

    /// Sleeps until there is a sample after number `seen`, the writer's state is
    /// another than `state`, or `timeout` passes. May return early: look again.
    pub fn wait(&self, seen: u64, state: Option<WriterState>, timeout: Duration) {
        let wake = self.segment.word(WAKE_AT);
        // The writer changes `wake` after head and state: either we see the change
        // here, or the kernel finds `wake` changed, or the wake-up reaches us.
        let before = seqlock::announced(wake);
        if self.latest() == seen && self.state() == state {
            sys::futex_wait(wake, before, timeout);
        }
    }

    /// The same, and no longer than until `interrupt` is raised; before Linux 5.16 up to a
    /// second longer.
    pub fn wait_or_interrupt(
        &self,
        seen: u64,
        state: Option<WriterState>,
        timeout: Duration,
        interrupt: &Interrupt,
    ) {
        let wake = self.segment.word(WAKE_AT);
        let before = seqlock::announced(wake);
        if self.latest() == seen && self.state() == state && !interrupt.is_raised() {
            sys::futex_wait_either(wake, before, interrupt.word(), timeout);
        }
    }

    /// Whether `path` still names the file that this view has mapped: a file can
    /// be removed or replaced without a word to its readers. A slow path, too.
    pub fn is_at(&self, path: &Path) -> bool {
        let identity = |metadata: &Metadata| (metadata.dev(), metadata.ino());
        match (self.file.metadata(), fs::symlink_metadata(path)) {
            (Ok(ours), Ok(named)) => identity(&ours) == identity(&named),
            _ => false,
        }
    }

    /// What the writer last said of itself; `None` if this version does not know the word.
    pub fn state(&self) -> Option<WriterState> {
        WriterState::from_word(self.segment.word(STATE_AT).load(Relaxed))
    }

    /// Whether a daemon has the file open for publishing: it holds a lock that
    /// ends with it, however it ends. A system call; for when a sample is late.
    pub fn has_writer(&self) -> bool {
        sys::is_locked_for_writing(&self.file).unwrap_or(false)
    }

    /// Time since a sample was taken, on the clock that stands still in suspend.
    pub fn age_ns(sample: &Snapshot) -> u64 {
        clock::monotonic_ns().saturating_sub(sample.monotonic_ns)
    }
}

impl Times {
    /// Time since the sample was taken, as [`View::age_ns`].
    pub fn age_ns(self) -> u64 {
        clock::monotonic_ns().saturating_sub(self.monotonic_ns)
    }
}
