//! Where everything lies in the region: `PROTOCOL.md` as constants.
//!
//! Offsets are bytes from the start of the file, and multiples of 8. The writer
//! fills the header's first part once, and its magic last. `HEAD`, `STATE` and
//! `WAKE` are written with every sample, and so lie on cache lines of their own.

pub use crate::fields::{ABI_MINOR, LAYOUT_HASH};
use crate::fields::{POINT_BYTES, SNAPSHOT_BYTES};

/// The value of a region's first word: `rstatshm` in ASCII.
pub const MAGIC: u64 = u64::from_le_bytes(*b"rstatshm");
/// The major version. A new one means that readers of the old layout would misread the new.
pub const ABI_MAJOR: u16 = 1;

/// The magic number, [`MAGIC`].
pub const MAGIC_AT: usize = 0;
/// From the low bits up: major version (16), minor version (16), bytes of the header (32).
pub const VERSION_AT: usize = 8;
/// Size of the file, bytes.
pub const SEGMENT_BYTES_AT: usize = 16;
/// Low half: number of slots. High half: bytes from one slot to the next.
pub const SLOTS_AT: usize = 24;
/// Low half: bytes before the first slot. High half: bytes of a snapshot.
pub const SNAPSHOT_AT: usize = 32;
/// Low half: bytes before the history. High half: number of its points.
pub const HISTORY_AT: usize = 40;
/// Low half: bytes from one point of the history to the next. High half: bytes of a point.
pub const POINT_AT: usize = 48;
/// The writer's [`LAYOUT_HASH`].
pub const LAYOUT_HASH_AT: usize = 56;
/// The id of the boot, 16 bytes: times of CLOCK_MONOTONIC mean nothing in another boot.
pub const BOOT_ID_AT: usize = 64;
/// The number of the latest complete sample. 0 stands for no sample yet.
pub const HEAD_AT: usize = 128;
/// What the writer is doing, a [`WriterState`].
pub const STATE_AT: usize = 192;
/// The wake counter; its low half is the futex word. It changes with every sample and
/// with every state.
pub const WAKE_AT: usize = 200;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 256;

/// Samples that the region holds; sample `n` is in slot `n % SLOTS`.
pub const SLOTS: usize = 4;
/// Bytes from one slot to the next: a sequence word and a snapshot, in whole cache lines.
pub const SLOT_STRIDE: usize = (8 + SNAPSHOT_BYTES).next_multiple_of(64);
/// Bytes before the first slot.
pub const SLOTS_OFFSET: usize = HEADER_BYTES;
/// Points of the history; sample `n` is point `n % HISTORY_POINTS`.
pub const HISTORY_POINTS: usize = 1024;
/// Bytes from one point to the next: a sequence word and the point.
pub const POINT_STRIDE: usize = 8 + POINT_BYTES;
/// Bytes before the history.
pub const HISTORY_OFFSET: usize = SLOTS_OFFSET + SLOTS * SLOT_STRIDE;
/// Bytes of the whole file, in whole pages.
pub const SEGMENT_BYTES: usize =
    (HISTORY_OFFSET + HISTORY_POINTS * POINT_STRIDE).next_multiple_of(4096);

/// What the writer is doing, as the word at [`STATE_AT`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum WriterState {
    /// A daemon has the file and has published nothing yet. A sample in the region
    /// comes from the daemon before.
    Starting = 0,
    /// The daemon publishes samples.
    Running = 1,
    /// The daemon left in order. Another may follow.
    Stopped = 2,
    /// Another file has taken this one's name. Readers open the name again.
    Retired = 3,
}

impl WriterState {
    /// The state that a word stands for, if this version knows it.
    pub fn from_word(word: u64) -> Option<Self> {
        [Self::Starting, Self::Running, Self::Stopped, Self::Retired]
            .into_iter()
            .find(|state| *state as u64 == word)
    }
}

/// The constant words of this version's header, as offset and value, without magic and boot id.
pub const CONSTANTS: [(usize, u64); 7] = [
    (VERSION_AT, ABI_MAJOR as u64 | (ABI_MINOR as u64) << 16 | (HEADER_BYTES as u64) << 32),
    (SEGMENT_BYTES_AT, SEGMENT_BYTES as u64),
    (SLOTS_AT, pair(SLOTS, SLOT_STRIDE)),
    (SNAPSHOT_AT, pair(SLOTS_OFFSET, SNAPSHOT_BYTES)),
    (HISTORY_AT, pair(HISTORY_OFFSET, HISTORY_POINTS)),
    (POINT_AT, pair(POINT_STRIDE, POINT_BYTES)),
    (LAYOUT_HASH_AT, LAYOUT_HASH),
];

const fn pair(low: usize, high: usize) -> u64 {
    low as u64 | (high as u64) << 32
}

const _: () = {
    assert!(SEGMENT_BYTES < u32::MAX as usize);
    assert!(HISTORY_POINTS > SLOTS);
};
