//! Where everything lies in the region: `PROTOCOL.md` as constants.
//!
//! Offsets are bytes from the start of the file, and multiples of 8. The writer
//! fills the header's first part once, and its magic last. `HEAD`, `STATE` and
//! `WAKE` are written with every sample, and so lie on cache lines of their own.

use std::mem::offset_of;

use crate::fields::FIELDS;
use crate::snapshot::{
    Application, Gpu, HISTORY_WORDS, HistoryPoint, Process, SNAPSHOT_WORDS, Snapshot, Stuck,
};

/// The value of a region's first word: `rstatshm` in ASCII.
pub const MAGIC: u64 = u64::from_le_bytes(*b"rstatshm");
/// The major version. A new one means that readers of the old layout would misread the new.
pub const ABI_MAJOR: u16 = 1;
/// The minor version. A new one means that the snapshot has more fields at its end.
pub const ABI_MINOR: u16 = 0;

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

/// Sizes of the records and offsets of their members, as far as [`FIELDS`] lacks them.
#[rustfmt::skip]
const RECORDS: &[usize] = &[
    SLOTS, HISTORY_POINTS,
    size_of::<Snapshot>(),
    offset_of!(Snapshot, top_cpu), offset_of!(Snapshot, top_memory), offset_of!(Snapshot, top_io),
    offset_of!(Snapshot, top_cpu_applications), offset_of!(Snapshot, top_memory_applications), offset_of!(Snapshot, top_io_applications),
    offset_of!(Snapshot, blocked), offset_of!(Snapshot, zombies), offset_of!(Snapshot, gpus),
    offset_of!(Snapshot, fans_rpm), offset_of!(Snapshot, cores_online), offset_of!(Snapshot, cores),
    size_of::<Process>(),
    offset_of!(Process, pid), offset_of!(Process, count), offset_of!(Process, flags),
    offset_of!(Process, cpu_ppm), offset_of!(Process, rss_bytes), offset_of!(Process, read_bytes_per_s),
    offset_of!(Process, write_bytes_per_s), offset_of!(Process, comm),
    size_of::<Application>(),
    offset_of!(Application, count), offset_of!(Application, flags), offset_of!(Application, cpu_ppm),
    offset_of!(Application, reserved), offset_of!(Application, rss_bytes), offset_of!(Application, read_bytes_per_s),
    offset_of!(Application, write_bytes_per_s), offset_of!(Application, name),
    size_of::<Stuck>(),
    offset_of!(Stuck, pid), offset_of!(Stuck, threads), offset_of!(Stuck, comm),
    size_of::<Gpu>(),
    offset_of!(Gpu, driver), offset_of!(Gpu, state), offset_of!(Gpu, valid),
    offset_of!(Gpu, busy_ppm), offset_of!(Gpu, frequency_mhz), offset_of!(Gpu, frequency_limit_mhz),
    offset_of!(Gpu, temperature_mc), offset_of!(Gpu, throttle), offset_of!(Gpu, power_uw),
    offset_of!(Gpu, memory_used_bytes), offset_of!(Gpu, memory_total_bytes),
    size_of::<HistoryPoint>(),
    offset_of!(HistoryPoint, monotonic_ns), offset_of!(HistoryPoint, valid), offset_of!(HistoryPoint, cpu_busy_ppm),
    offset_of!(HistoryPoint, cpu_temperature_mc), offset_of!(HistoryPoint, cpu_frequency_khz), offset_of!(HistoryPoint, memory_used_ppm),
    offset_of!(HistoryPoint, swap_used_ppm), offset_of!(HistoryPoint, gpu_busy_ppm), offset_of!(HistoryPoint, load_1m_milli),
    offset_of!(HistoryPoint, flags), offset_of!(HistoryPoint, io_read_bytes_per_s), offset_of!(HistoryPoint, io_write_bytes_per_s),
];

/// A hash that differs between two builds of one version with different snapshots. FNV-1a
/// over the names, offsets and types of all fields, and over the layout of all records.
pub const LAYOUT_HASH: u64 = {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut index = 0;
    while index < FIELDS.len() {
        let field = &FIELDS[index];
        hash = fnv1a(hash, field.name.as_bytes());
        hash = fnv1a(hash, &[field.offset as u8, (field.offset >> 8) as u8, field.kind as u8]);
        index += 1;
    }
    let mut index = 0;
    while index < RECORDS.len() {
        hash = fnv1a(hash, &RECORDS[index].to_le_bytes());
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

/// The constant words of this version's header, as offset and value, without magic and boot id.
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
