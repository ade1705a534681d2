//! A reader and a writer that never pauses, each on a CPU of its own.
//!
//! Both have real-time priority, since a preempted writer would pause.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave};

use crate::others;
use crate::region::alone_on;

const ROUNDS: usize = 41;
/// How long a contender's writer and reader meet in one round.
const WINDOW: Duration = Duration::from_millis(10);
/// The pause between windows. Other programs run meanwhile.
const PAUSE: Duration = Duration::from_millis(5);
/// How many values the writer publishes between two looks at the clock.
const WRITES: u64 = 16;

/// Nanoseconds that a reader needs for one copy of the latest value, while a writer
/// publishes as fast as possible. Returns the whole window for a reader without any copy.
/// `writer` and `reader` run on the threads of their sides and make the closures there. The
/// writer's closure publishes value number n; the reader's returns whether it got a copy.
pub fn race<Write: FnMut(u64), Read: FnMut() -> bool>(
    writer: impl FnOnce() -> Write + Send,
    reader: impl FnOnce() -> Read + Send,
) -> f64 {
    let (started, stopped) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::sleep(PAUSE);
    thread::scope(|scope| {
        scope.spawn(|| {
            alone_on(0);
            let mut write = writer();
            let (start, mut number) = (Instant::now(), 0_u64);
            while !number.is_multiple_of(WRITES) || start.elapsed() < WINDOW {
                number += 1;
                write(number);
                started.store(true, Ordering::Release);
            }
            stopped.store(true, Ordering::Relaxed);
        });
        let reading = scope.spawn(|| {
            alone_on(1);
            let mut read = reader();
            while !started.load(Ordering::Acquire) {
                std::hint::spin_loop();
            }
            let (start, mut copies) = (Instant::now(), 0_u32);
            while !stopped.load(Ordering::Relaxed) {
                copies += u32::from(read());
            }
            start.elapsed().as_nanos() as f64 / f64::from(copies.max(1))
        });
        reading.join().expect("the reader ends")
    })
}

pub fn snapshot_under_a_writer(table: &mut Table) {
    let whole = interleave(
        ROUNDS,
        [
            &mut others::region,
            &mut others::region_without_wake_ups,
            &mut others::seqlock,
            &mut others::arc_swap,
            &mut others::triple_buffer,
            &mut others::left_right,
            &mut others::atomic_cell,
        ],
    );
    let names = ["seqlock", "arc-swap", "triple_buffer", "left-right", "AtomicCell"];
    for (ours, what) in [
        (0, "snapshot under a writer that never pauses"),
        (1, "snapshot under a writer that wakes no reader"),
    ] {
        for (theirs, name) in names.into_iter().enumerate() {
            table.row(&Row {
                what,
                unit: Unit::Nanoseconds,
                ours: whole.median(ours),
                against: Some(whole.against(ours, theirs + 2, name)),
                goal: Some(Goal::Ahead),
            });
        }
    }
    let records = interleave(ROUNDS, [&mut others::region_point, &mut others::clock_bound]);
    table.row(&Row {
        what: "64 bytes (a history point) under a busy writer",
        unit: Unit::Nanoseconds,
        ours: records.median(0),
        against: Some(records.against(0, 1, "clock-bound-shm")),
        goal: Some(Goal::Ahead),
    });
}
