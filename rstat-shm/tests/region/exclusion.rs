//! A region has one daemon at a time, also when a user deletes its files.
#![expect(unsafe_code, reason = "std has no locks that belong to an open file")]

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::sync::Barrier;
use std::thread;

use rstat_shm::layout::WriterState;
use rstat_shm::{Error, Writer};

use crate::stage::{Child, Stage, open, publish, read};

/// Takes a read lock on the whole file, as any reader may. The lock lasts until the file
/// is closed.
pub fn lock_for_reading(file: &File) {
    let lock = libc::flock {
        l_type: libc::F_RDLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    // SAFETY: the descriptor is open and `lock` is a valid flock. The result does not matter:
    // the writer may have locked the file first.
    let _ = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
}

fn assert_in_use(stage: &Stage) {
    let error = Writer::open(&stage.path()).err().expect("a second daemon was let in");
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    let view = open(&stage.path());
    assert!(view.has_writer());
    assert_ne!(view.state(), Some(WriterState::Retired));
}

#[test]
fn a_second_daemon_is_turned_away() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    assert_in_use(&stage);
    let mut child = Child::start("open for publishing", &stage.path());
    let text =
        format!("publish to region {}: another rstatd publishes there", stage.path().display());
    assert_eq!(child.line(), text);
    child.finish();
    publish(&mut writer, [2]);
    assert_eq!(read(&open(&stage.path())).sequence, 2);
    writer.stop();
    assert!(Writer::open(&stage.path()).is_ok());
}

#[test]
fn of_several_daemons_that_start_at_once_one_gets_the_region() {
    const ROUNDS: usize = 50;
    const DAEMONS: usize = 4;
    for _ in 0..ROUNDS {
        let stage = Stage::new();
        let (start, tried) = (Barrier::new(DAEMONS), Barrier::new(DAEMONS));
        let one = || {
            start.wait();
            let writer = Writer::open(&stage.path());
            // Every writer stays open until all threads have tried.
            tried.wait();
            match writer {
                Ok(_) => 1,
                Err(Error::InUse { .. }) => 0,
                Err(error) => panic!("{error}"),
            }
        };
        let winners: usize = thread::scope(|scope| {
            let daemons: Vec<_> = (0..DAEMONS).map(|_| scope.spawn(one)).collect();
            daemons.into_iter().map(|daemon| daemon.join().unwrap()).sum()
        });
        assert_eq!(winners, 1);
    }
}

#[test]
fn a_deleted_lock_file_does_not_let_a_second_daemon_in() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    fs::remove_file(stage.beside(".lock")).unwrap();
    assert_in_use(&stage);
    publish(&mut writer, [2]);
    assert_eq!(read(&open(&stage.path())).sequence, 2);
}

#[test]
fn a_deleted_region_stays_with_its_writer_and_its_readers() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [1]);
    let view = open(&stage.path());
    assert!(view.is_at(&stage.path()));
    fs::remove_file(stage.path()).unwrap();
    assert!(!view.is_at(&stage.path()));
    publish(&mut writer, [2]);
    assert_eq!(read(&view).sequence, 2);
    assert!(matches!(Writer::open(&stage.path()), Err(Error::InUse { .. })));
    assert_eq!(stage.names(), ["v1.lock"]);

    writer.stop();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, [3]);
    assert_eq!(read(&open(&stage.path())).sequence, 1);
    assert_eq!(view.state(), Some(WriterState::Stopped));
}
