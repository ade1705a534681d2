//! Ways to pass the latest value to another thread. All do the same work: the writer
//! publishes a value from its memory, and the reader gets a copy in its own memory.
//!
//! A value is as long as a snapshot. All words of a value are equal, so that a torn copy
//! shows. Some contenders lend references instead of copies; for these the copy is made here.

use std::ffi::CString;
use std::hint::black_box;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use clock_bound_shm::{ClockErrorBound, ShmReader, ShmWrite, ShmWriter};
use crossbeam_utils::atomic::AtomicCell;
use left_right::Absorb;
use rstat_shm::snapshot::{HistoryPoint, SNAPSHOT_WORDS};
use rstat_shm::{Snapshot, Writer};

use crate::race::race;
use crate::region::{Region, sample_of};

/// A snapshot's worth of words.
type Value = [u64; SNAPSHOT_WORDS];

/// How many values are published in turn. Each differs in every word from the value before.
const VALUES: u64 = 3;

fn values() -> [Box<Value>; VALUES as usize] {
    [1, 2, 3].map(|word| Box::new([word; SNAPSHOT_WORDS]))
}

fn turn(number: u64) -> usize {
    (number % VALUES) as usize
}

/// Checks that a copy is whole. The `black_box` makes sure that the copy is made.
fn whole(copy: &Value) -> bool {
    let copy = black_box(copy);
    assert_eq!(copy[0], copy[SNAPSHOT_WORDS / 2], "a torn copy");
    assert_eq!(copy[0], copy[SNAPSHOT_WORDS - 1], "a torn copy");
    true
}

/// The region with a writer that wakes waiting readers, as the daemon does.
pub fn region() -> f64 {
    region_with(Writer::publish)
}

/// The region with a writer that omits the system call.
pub fn region_without_wake_ups() -> f64 {
    region_with(Writer::show)
}

fn region_with(publish: fn(&mut Writer, &mut Snapshot)) -> f64 {
    let region = Region::new("race");
    let (mut writer, view) = (region.writer(), region.view());
    let mut samples = [1, 2, 3].map(sample_of);
    let mut into = sample_of(0);
    race(
        || move |number| publish(&mut writer, &mut samples[turn(number)].0),
        || {
            move || {
                let read = view.snapshot(&mut into.0).is_ok();
                let words = black_box(&into.0).as_words();
                // The first words hold the sample's number and the daemon's instance number.
                assert_eq!(words[6], words[SNAPSHOT_WORDS / 2], "a torn copy");
                assert_eq!(words[6], words[SNAPSHOT_WORDS - 1], "a torn copy");
                read
            }
        },
    )
}

/// Amanieu's sequence lock: one record, and a reader that tries until no write interferes.
pub fn seqlock() -> f64 {
    let lock = seqlock::SeqLock::new([0; SNAPSHOT_WORDS]);
    let values = values();
    race(|| |number| *lock.lock_write() = *values[turn(number)], || || whole(&lock.read()))
}

/// A swapped pointer. Each value is an allocation of its own.
pub fn arc_swap() -> f64 {
    let latest = arc_swap::ArcSwap::from_pointee([0; SNAPSHOT_WORDS]);
    let values = values();
    race(
        || |number| latest.store(Arc::new(*values[turn(number)])),
        || {
            let mut copy = Box::new([0; SNAPSHOT_WORDS]);
            let latest = &latest;
            move || {
                copy.copy_from_slice(&**latest.load());
                whole(&copy)
            }
        },
    )
}

/// Three buffers that swap their roles. The scheme serves one reader only.
pub fn triple_buffer() -> f64 {
    let (mut input, mut output) = triple_buffer::triple_buffer(&[0; SNAPSHOT_WORDS]);
    let values = values();
    race(
        || {
            move |number| {
                input.input_buffer_mut().copy_from_slice(&*values[turn(number)]);
                input.publish();
            }
        },
        || {
            let mut copy = Box::new([0; SNAPSHOT_WORDS]);
            move || {
                copy.copy_from_slice(output.read());
                whole(&copy)
            }
        },
    )
}

/// The operation that left-right's writer applies to each of its two copies.
struct Replace(Arc<Value>);

/// One of left-right's two copies.
#[derive(Clone)]
struct Copy(Value);

impl Absorb<Replace> for Copy {
    fn absorb_first(&mut self, replace: &mut Replace, _: &Self) {
        self.0.copy_from_slice(&*replace.0);
    }

    fn sync_with(&mut self, first: &Self) {
        self.0.copy_from_slice(&first.0);
    }
}

/// Two copies. The writer waits until all readers have left the older copy.
pub fn left_right() -> f64 {
    let (mut writer, reader) = left_right::new_from_empty::<Copy, _>(Copy([0; SNAPSHOT_WORDS]));
    let values = values().map(Arc::from);
    writer.publish();
    race(
        || {
            move |number| {
                writer.append(Replace(Arc::clone(&values[turn(number)])));
                writer.publish();
            }
        },
        || {
            let mut copy = Box::new([0; SNAPSHOT_WORDS]);
            move || {
                let Some(latest) = reader.enter() else { return false };
                copy.copy_from_slice(&latest.0);
                whole(&copy)
            }
        },
    )
}

/// crossbeam's cell, which uses a sequence lock for values longer than any atomic.
pub fn atomic_cell() -> f64 {
    let cell = AtomicCell::new([0; SNAPSHOT_WORDS]);
    let values = values();
    race(|| |number| cell.store(*values[turn(number)]), || || whole(&cell.load()))
}

/// The latest point of the region's history, while the writer publishes whole samples.
pub fn region_point() -> f64 {
    let region = Region::new("race-point");
    let (mut writer, view) = (region.writer(), region.view());
    let mut samples = [1, 2, 3].map(sample_of);
    race(
        || move |number| writer.publish(&mut samples[turn(number)].0),
        || {
            let mut point = [HistoryPoint::default()];
            move || view.history(black_box(&mut point)) == 1
        },
    )
}

/// clock-bound's sequence lock in shared memory, with the 64 bytes of its own record.
pub fn clock_bound() -> f64 {
    let region = Region::new("race-clock");
    let path = region.path("clock");
    let name = CString::new(path.as_os_str().as_bytes()).expect("a path has no zero byte");
    let mut first = ShmWriter::new(&path).expect("make a segment of clock-bound");
    first.write(&ClockErrorBound::default());
    race(
        || {
            // `ShmWriter` is not `Send`, so each thread opens the segment for itself.
            let mut writer = ShmWriter::new(&path).expect("open the segment for writing");
            let mut value = ClockErrorBound::default();
            move |number| {
                value.disruption_marker = number;
                writer.write(black_box(&value));
            }
        },
        || {
            let mut reader = ShmReader::new(&name).expect("open the segment");
            move || reader.snapshot().map(|value| black_box(*value)).is_ok()
        },
    )
}
