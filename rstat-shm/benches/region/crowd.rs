//! What readers cost the writer: none, some and many, readers that look all the time and
//! readers that sleep until a wake-up.
//!
//! The writer resembles the daemon: it has real-time priority and sleeps between samples.
//! Every call is timed alone, since many readers on few CPUs run while the writer sleeps.
//!
//! A daemon that wakes once a second finds nothing in its caches, so the caches are swept
//! before each sample. Without sweeping, and on an idle machine, the slots stay in the
//! writer's cache until a reader takes their lines away. All shared memory behaves that
//! way; for comparison a row shows memcpy(3) into memory that another CPU reads.

use std::cell::RefCell;
use std::hint::{black_box, spin_loop};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::{View, WAKE_MOST, Writer};
use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave, median};
use rstat_testbed::caches::Caches;

use crate::copy::{memcpy_in, memcpy_out};
use crate::region::{Region, alone_on, sample_of};

const ROUNDS: usize = 61;
const PAUSE: Duration = Duration::from_micros(500);
/// How long a waiting reader sleeps at most before it looks for the benchmark's end.
const NAP: Duration = Duration::from_millis(100);

pub fn writer_with_readers(table: &mut Table) {
    let woken = publishing(table, "swept", Caches::swept());
    publishing(table, "kept", Caches::Kept);
    copying(table);
    for (crowd, woken) in CROWDS.iter().zip(woken).filter(|(crowd, _)| crowd.may_sleep()) {
        table.row(&Row {
            what: &format!("the wake-up (of {WAKE_MOST} at most), {}", crowd.name()),
            unit: Unit::Nanoseconds,
            ours: woken,
            against: None,
            goal: None,
        });
    }
}

/// The readers that run while the writer publishes.
#[derive(Clone, Copy)]
struct Crowd {
    readers: usize,
    wait: bool,
    /// Whether the readers read another region, to which the same samples go afterwards.
    /// The writer then pays only what any running programs cost it.
    elsewhere: bool,
}

const fn at(readers: usize, wait: bool, elsewhere: bool) -> Crowd {
    Crowd { readers, wait, elsewhere }
}

const CROWDS: [Crowd; 9] = [
    at(0, true, false),
    at(1, false, false),
    at(8, false, false),
    at(64, false, false),
    at(1, true, false),
    at(8, true, false),
    at(64, true, false),
    at(64, false, true),
    at(64, true, true),
];

impl Crowd {
    fn name(self) -> String {
        let Self { readers, wait, elsewhere } = self;
        let plural = if readers == 1 { "reader" } else { "readers" };
        let what = if wait { "waiting" } else { "spinning" };
        format!("{readers} {plural} {what}{}", if elsewhere { " elsewhere" } else { "" })
    }

    fn may_sleep(self) -> bool {
        self.wait && !self.elsewhere
    }
}

/// Prints how long publishing takes until readers see the sample. Returns how long the
/// system call takes that wakes waiting readers. All figures are medians.
fn publishing(table: &mut Table, words: &str, caches: Caches) -> [f64; CROWDS.len()] {
    let caches = RefCell::new(caches);
    let mut woken = CROWDS.map(|_| Vec::new());
    let mut cases = CROWDS.iter().zip(&mut woken).map(|(crowd, woken)| {
        let caches = &caches;
        move || {
            let [shown, wake] = publish(*crowd, &mut caches.borrow_mut());
            woken.push(wake);
            shown
        }
    });
    let mut cases: [_; CROWDS.len()] = std::array::from_fn(|_| cases.next().expect("one each"));
    let shown = interleave(ROUNDS, cases.each_mut().map(|case| case as &mut dyn FnMut() -> f64));
    for (index, crowd) in CROWDS.iter().enumerate().skip(1) {
        table.row(&Row {
            what: &format!("until seen, {words}, {}", crowd.name()),
            unit: Unit::Nanoseconds,
            ours: shown.median(index),
            against: Some(shown.against(index, 0, "no reader")),
            goal: (!crowd.elsewhere).then_some(Goal::Ratio(1.2)),
        });
    }
    woken.map(median)
}

/// Publishes to a crowd. Returns two medians: the time until readers see the sample, and the
/// time of the system call that wakes waiting readers.
fn publish(crowd: Crowd, caches: &mut Caches) -> [f64; 2] {
    let (region, other) = (Region::new("crowd"), Region::new("crowd-elsewhere"));
    let (mut writer, mut apart) = (region.writer(), other.writer());
    let read = if crowd.elsewhere { &other } else { &region };
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
            let times = publish_in_turn(&mut writer, crowd.elsewhere.then_some(&mut apart), caches);
            stop.store(true, Ordering::Relaxed);
            writer.wake();
            apart.wake();
            times
        });
        writing.join().expect("the writer ends")
    })
}

/// Plays a reader that takes each sample, after a wake-up or by looking all the time.
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

fn publish_in_turn(
    writer: &mut Writer,
    mut apart: Option<&mut Writer>,
    caches: &mut Caches,
) -> [f64; 2] {
    let mut sample = sample_of(0);
    let (mut shown, mut woken) = (Vec::new(), Vec::new());
    for number in 0..samples(caches) {
        caches.leave();
        thread::sleep(PAUSE);
        // The daemon, too, has just written all words of the sample.
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

/// How many samples a turn has: fewer with sweeping, which takes twenty times as long as the
/// pause.
fn samples(caches: &Caches) -> u64 {
    match caches {
        Caches::Kept => 50,
        Caches::Swept(_) => 10,
    }
}

/// Prints how long memcpy(3) of as many bytes takes, into memory that another CPU copies.
fn copying(table: &mut Table) {
    let rounds = interleave(ROUNDS, [&mut || copy(1), &mut || copy(0)]);
    table.row(&Row {
        what: "memcpy, kept, 1 reader of what was written",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, "no reader")),
        goal: None,
    });
}

/// The median time of memcpy(3) into memory that `readers` threads copy, once after each
/// write.
fn copy(readers: usize) -> f64 {
    let region = Region::new("crowd-memcpy");
    drop(region.writer());
    let raw = region.raw();
    let (last, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                let (mut into, mut seen) = (sample_of(0), 0);
                while !stop.load(Ordering::Relaxed) {
                    let number = last.load(Ordering::Acquire);
                    if number == seen {
                        spin_loop();
                    } else {
                        memcpy_out(&raw, number, &mut into.0);
                        seen = number;
                    }
                }
            });
        }
        let writing = scope.spawn(|| {
            alone_on(0);
            let (mut sample, mut times) = (sample_of(0), Vec::new());
            for number in 1..=samples(&Caches::Kept) {
                thread::sleep(PAUSE);
                black_box(&mut sample.0).as_words_mut().fill(number);
                let start = Instant::now();
                memcpy_in(&raw, number, &sample.0);
                times.push(start.elapsed().as_nanos() as f64);
                last.store(number, Ordering::Release);
            }
            stop.store(true, Ordering::Relaxed);
            median(times)
        });
        writing.join().expect("the writer ends")
    })
}
