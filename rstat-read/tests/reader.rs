//! A reader stays open through everything that happens to its daemon.

mod region;
mod samples;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use region::{GIVE_UP, LONG, SHORT, Scratch};
use rstat_read::{Event, Freshness, HistoryPoint, Reader, Snapshot, Unread};
use rstat_shm::trust::Trust;
use rstat_shm::{View, Writer, layout};

fn publish(writer: &mut Writer, period: Duration) {
    writer.publish(&mut samples::fresh(period));
}

fn take(reader: &Reader) -> Snapshot {
    let mut sample = Snapshot::EMPTY;
    reader.snapshot(&mut sample).unwrap();
    sample
}

/// Waits until the reader reports `expected`, whatever it reports before.
fn wait_for(reader: &Reader, expected: Freshness) {
    while reader.state() != expected {
        assert!(reader.wait(GIVE_UP).is_some(), "never {expected:?}");
        // Earlier samples do not matter; taking the sample lets `wait` sleep again.
        let _ = reader.snapshot(&mut Snapshot::EMPTY.clone());
    }
}

/// Gives the file another boot id, so that no daemon adopts it.
fn make_unfit(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&[0xff; 16], layout::BOOT_ID_AT as u64).unwrap();
}

#[test]
fn a_daemon_that_goes_and_comes_is_seen_without_opening_again() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, SHORT);
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    let first = take(&reader);

    // The writer is dropped as if it was killed: the lock ends, and the region's state stays.
    drop(writer);
    wait_for(&reader, Freshness::Stale);
    assert_eq!(take(&reader), first, "the last good sample stays");

    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, LONG);
    assert_eq!(reader.wait(GIVE_UP), Some(Event::Sample));
    let second = take(&reader);
    assert_eq!(reader.state(), Freshness::Fresh);
    assert_eq!(second.sequence, first.sequence + 1);
    assert_ne!(second.instance, first.instance);
}

#[test]
fn a_daemon_that_stops_says_so_at_once() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, LONG);
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    take(&reader);
    assert_eq!(reader.state(), Freshness::Fresh);
    writer.stop();
    assert_eq!(reader.wait(GIVE_UP), Some(Event::State));
    assert_eq!(reader.state(), Freshness::Stopped);
    assert_eq!(reader.wait(Duration::ZERO), None, "each state is reported once");
}

#[test]
fn a_state_that_changed_before_the_nap_ends_it() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, LONG);
    let view = View::open(&scratch.region(), Trust::default()).unwrap();
    let before = view.state();
    writer.stop();
    let start = Instant::now();
    view.wait(view.latest(), before, 2 * GIVE_UP);
    assert!(start.elapsed() < GIVE_UP, "slept through it");
}

#[test]
fn a_daemon_that_hangs_is_stale_although_it_lives() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, SHORT);
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    take(&reader);
    wait_for(&reader, Freshness::Stale);
    assert!(reader.age().unwrap() >= 3 * SHORT, "not before three periods have passed");
    publish(&mut writer, LONG);
    assert_eq!(reader.wait(GIVE_UP), Some(Event::Sample));
    assert_eq!(reader.state(), Freshness::Fresh);
}

#[test]
fn a_retired_region_is_followed_to_its_successor() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, LONG);
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    let old = take(&reader);
    drop(writer);
    make_unfit(&scratch.region());

    let mut writer = region::writer(&scratch.region());
    assert_eq!(reader.wait(Duration::ZERO), None);
    assert_eq!(take(&reader), old, "the last good sample stays until there is a newer one");

    // This sample has the number of the old one and is new all the same.
    publish(&mut writer, LONG);
    assert_eq!(reader.wait(GIVE_UP), Some(Event::Sample));
    let new = take(&reader);
    assert_eq!((new.sequence, old.sequence), (1, 1));
    assert_ne!(new.instance, old.instance);
    publish(&mut writer, LONG);
    assert_eq!(reader.wait(GIVE_UP), Some(Event::Sample));
}

#[test]
fn a_region_that_was_removed_is_found_again_by_its_name() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, SHORT);
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    let old = take(&reader);
    drop(writer);
    fs::remove_file(scratch.region()).unwrap();
    wait_for(&reader, Freshness::Stale);
    assert_eq!(take(&reader), old);

    let mut writer = region::writer(&scratch.region());
    publish(&mut writer, LONG);
    assert_eq!(reader.wait(GIVE_UP), Some(Event::Sample));
    assert_ne!(take(&reader).instance, old.instance);
    assert_eq!(reader.state(), Freshness::Fresh);
}

#[test]
fn a_region_without_a_sample_is_starting() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    assert_eq!(reader.state(), Freshness::Starting);
    assert_eq!(reader.age(), None);
    assert_eq!(reader.snapshot(&mut Snapshot::EMPTY.clone()), Err(Unread::Empty));
    assert_eq!(reader.wait(Duration::ZERO), None);
    publish(&mut writer, LONG);
    assert_eq!(reader.wait(GIVE_UP), Some(Event::Sample));
    assert_eq!(reader.state(), Freshness::Fresh);
}

#[test]
fn a_sample_of_the_future_is_no_sign_of_life() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let mut sample = samples::fresh(LONG);
    sample.monotonic_ns = u64::MAX;
    writer.publish(&mut sample);
    drop(writer);
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    take(&reader);
    wait_for(&reader, Freshness::Stale);
}

#[test]
fn the_history_is_there_from_the_first_look() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    for _ in 0..10 {
        publish(&mut writer, LONG);
    }
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    let mut points = [HistoryPoint::default(); 4];
    assert_eq!(reader.history(&mut points), 4);
    assert!(points.is_sorted_by_key(|point| point.monotonic_ns));
    assert_eq!(points[3].monotonic_ns, take(&reader).monotonic_ns);
    assert_eq!(reader.history(&mut [HistoryPoint::default(); 100]), 10);
}

#[test]
fn a_sample_is_new_once() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    let mut sample = samples::ordinary();
    assert_eq!(reader.snapshot_if_new(&mut sample), Ok(false), "there is none yet");
    assert_eq!(sample, samples::ordinary());
    for number in 1..=9 {
        publish(&mut writer, LONG);
        assert_eq!(reader.snapshot_if_new(&mut sample), Ok(true));
        assert_eq!(sample.sequence, number);
        sample = samples::ordinary();
        assert_eq!(reader.snapshot_if_new(&mut sample), Ok(false));
        assert_eq!(sample, samples::ordinary(), "what is not new is not touched");
    }
    publish(&mut writer, LONG);
    take(&reader);
    assert_eq!(reader.snapshot_if_new(&mut sample), Ok(false), "taken otherwise");
}
