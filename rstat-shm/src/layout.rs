//! Where everything is in the region: `PROTOCOL.md` as constants.
//!
//! Offsets are in bytes from the start of the file and multiples of 8. The
//! header's first part is written once, the magic last; `HEAD`, `STATE` and
//! `WAKE` change with every sample and lie on cache lines of their own.

use crate::fields::FIELDS;
use crate::snapshot::{Gpu, HISTORY_WORDS, HistoryPoint, Process, SNAPSHOT_WORDS, Snapshot};

/// The first word of every region: `rstatshm` in ASCII.
pub const MAGIC: u64 = u64::from_le_bytes(*b"rstatshm");
/// Changes when a reader of the old layout would misread the new one.
pub const ABI_MAJOR: u16 = 1;
/// Changes when fields are appended to the snapshot.
pub const ABI_MINOR: u16 = 0;

/// Magic.
pub const MAGIC_AT: usize = 0;
/// Major version (16 bits), minor version (16 bits), bytes of the header (32 bits).
pub const VERSION_AT: usize = 8;
/// Bytes of the file.
pub const SEGMENT_BYTES_AT: usize = 16;
/// Number of slots, bytes from one to the next.
pub const SLOTS_AT: usize = 24;
/// Bytes before the first slot, bytes of a snapshot.
pub const SNAPSHOT_AT: usize = 32;
/// Bytes before the history, points in it.
pub const HISTORY_AT: usize = 40;
/// Bytes from one point of the history to the next, bytes of a point.
pub const POINT_AT: usize = 48;
/// [`LAYOUT_HASH`] of the writer.
pub const LAYOUT_HASH_AT: usize = 56;
/// The boot, 16 bytes: times of CLOCK_MONOTONIC mean nothing in another one.
pub const BOOT_ID_AT: usize = 64;
/// Number of the latest complete sample; 0: none yet.
pub const HEAD_AT: usize = 128;
/// [`State`].
pub const STATE_AT: usize = 192;
/// The futex word is its low half: it changes with every sample and every state.
pub const WAKE_AT: usize = 200;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 256;

/// Samples that the region holds; sample `n` is in slot `n % SLOTS`.
pub const SLOTS: usize = 4;
/// Bytes from one slot to the next: a sequence word and a snapshot, in whole cache lines.
pub const SLOT_STRIDE: usize = (8 + SNAPSHOT_WORDS * 8).next_multiple_of(64);
/// Bytes before the first slot.
pub const SLOTS_OFFSET: usize = HEADER_BYTES;
/// Points of the history; sample `n` is point `n % HISTORY_POINTS`.
pub const HISTORY_POINTS: usize = 1024;
/// Bytes from one point to the next: a sequence word and the point.
pub const POINT_STRIDE: usize = 8 + HISTORY_WORDS * 8;
/// Bytes before the history.
pub const HISTORY_OFFSET: usize = SLOTS_OFFSET + SLOTS * SLOT_STRIDE;
/// Bytes of the whole file, in whole pages.
pub const SEGMENT_BYTES: usize =
    (HISTORY_OFFSET + HISTORY_POINTS * POINT_STRIDE).next_multiple_of(4096);

/// What the writer is doing; the value of the word at [`STATE_AT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum State {
    /// A daemon has the file and has published nothing yet; a sample that is
    /// there is its predecessor's.
    Starting = 0,
    /// Samples are published.
    Running = 1,
    /// The daemon left in order; another may come.
    Stopped = 2,
    /// Another file has taken this one's name: open again.
    Retired = 3,
}

impl State {
    /// The state that a word stands for, if this version knows it.
    pub fn from_word(word: u64) -> Option<Self> {
        [Self::Starting, Self::Running, Self::Stopped, Self::Retired]
            .into_iter()
            .find(|state| *state as u64 == word)
    }
}

/// Tells two builds of one version apart whose snapshots differ: FNV-1a over
/// the names, places and types of all fields and the sizes of all records.
pub const LAYOUT_HASH: u64 = {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut index = 0;
    while index < FIELDS.len() {
        let field = &FIELDS[index];
        hash = fnv1a(hash, field.name.as_bytes());
        hash = fnv1a(hash, &[field.offset as u8, (field.offset >> 8) as u8, field.kind as u8]);
        index += 1;
    }
    let sizes = [
        size_of::<Snapshot>(),
        size_of::<Process>(),
        size_of::<Gpu>(),
        size_of::<HistoryPoint>(),
        SLOTS,
        HISTORY_POINTS,
    ];
    let mut index = 0;
    while index < sizes.len() {
        hash = fnv1a(hash, &sizes[index].to_le_bytes());
        index += 1;
    }
    hash
};

const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    hash
}

/// The constant words of a header this version writes, without magic and boot id.
pub const CONSTANTS: [(usize, u64); 7] = [
    (VERSION_AT, ABI_MAJOR as u64 | (ABI_MINOR as u64) << 16 | (HEADER_BYTES as u64) << 32),
    (SEGMENT_BYTES_AT, SEGMENT_BYTES as u64),
    (SLOTS_AT, pair(SLOTS, SLOT_STRIDE)),
    (SNAPSHOT_AT, pair(SLOTS_OFFSET, size_of::<Snapshot>())),
    (HISTORY_AT, pair(HISTORY_OFFSET, HISTORY_POINTS)),
    (POINT_AT, pair(POINT_STRIDE, size_of::<HistoryPoint>())),
    (LAYOUT_HASH_AT, LAYOUT_HASH),
];

const fn pair(low: usize, high: usize) -> u64 {
    low as u64 | (high as u64) << 32
}

const _: () = {
    assert!(SEGMENT_BYTES < u32::MAX as usize);
    assert!(HISTORY_POINTS > SLOTS);
};
