//! Many readers of a writer that never pauses, waits that end, and readers of other users.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rstat_shm::layout::{HISTORY_POINTS, WriterState};
use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{Interrupt, View, WAKE_MOST, Writer};

use crate::roles::read_in_order;
use crate::stage::{Child, GIVE_UP, Stage, assert_whole_point, open, publish, read, sample};

/// Publishes without pause while `play` runs. A panic in `play` also ends the writer.
fn beside_a_busy_writer(mut writer: Writer, play: impl FnOnce()) {
    struct Stop<'flag>(&'flag AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for tag in 2.. {
                writer.publish(&mut sample(tag));
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let _stop = Stop(&done);
        play();
    });
}

#[test]
fn no_sample_is_torn_and_none_comes_before_its_predecessor() {
    const EACH: usize = 3;
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    beside_a_busy_writer(writer, || {
        let children: Vec<_> =
            (0..EACH).map(|_| Child::start("read many", &stage.path())).collect();
        thread::scope(|scope| {
            for _ in 0..EACH {
                scope.spawn(|| read_in_order(&open(&stage.path())));
            }
        });
        children.into_iter().for_each(Child::finish);
    });
}

#[test]
fn no_point_of_the_history_is_torn_and_they_come_in_order() {
    const READS: usize = 300;
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    beside_a_busy_writer(writer, || {
        let view = open(&stage.path());
        let mut points = vec![HistoryPoint::default(); HISTORY_POINTS];
        for _ in 0..READS {
            let filled = view.history(&mut points);
            points[..filled].iter().for_each(assert_whole_point);
            assert!(points[..filled].is_sorted_by(|a, b| a.monotonic_ns < b.monotonic_ns));
        }
    });
}

#[test]
fn one_view_serves_many_threads() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    let view: View = open(&stage.path());
    beside_a_busy_writer(writer, || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| read_in_order(&view));
            }
        });
    });
}

/// Publishes to a process that waits for every sample. After a lost wake-up that process
/// fails, [`GIVE_UP`] later.
fn assert_woken(mut child: Child, mut writer: Writer) {
    const ROUNDS: u64 = 200;
    assert_eq!(child.line(), "1");
    for number in 2..=ROUNDS {
        if number % 10 == 0 {
            // In other rounds the reader is mostly not yet asleep; after this pause it is.
            thread::sleep(Duration::from_millis(5));
        }
        publish(&mut writer, [number]);
        assert_eq!(child.line(), number.to_string());
    }
    writer.stop();
    assert_eq!(child.line(), "Some(Stopped)");
    child.finish();
}

#[test]
fn every_sample_and_every_state_wakes_a_reader_in_another_process() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    assert_woken(Child::start("wait for each", &stage.path()), writer);
}

#[test]
fn every_sample_and_every_state_wakes_a_reader_of_another_user() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    if let Some(child) = Child::start_as_other(&stage, "wait for each", &stage.path()) {
        assert_woken(child, writer);
    }
}

#[test]
fn a_wait_ends_at_once_with_news_and_else_after_its_timeout() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1, 2]);
    let view = open(&stage.path());
    let running = Some(WriterState::Running);
    let began = Instant::now();
    view.wait(1, running, GIVE_UP);
    view.wait(2, Some(WriterState::Stopped), GIVE_UP);
    view.wait(2, None, GIVE_UP);
    assert!(began.elapsed() < GIVE_UP, "slept although there was something to see");
    // With nothing to see, a wait ends after its timeout.
    view.wait(2, running, Duration::from_millis(1));
    view.wait(2, running, Duration::ZERO);
    assert_eq!(read(&view).sequence, 2);
}

#[test]
fn a_sample_and_an_interrupt_each_end_the_same_sleep() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    let (view, interrupt) = (open(&stage.path()), Interrupt::new());
    let running = Some(WriterState::Running);
    let until = |seen, enough: &dyn Fn() -> bool| {
        while !enough() {
            view.wait_or_interrupt(seen, running, GIVE_UP, &interrupt);
        }
    };
    // The pause is mostly long enough for the other thread to sleep. If not, the test still
    // passes, and proves less.
    let let_it_sleep = || thread::sleep(Duration::from_millis(20));
    let began = Instant::now();
    view.wait_or_interrupt(1, running, Duration::from_millis(1), &interrupt);
    thread::scope(|threads| {
        threads.spawn(|| until(1, &|| view.latest() == 2));
        let_it_sleep();
        publish(&mut writer, [2]);
    });
    thread::scope(|threads| {
        threads.spawn(|| until(2, &|| interrupt.is_raised()));
        let_it_sleep();
        interrupt.raise();
    });
    view.wait_or_interrupt(2, running, GIVE_UP, &interrupt);
    assert!(began.elapsed() < GIVE_UP, "a wait slept until its timeout");
}

#[test]
fn a_view_knows_a_living_daemon_from_a_killed_one() {
    let stage = Stage::new();
    let mut child = Child::start("publish one and stay", &stage.path());
    assert_eq!(child.line(), "published");
    let view = open(&stage.path());
    assert!(view.has_writer());
    if let Some(mut reader) = Child::start_as_other(&stage, "read one", &stage.path()) {
        assert_eq!(reader.line(), "1 true");
        reader.finish();
    }
    child.kill();
    assert!(!view.has_writer());
    assert_eq!(view.state(), Some(WriterState::Running), "a killed daemon changes no state");
    Child::start("publish one and leave", &stage.path()).finish();
    assert_eq!((read(&view).sequence, view.state()), (2, Some(WriterState::Stopped)));
}

/// Counts the threads of this process that sleep on a futex shared between processes.
/// `/proc/PID/task/TID/syscall` holds the call's number and arguments. A shared FUTEX_WAIT
/// is operation 0; between threads of one process the operation has a flag.
fn asleep() -> usize {
    let waits = |call: &String| {
        let mut words = call.split(' ');
        let number = words.next().and_then(|number| number.parse().ok());
        number == Some(libc::SYS_futex) && words.nth(1) == Some("0x0")
    };
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let calls = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("syscall")).ok());
    calls.filter(|call| waits(call)).count()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < GIVE_UP, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_sample_wakes_a_limited_number_of_readers_and_the_next_one_the_others() {
    const OTHERS: usize = 20;
    let most = WAKE_MOST as usize;
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    let view = open(&stage.path());
    let woken = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..most + OTHERS {
            scope.spawn(|| {
                view.wait(1, Some(WriterState::Running), GIVE_UP);
                woken.fetch_add(1, Ordering::Relaxed);
            });
        }
        until("all sleep", || asleep() == most + OTHERS);
        publish(&mut writer, [2]);
        until("the first have awoken", || woken.load(Ordering::Relaxed) == most);
        until("only the others sleep on", || asleep() == OTHERS);
        assert_eq!(woken.load(Ordering::Relaxed), most);
        publish(&mut writer, [3]);
        until("the others have awoken", || woken.load(Ordering::Relaxed) == most + OTHERS);
    });
}
