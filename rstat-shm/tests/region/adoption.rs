//! A restarted daemon goes on in the file of the daemon before.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rstat_shm::layout::{HEAD_AT, SLOT_STRIDE, SLOTS, SLOTS_OFFSET, WriterState};
use rstat_shm::{Snapshot, Unread, View, Writer};

use crate::stage::{Child, Stage, open, peek, poke, publish, read};

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

fn slot(number: u64) -> usize {
    SLOTS_OFFSET + (number % SLOTS as u64) as usize * SLOT_STRIDE
}

#[test]
fn a_fresh_region_is_empty_until_its_first_sample() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    let view = open(&stage.path());
    let mut sample = Snapshot::EMPTY;
    sample.processes = 7;
    assert_eq!(view.snapshot(&mut sample), Err(Unread::Empty));
    assert_eq!(sample, Snapshot::EMPTY);
    assert_eq!((view.latest(), view.state()), (0, Some(WriterState::Starting)));
    assert!(view.has_writer());

    publish(&mut writer, [1]);
    assert_eq!(read(&view).sequence, 1);
    assert_eq!((view.latest(), view.state()), (1, Some(WriterState::Running)));
    assert_eq!(stage.names(), ["v1", "v1.lock"]);
}

#[test]
fn every_slot_is_used_in_turn() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    let view = open(&stage.path());
    for number in 1..=3 * SLOTS as u64 {
        publish(&mut writer, [number]);
        assert_eq!(read(&view).sequence, number);
        assert_eq!(peek(&File::open(stage.path()).unwrap(), slot(number)), 2 * number);
    }
}

/// Checks what an open view sees of a daemon that follows another in the same file.
fn assert_goes_on(path: &Path, view: &View, before: &Snapshot, file: u64) {
    let mut writer = Writer::open(path).unwrap();
    assert_eq!(inode(path), file, "the file was replaced");
    assert_eq!(view.state(), Some(WriterState::Starting));
    assert!(view.has_writer());
    // The last sample of the daemon before stays until the first new one.
    assert_eq!(&read(view), before);

    publish(&mut writer, [1_000_000_007]);
    let after = read(view);
    assert_eq!(after.sequence, before.sequence + 1);
    assert_eq!(after.monotonic_ns, 1_000_000_007);
    assert_eq!(view.state(), Some(WriterState::Running));
    assert_eq!(read(&open(path)), after);
    // All samples of a run carry one instance number, and each run has another.
    publish(&mut writer, [1_000_000_009]);
    assert_eq!(read(view).instance, after.instance);
    assert_ne!(before.instance, after.instance);
}

#[test]
fn a_daemon_that_left_in_order_is_followed_in_place() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 1..=6);
    let view = open(&stage.path());
    writer.stop();
    assert_eq!(view.state(), Some(WriterState::Stopped));
    assert!(!view.has_writer());
    let before = read(&view);
    assert_eq!(before.sequence, 6);
    assert_goes_on(&stage.path(), &view, &before, inode(&stage.path()));
}

#[test]
fn a_daemon_that_was_killed_is_followed_in_place() {
    let stage = Stage::new();
    // The kill comes at any point of the daemon's work, also in mid-write.
    for _ in 0..10 {
        let mut child = Child::start("publish without pause", &stage.path());
        assert_eq!(child.line(), "open");
        let view = open(&stage.path());
        let began = view.latest();
        while view.latest() < began + 100 {
            assert!(view.has_writer());
        }
        child.kill();
        assert!(!view.has_writer());
        assert_ne!(view.state(), Some(WriterState::Stopped));
        let before = read(&view);
        assert_eq!(before.sequence, view.latest());
        assert_goes_on(&stage.path(), &view, &before, inode(&stage.path()));
    }
}

#[test]
fn a_daemon_that_died_in_mid_write_leaves_the_sample_before_readable() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 1..=9);
    let view = open(&stage.path());
    drop(writer);
    // The region now holds half of sample 10: its odd sequence and some words.
    poke(&stage.path(), slot(10), 2 * 10 - 1);
    for word in 1..100 {
        poke(&stage.path(), slot(10) + 8 * word, !0);
    }
    let before = read(&view);
    assert_eq!(before.sequence, 9);
    assert_goes_on(&stage.path(), &view, &before, inode(&stage.path()));
    // This daemon died after the sample was complete and before `HEAD` named the sample.
    poke(&stage.path(), HEAD_AT, 9);
    assert_eq!(read(&view), before);
    assert_goes_on(&stage.path(), &view, &before, inode(&stage.path()));
}
