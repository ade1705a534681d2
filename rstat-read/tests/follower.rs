//! A follower reports everything that happens to a region, once.

mod region;
mod samples;

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;

use region::{GIVE_UP, LONG, SHORT, Scratch, published};
use rstat_read::{Follower, Freshness};
use rstat_shm::layout::HEAD_AT;

/// Follows a region in a thread that ends with the test program.
fn follow(path: PathBuf) -> Receiver<(Freshness, u64)> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut follower = Follower::new(Some(&path));
        loop {
            let state = follower.wait();
            let number = follower.sample().map_or(0, |sample| sample.sequence);
            if sender.send((state, number)).is_err() {
                return;
            }
        }
    });
    receiver
}

#[track_caller]
fn expect(events: &Receiver<(Freshness, u64)>, state: Freshness, number: u64) {
    assert_eq!(events.recv_timeout(GIVE_UP), Ok((state, number)));
}

#[test]
fn a_damaged_region_is_reported_and_left_alone() {
    let scratch = Scratch::new();
    let writer = published(&scratch);
    drop(writer);
    let file = fs::OpenOptions::new().write(true).open(scratch.region()).unwrap();
    // Makes the region malformed: no slot has a sample of this number.
    file.write_all_at(&1_000_u64.to_ne_bytes(), HEAD_AT as u64).unwrap();
    drop(file);

    let events = follow(scratch.region());
    expect(&events, Freshness::Stale, 0);
    assert_eq!(events.recv_timeout(SHORT * 10), Err(RecvTimeoutError::Timeout));
    region::writer(&scratch.region()).publish(&mut samples::fresh(LONG));
    // The daemon does not adopt a malformed file: it makes a new one.
    expect(&events, Freshness::Fresh, 1);
}

#[test]
fn a_life_from_absent_to_absent() {
    let scratch = Scratch::new();
    let events = follow(scratch.region());
    expect(&events, Freshness::Absent, 0);

    let mut writer = region::writer(&scratch.region());
    expect(&events, Freshness::Starting, 0);
    for number in 1..=3 {
        writer.publish(&mut samples::fresh(LONG));
        expect(&events, Freshness::Fresh, number);
    }
    writer.stop();
    expect(&events, Freshness::Stopped, 3);

    let mut writer = region::writer(&scratch.region());
    // The last sample is not too old, and a daemon lives again: the region is fresh.
    expect(&events, Freshness::Fresh, 3);
    writer.publish(&mut samples::fresh(LONG));
    expect(&events, Freshness::Fresh, 4);
    // This sample is overdue at once, and its writer ends.
    let mut sample = samples::fresh(SHORT);
    sample.monotonic_ns -= 2 * SHORT.as_nanos() as u64;
    writer.publish(&mut sample);
    drop(writer);
    loop {
        match events.recv_timeout(GIVE_UP) {
            // The follower saw the sample while the writer still lived.
            Ok((Freshness::Fresh, 5)) => {}
            last => break assert_eq!(last, Ok((Freshness::Stale, 5))),
        }
    }

    // The numbers of samples begin anew in a new file.
    fs::remove_file(scratch.region()).unwrap();
    let _writer = published(&scratch);
    expect(&events, Freshness::Fresh, 1);
}

#[test]
fn a_region_that_others_may_write_is_refused_until_they_may_not() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let mode = |mode| {
        fs::set_permissions(scratch.region(), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o666);
    let events = follow(scratch.region());
    expect(&events, Freshness::Refused, 0);
    mode(0o644);
    expect(&events, Freshness::Fresh, 1);
}
