//! Regions of later and earlier minor versions. A reader gets the words that both versions
//! know; words that the region lacks are unknown.

use std::fs;
use std::mem::offset_of;
use std::path::Path;

use rstat_shm::layout::{
    ABI_MAJOR, ABI_MINOR, HEAD_AT, HEADER_BYTES, HISTORY_AT, LAYOUT_HASH, LAYOUT_HASH_AT, MAGIC,
    MAGIC_AT, POINT_AT, SEGMENT_BYTES_AT, SLOTS_AT, SNAPSHOT_AT, VERSION_AT,
};
use rstat_shm::snapshot::{HISTORY_WORDS, HistoryPoint, SNAPSHOT_WORDS};
use rstat_shm::{Room, Snapshot};

use crate::stage::{Stage, open, sample};

const SLOTS: usize = 3;
const POINTS: usize = 7;
const SAMPLES: usize = 20;
/// The words that another version has behind the words of this version's records.
const APPENDED: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// Writes a region of another minor version. Its records have the given numbers of words.
fn make(path: &Path, snapshot_words: usize, point_words: usize) {
    let (slots_at, slot_stride) = (HEADER_BYTES / 8 + 8, snapshot_words + 3);
    let (history_at, point_stride) = (slots_at + SLOTS * slot_stride, point_words + 1);
    let mut words = vec![0; history_at + POINTS * point_stride];
    let pair = |low: usize, high: usize| (low * 8) as u64 | (high as u64) << 32;
    for (offset, word) in [
        (MAGIC_AT, MAGIC),
        (VERSION_AT, u64::from(ABI_MAJOR) | u64::from(ABI_MINOR + 1) << 16 | 256 << 32),
        (SEGMENT_BYTES_AT, words.len() as u64 * 8),
        (SLOTS_AT, SLOTS as u64 | (slot_stride as u64 * 8) << 32),
        (SNAPSHOT_AT, pair(slots_at, snapshot_words * 8)),
        (HISTORY_AT, pair(history_at, POINTS)),
        (POINT_AT, pair(point_stride, point_words * 8)),
        (LAYOUT_HASH_AT, !LAYOUT_HASH),
        (HEAD_AT, SAMPLES as u64),
    ] {
        words[offset / 8] = word;
    }
    for number in 1..=SAMPLES {
        let sample = sample(number as u64);
        let mut put = |at: usize, known: &[u64], wanted: usize| {
            words[at] = 2 * number as u64;
            for index in 0..wanted {
                words[at + 1 + index] = known.get(index).copied().unwrap_or(APPENDED);
            }
        };
        put(slots_at + number % SLOTS * slot_stride, sample.as_words(), snapshot_words);
        let point = HistoryPoint::from(&sample);
        put(history_at + number % POINTS * point_stride, point.as_words(), point_words);
    }
    let bytes: Vec<_> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    fs::write(path, bytes).unwrap();
}

/// Checks what is read from such a region: this version's words as far as the region has
/// them, then zeros.
fn check(snapshot_words: usize, point_words: usize) {
    let stage = Stage::new();
    make(&stage.path(), snapshot_words, point_words);
    let view = open(&stage.path());
    let cut = |words: &mut [u64], known: usize| {
        let known = known.min(words.len());
        words[known..].fill(0);
    };

    // The old content of the target must not show through.
    let mut read = sample(77);
    view.snapshot(&mut read).unwrap();
    let mut expected = sample(SAMPLES as u64);
    cut(expected.as_words_mut(), snapshot_words);
    assert_eq!(read, expected);

    // A caller that asks for more words than this version knows gets the region's words.
    let mut words = vec![!APPENDED; SNAPSHOT_WORDS + 12];
    assert_eq!(view.snapshot_words(Room::from(&mut words[..])), Ok(SAMPLES as u64));
    let mut expected = sample(SAMPLES as u64).as_words().to_vec();
    expected.resize(words.len(), APPENDED);
    cut(&mut expected, snapshot_words);
    assert_eq!(words, expected);

    let mut points = [HistoryPoint::default(); 2 * POINTS];
    assert_eq!(view.history(&mut points), POINTS);
    for (point, number) in points[..POINTS].iter().zip(SAMPLES - POINTS + 1..) {
        let mut expected = HistoryPoint::from(&sample(number as u64));
        cut(expected.as_words_mut(), point_words);
        assert_eq!(*point, expected);
    }

    let each = HISTORY_WORDS + 3;
    let mut words = vec![!APPENDED; 2 * POINTS * each];
    assert_eq!(view.history_words(Room::from(&mut words[..]), each), POINTS);
    for (point, number) in words.chunks(each).zip(SAMPLES - POINTS + 1..=SAMPLES) {
        let mut expected = HistoryPoint::from(&sample(number as u64)).as_words().to_vec();
        expected.resize(each, APPENDED);
        cut(&mut expected, point_words);
        assert_eq!(point, expected);
    }
    assert!(words[POINTS * each..].iter().all(|word| *word == !APPENDED));
}

#[test]
fn records_of_another_minor_version_are_read_as_far_as_both_know_them() {
    check(SNAPSHOT_WORDS, HISTORY_WORDS);
    check(SNAPSHOT_WORDS + 9, HISTORY_WORDS + 2);
    check(offset_of!(Snapshot, cores) / 8, HISTORY_WORDS - 1);
    check(1, 1);
}
