//! The daemon retires and replaces a file that does not fit. Its readers keep the old file.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rstat_shm::Writer;
use rstat_shm::layout::{
    BOOT_ID_AT, HEAD_AT, LAYOUT_HASH, LAYOUT_HASH_AT, MAGIC, SEGMENT_BYTES, SEGMENT_BYTES_AT,
    VERSION_AT, WriterState,
};
use rstat_shm::trust::Trust;

use crate::exclusion::lock_for_reading;
use crate::stage::{Child, Stage, open, peek, poke, publish, read};

/// Checks the replacement of a region that `change` made unfit. The witnesses are a view of
/// the old file, a process that waits on the old file, and a view opened afterwards.
fn assert_replaced(change: impl Fn(&Stage)) {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 1..=6);
    let view = open(&stage.path());
    let mut waiting = Child::start("wait for each", &stage.path());
    assert_eq!(waiting.line(), "6");
    writer.stop();
    assert_eq!(waiting.line(), "Some(Stopped)");
    let old = fs::metadata(stage.path()).unwrap().ino();
    let mut waiting = Child::start("wait for each", &stage.path());
    assert_eq!(waiting.line(), "6");
    change(&stage);

    let mut writer = Writer::open(&stage.path()).unwrap();
    assert_eq!(waiting.line(), "Some(Retired)");
    assert_eq!(view.state(), Some(WriterState::Retired));
    assert_ne!(fs::metadata(stage.path()).unwrap().ino(), old);
    let new = open(&stage.path());
    assert_eq!((new.latest(), new.state()), (0, Some(WriterState::Starting)));
    publish(&mut writer, 100..=120);
    assert_eq!(read(&new).monotonic_ns, 120);
    // The old file is as whole as before.
    assert_eq!(read(&view).sequence, 6);
    assert!(!view.has_writer());
    assert_eq!(stage.names(), ["v1", "v1.lock"]);
}

#[test]
fn another_layout_is_replaced() {
    assert_replaced(|stage| poke(&stage.path(), LAYOUT_HASH_AT, LAYOUT_HASH ^ 1));
}

#[test]
fn another_version_is_replaced() {
    assert_replaced(|stage| poke(&stage.path(), VERSION_AT, 9 | 3 << 16 | 256 << 32));
}

#[test]
fn another_boot_is_replaced() {
    assert_replaced(|stage| poke(&stage.path(), BOOT_ID_AT, 1));
}

#[test]
fn a_longer_file_is_replaced() {
    assert_replaced(|stage| {
        let file = File::options().write(true).open(stage.path()).unwrap();
        file.write_all_at(&[0; 4096], SEGMENT_BYTES as u64).unwrap();
    });
}

#[test]
fn a_header_that_lies_about_its_size_is_replaced() {
    for bytes in [0, 8, 1 << 40, u64::MAX] {
        assert_replaced(|stage| poke(&stage.path(), SEGMENT_BYTES_AT, bytes));
    }
}

#[test]
fn a_region_that_a_reader_has_locked_is_replaced() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 1..=6);
    drop(writer);
    // Any user may open the file for reading, and then lock the file for reading.
    let reader = File::open(stage.path()).unwrap();
    lock_for_reading(&reader);
    let view = open(&stage.path());
    assert!(!view.has_writer(), "a reader's lock is not a writer's");
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [7]);
    assert_eq!(view.state(), Some(WriterState::Retired));
    assert_eq!(read(&open(&stage.path())).monotonic_ns, 7);
    assert!(open(&stage.path()).has_writer());
}

/// Only a fault of the daemon or of its machine could write such numbers.
#[test]
fn a_region_whose_head_names_no_sample_is_replaced() {
    for head in [u64::MAX, u64::MAX / 2, 1 << 63, 3, 8] {
        let stage = Stage::new();
        let mut writer = Writer::open(&stage.path()).unwrap();
        publish(&mut writer, [1]);
        drop(writer);
        poke(&stage.path(), HEAD_AT, head);
        let view = open(&stage.path());
        let mut writer = Writer::open(&stage.path()).unwrap();
        assert_eq!(view.state(), Some(WriterState::Retired), "head {head}");
        publish(&mut writer, [7]);
        assert_eq!(read(&open(&stage.path())).sequence, 1);
    }
}

/// Such a file could come from a version without slots: it has a header and nothing else.
#[test]
fn a_region_of_256_bytes_is_retired_without_a_fault() {
    let stage = Stage::new();
    let mut header = [0; 256];
    header[..8].copy_from_slice(&MAGIC.to_le_bytes());
    fs::write(stage.path(), header).unwrap();
    let old = File::open(stage.path()).unwrap();
    let mut writer = Writer::open(&stage.path()).unwrap();
    assert_eq!(peek(&old, 192), WriterState::Retired as u64);
    assert_eq!(peek(&old, 200), 1);
    assert_eq!(old.metadata().unwrap().len(), 256);
    publish(&mut writer, [7]);
    assert_eq!(read(&open(&stage.path())).sequence, 1);
}

/// After `Retired` a reader opens the name again, and must find another file there.
#[test]
fn a_reader_of_a_retired_region_finds_the_new_one() {
    const ROUNDS: usize = 300;
    let stage = Stage::new();
    drop(Writer::open(&stage.path()).unwrap());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                // Opening must succeed at every moment: the name always has a file.
                let view = open(&stage.path());
                while view.state() != Some(WriterState::Retired) && !done.load(Ordering::Relaxed) {}
                if view.state() == Some(WriterState::Retired) {
                    assert!(!view.is_at(&stage.path()), "retired, and nothing in its place");
                    seen += 1;
                }
            }
            seen
        });
        for round in 0..ROUNDS {
            poke_unless_failed(&stage, round as u64, &done);
            if reader.is_finished() {
                break;
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0, "the reader saw no retirement");
    });
}

/// Makes the region unfit in a word that readers ignore, and replaces the region.
fn poke_unless_failed(stage: &Stage, round: u64, done: &AtomicBool) {
    poke(&stage.path(), BOOT_ID_AT, round + 1);
    if let Err(error) = Writer::open(&stage.path()) {
        done.store(true, Ordering::Relaxed);
        panic!("{error}");
    }
}

/// Between a reader's `open` and its `fstat` the file may lose its name.
#[test]
fn a_reader_that_opens_during_a_replacement_is_not_refused() {
    const ROUNDS: u64 = 300;
    let stage = Stage::new();
    drop(Writer::open(&stage.path()).unwrap());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if let Err(error) = rstat_shm::View::open(&stage.path(), Trust::default()) {
                    return Some(error.to_string());
                }
            }
            None
        });
        for round in 0..ROUNDS {
            poke_unless_failed(&stage, round, &done);
        }
        done.store(true, Ordering::Relaxed);
        assert_eq!(reader.join().unwrap(), None);
    });
}
