//! The history has whole points, oldest first, also after restarts and round the ring.

use rstat_shm::layout::{HEAD_AT, HISTORY_POINTS};
use rstat_shm::snapshot::HistoryPoint;
use rstat_shm::{View, Writer};

use crate::stage::{Stage, assert_whole_point, open, poke, publish, sample};

const POINTS: u64 = HISTORY_POINTS as u64;

#[track_caller]
fn check(view: &View, room: usize, tags: impl Iterator<Item = u64>) {
    let mut points = vec![HistoryPoint::default(); room];
    let filled = view.history(&mut points);
    points[..filled].iter().for_each(assert_whole_point);
    let found: Vec<_> = points[..filled].iter().map(|point| point.monotonic_ns).collect();
    assert_eq!(found, tags.collect::<Vec<_>>());
}

#[test]
fn the_history_grows_to_its_ring_and_then_forgets_the_oldest() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    let view = open(&stage.path());
    check(&view, 10, 0..0);
    publish(&mut writer, 1..=3);
    check(&view, 0, 0..0);
    check(&view, 2, 2..=3);
    check(&view, 10, 1..=3);
    publish(&mut writer, 4..=POINTS);
    check(&view, HISTORY_POINTS, 1..=POINTS);
    publish(&mut writer, POINTS + 1..=2 * POINTS + 5);
    check(&view, HISTORY_POINTS, POINTS + 6..=2 * POINTS + 5);
    check(&view, 2 * HISTORY_POINTS, POINTS + 6..=2 * POINTS + 5);
}

#[test]
fn the_history_goes_on_after_a_restart() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 1..=5);
    writer.stop();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 1001..=1003);
    check(&open(&stage.path()), 100, (1..=5).chain(1001..=1003));
    // A third daemon publishes until the ring overwrites the first four points.
    drop(writer);
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 2000..2000 + POINTS - 4);
    check(
        &open(&stage.path()),
        HISTORY_POINTS,
        (5..6).chain(1001..=1003).chain(2000..2000 + POINTS - 4),
    );
}

#[test]
fn a_head_that_names_no_sample_causes_no_panic() {
    let stage = Stage::new();
    let mut writer = Writer::open(&stage.path()).unwrap();
    publish(&mut writer, 1..=5);
    let view = open(&stage.path());
    for head in [u64::MAX, u64::MAX - 1, 1000] {
        poke(&stage.path(), HEAD_AT, head);
        check(&view, 0, 0..0);
        check(&view, 3, 0..0);
        assert!(view.snapshot(&mut sample(1)).is_err());
    }
}
