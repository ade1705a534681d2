//! What readers cost the writer: none, some, and many, that look all the time or sleep
//! until they are woken.
//!
//! The writer is what the daemon's is: of real-time priority, and asleep in between. It is
//! timed call by call, since many readers on few CPUs run when it sleeps. They leave it
//! cold caches, as any programs would: so the same crowd is also shown at another region.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::{View, WAKE_MOST, Writer};
use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave, median};

use crate::place::{Place, alone_on, sample_of};

const ROUNDS: usize = 61;
/// Samples of one round.
const SAMPLES: u64 = 50;
const PAUSE: Duration = Duration::from_micros(500);
/// A sleeper looks again after so long, whoever wakes it.
const NAP: Duration = Duration::from_millis(100);

/// Who reads while the writer publishes.
#[derive(Clone, Copy)]
struct Crowd {
    readers: usize,
    wait: bool,
    /// They read another region, in which the same samples are published afterwards.
    elsewhere: bool,
}

impl Crowd {
    fn name(self) -> String {
        let Self { readers, wait, elsewhere } = self;
        let plural = if readers == 1 { "reader" } else { "readers" };
        let what = if wait { "waiting" } else { "spinning" };
        format!("{readers} {plural} {what}{}", if elsewhere { " elsewhere" } else { "" })
    }
}

/// Medians of what publishing takes the writer: until readers see the sample, and the
/// system call that wakes those who wait.
fn publish(crowd: Crowd) -> [f64; 2] {
    let (place, other) = (Place::new("crowd"), Place::new("crowd-elsewhere"));
    let (mut writer, mut apart) = (place.writer(), other.writer());
    let read = if crowd.elsewhere { &other } else { &place };
    let (ready, stop) = (Barrier::new(crowd.readers + 1), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..crowd.readers {
            scope.spawn(|| {
                let view = read.view();
                ready.wait();
                attend(&view, crowd.wait, &stop);
            });
        }
        let writing = scope.spawn(|| {
            alone_on(0);
            ready.wait();
            let times = publish_in_turn(&mut writer, crowd.elsewhere.then_some(&mut apart));
            stop.store(true, Ordering::Relaxed);
            writer.wake();
            apart.wake();
            times
        });
        writing.join().expect("the writer ends")
    })
}

/// Takes each sample, woken by it or looking all the time.
fn attend(view: &View, wait: bool, stop: &AtomicBool) {
    let (mut into, mut seen) = (sample_of(0), 0);
    while !stop.load(Ordering::Relaxed) {
        if wait {
            view.wait(seen, view.state(), NAP);
        }
        if let Ok(true) = view.snapshot_after(seen, black_box(&mut into.0)) {
            seen = into.0.sequence;
        }
    }
}

fn publish_in_turn(writer: &mut Writer, mut apart: Option<&mut Writer>) -> [f64; 2] {
    let mut sample = sample_of(0);
    let (mut shown, mut woken) = (Vec::new(), Vec::new());
    for number in 0..SAMPLES {
        thread::sleep(PAUSE);
        // As the daemon does, which has just worked the sample out.
        black_box(&mut sample.0).as_words_mut().fill(number);
        let start = Instant::now();
        writer.show(black_box(&mut sample.0));
        shown.push(start.elapsed().as_nanos() as f64);
        let start = Instant::now();
        writer.wake();
        woken.push(start.elapsed().as_nanos() as f64);
        if let Some(apart) = &mut apart {
            apart.publish(&mut sample.0);
        }
    }
    [median(shown), median(woken)]
}

const fn at(readers: usize, wait: bool, elsewhere: bool) -> Crowd {
    Crowd { readers, wait, elsewhere }
}

const CROWDS: [Crowd; 9] = [
    at(0, false, false),
    at(1, false, false),
    at(8, false, false),
    at(64, false, false),
    at(1, true, false),
    at(8, true, false),
    at(64, true, false),
    at(64, false, true),
    at(64, true, true),
];

pub fn writer_with_readers(table: &mut Table) {
    let mut woken = CROWDS.map(|_| Vec::new());
    let mut cases = CROWDS.iter().zip(&mut woken).map(|(crowd, woken)| {
        move || {
            let [shown, wake] = publish(*crowd);
            woken.push(wake);
            shown
        }
    });
    let mut cases: [_; CROWDS.len()] = std::array::from_fn(|_| cases.next().expect("one each"));
    let shown = interleave(ROUNDS, cases.each_mut().map(|case| case as &mut dyn FnMut() -> f64));
    for (index, crowd) in CROWDS.iter().enumerate().skip(1) {
        table.row(&Row {
            what: &format!("until seen, {}", crowd.name()),
            unit: Unit::Nanoseconds,
            ours: shown.median(index),
            against: Some(shown.against(index, 0, "no reader")),
            goal: (!crowd.elsewhere).then_some(Goal::Ratio(1.2)),
        });
    }
    for (crowd, woken) in CROWDS
        .iter()
        .zip(woken)
        .filter(|(crowd, _)| crowd.readers == 0 || (crowd.wait && !crowd.elsewhere))
    {
        table.row(&Row {
            what: &format!("the wake-up (of {WAKE_MOST} at most), {}", crowd.name()),
            unit: Unit::Nanoseconds,
            ours: median(woken),
            against: None,
            goal: None,
        });
    }
}
