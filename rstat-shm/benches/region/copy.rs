//! Snapshot and publish, each against memcpy(3) of the same bytes at the same addresses.
#![expect(unsafe_code, reason = "memcpy(3) into and out of mapped memory")]

use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use rstat_shm::Snapshot;
use rstat_testbed::bench::{Against, Goal, Row, Table, Unit, interleave, median, nanoseconds_each};

use crate::region::{POINT_BYTES, Raw, Region, SNAPSHOT_BYTES, alone_on, sample_of};

const ROUNDS: usize = 301;
const CALLS: u32 = 500;
/// How many samples come from another CPU. Each contender copies half of them.
const FOREIGN_SAMPLES: u64 = 8_000;
/// How many different samples are published in turn. The number is prime to the number of
/// slots, so each slot gets another sample in each turn.
const SAMPLES: u64 = 3;

/// Copies a snapshot out of the region without any check for a writer.
pub fn memcpy_out(raw: &Raw, number: u64, into: &mut Snapshot) {
    // SAFETY: the mapping has the snapshot's bytes there, and no thread writes to them
    // meanwhile.
    unsafe {
        ptr::copy_nonoverlapping(
            black_box(raw.snapshot(number)),
            black_box(ptr::from_mut(into).cast()),
            SNAPSHOT_BYTES,
        );
    }
    black_box(into);
}

/// Copies as many bytes into the region as a sample and its history point have.
pub fn memcpy_in(raw: &Raw, number: u64, sample: &Snapshot) {
    let bytes: *const u8 = ptr::from_ref(black_box(sample)).cast();
    // SAFETY: the mapping has the snapshot's bytes there, and no thread reads them.
    unsafe { ptr::copy_nonoverlapping(bytes, black_box(raw.snapshot(number)), SNAPSHOT_BYTES) };
    // SAFETY: as above, and a point is shorter than a snapshot.
    unsafe { ptr::copy_nonoverlapping(bytes, black_box(raw.point(number)), POINT_BYTES) };
}

pub fn snapshot(table: &mut Table) {
    nothing_new(table);
    warm(table);
    from_another_cpu(table);
}

fn nothing_new(table: &mut Table) {
    let region = Region::new("nothing-new");
    let mut writer = region.writer();
    writer.publish(&mut sample_of(1).0);
    let view = region.view();
    let mut into = sample_of(0);
    let seen = view.latest();
    let rounds = interleave(
        ROUNDS,
        [&mut || {
            nanoseconds_each(CALLS, || {
                let news = view.snapshot_after(black_box(seen), black_box(&mut into.0));
                assert_eq!(news, Ok(false));
            })
        }],
    );
    table.row(&Row {
        what: "snapshot, nothing new",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: None,
        goal: Some(Goal::AtMost(5.0)),
    });
}

/// The sample is in this CPU's caches, because every round copies the same sample.
fn warm(table: &mut Table) {
    let region = Region::new("warm");
    let mut writer = region.writer();
    writer.publish(&mut sample_of(1).0);
    let (view, raw) = (region.view(), region.raw());
    let (mut into, mut copied) = (sample_of(0), sample_of(0));
    let rounds = interleave(
        ROUNDS,
        [
            &mut || {
                nanoseconds_each(CALLS, || {
                    let read = view.snapshot_after(black_box(0), black_box(&mut into.0));
                    assert_eq!(read, Ok(true));
                })
            },
            &mut || nanoseconds_each(CALLS, || memcpy_out(&raw, 1, &mut copied.0)),
        ],
    );
    assert_eq!(into.0, copied.0, "both have copied the sample");
    table.row(&Row {
        what: "snapshot, new sample, in this CPU's caches",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, "memcpy, same bytes")),
        goal: Some(Goal::Ratio(1.5)),
    });
}

/// Another CPU has just written all words of each sample, so every cache line comes from
/// that CPU. Each copy is timed alone: both figures contain the time of reading the clock.
fn from_another_cpu(table: &mut Table) {
    let region = Region::new("foreign");
    let mut writer = region.writer();
    let (view, raw) = (region.view(), region.raw());
    let asked = AtomicU64::new(0);
    let mut figures = [Vec::new(), Vec::new()];
    thread::scope(|scope| {
        scope.spawn(|| {
            alone_on(0);
            let mut samples = [1, 2, 3].map(sample_of);
            for number in 1..=FOREIGN_SAMPLES {
                while asked.load(Ordering::Acquire) < number {
                    std::hint::spin_loop();
                }
                writer.publish(&mut samples[(number % SAMPLES) as usize].0);
            }
        });
        scope.spawn(|| {
            alone_on(1);
            let mut into = sample_of(0);
            for number in 1..=FOREIGN_SAMPLES {
                asked.store(number, Ordering::Release);
                while view.latest() < number {
                    std::hint::spin_loop();
                }
                let ours = number % 2 == 0;
                let start = Instant::now();
                if ours {
                    assert_eq!(view.snapshot_after(number - 1, black_box(&mut into.0)), Ok(true));
                } else {
                    memcpy_out(&raw, number, &mut into.0);
                }
                let took = start.elapsed().as_nanos() as f64;
                assert_eq!(into.0.sequence, number);
                figures[usize::from(!ours)].push(took);
            }
        });
    });
    let [ours, theirs] = figures.map(median);
    table.row(&Row {
        what: "snapshot, new sample, just written by another CPU",
        unit: Unit::Nanoseconds,
        ours,
        against: Some(Against { name: "memcpy, same bytes", figure: theirs, ratio: ours / theirs }),
        goal: Some(Goal::Ratio(1.5)),
    });
}

/// Every published sample differs in every word from the old content of its slot.
pub fn publish(table: &mut Table) {
    let region = Region::new("publish");
    let mut writer = region.writer();
    let raw = region.raw();
    let waking = Region::new("publish-and-wake");
    let mut waker = waking.writer();
    let mut samples = [1, 2, 3].map(sample_of);
    let mut others = [4, 5, 6].map(sample_of);
    let copied = [7, 8, 9].map(sample_of);
    let (mut shown, mut woken, mut number) = (0, 0, 0);
    let rounds = interleave(
        ROUNDS,
        [
            &mut || {
                nanoseconds_each(CALLS, || {
                    shown += 1;
                    writer.show(black_box(&mut samples[(shown % SAMPLES) as usize].0));
                })
            },
            &mut || {
                nanoseconds_each(CALLS, || {
                    woken += 1;
                    waker.publish(black_box(&mut others[(woken % SAMPLES) as usize].0));
                })
            },
            &mut || {
                nanoseconds_each(CALLS, || {
                    number += 1;
                    memcpy_in(&raw, number, &copied[(number % SAMPLES) as usize].0);
                })
            },
        ],
    );
    for (whose, what, goal) in [
        (0, "publish, until readers see it", Some(Goal::Ratio(2.0))),
        (1, "publish, and the system call that wakes no reader", None),
    ] {
        table.row(&Row {
            what,
            unit: Unit::Nanoseconds,
            ours: rounds.median(whose),
            against: Some(rounds.against(whose, 2, "memcpy, same bytes")),
            goal,
        });
    }
}
