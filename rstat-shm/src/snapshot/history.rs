//! A point of the history: a sample's few figures for a graph.

use std::ptr;

#[cfg(doc)]
use crate::snapshot::valid;
use crate::snapshot::{Gpu, Snapshot};

/// One point of the history ring: the scalars that bars draw over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct HistoryPoint {
    /// CLOCK_MONOTONIC of the sample; a step of more than its period is a gap.
    pub monotonic_ns: u64,
    /// The sample's [`Snapshot::valid`]; it governs the fields below as there.
    pub valid: u64,
    /// As in [`Snapshot`].
    pub cpu_busy_ppm: u32,
    /// As in [`Snapshot`].
    pub cpu_temperature_mc: i32,
    /// As in [`Snapshot`].
    pub cpu_frequency_khz: u32,
    /// Share of the memory that is used.
    pub memory_used_ppm: u32,
    /// Share of the swap space that is used.
    pub swap_used_ppm: u32,
    /// Of the first GPU; valid with [`valid::GPU`] and [`HistoryPoint::GPU_BUSY`].
    pub gpu_busy_ppm: u32,
    /// As in [`Snapshot`].
    pub load_1m_milli: u32,
    /// [`HistoryPoint::GPU_BUSY`].
    pub flags: u32,
    /// As in [`Snapshot`].
    pub io_read_bytes_per_s: u64,
    /// As in [`Snapshot`].
    pub io_write_bytes_per_s: u64,
}

/// 64-bit words in a point of the history.
pub const HISTORY_WORDS: usize = size_of::<HistoryPoint>() / 8;

const _: () = assert!(size_of::<HistoryPoint>() == 4 * 8 + 8 * 4);

impl HistoryPoint {
    /// Bit of [`HistoryPoint::flags`]: the first GPU's `busy_ppm` was known.
    pub const GPU_BUSY: u32 = 1;

    /// The point as the region carries it.
    pub fn as_words(&self) -> &[u64; HISTORY_WORDS] {
        #[expect(unsafe_code, reason = "a point is its words")]
        // SAFETY: `HistoryPoint` has the size and alignment of the array and no
        // padding (asserted above), so all its bytes are initialised integers.
        unsafe {
            &*ptr::from_ref(self).cast()
        }
    }

    /// The point as the region carries it, to be filled in.
    pub fn as_words_mut(&mut self) -> &mut [u64; HISTORY_WORDS] {
        #[expect(unsafe_code, reason = "a point is its words")]
        // SAFETY: as in `as_words`; and any words are a valid `HistoryPoint`.
        unsafe {
            &mut *ptr::from_mut(self).cast()
        }
    }
}

impl From<&Snapshot> for HistoryPoint {
    fn from(sample: &Snapshot) -> Self {
        let gpu = &sample.gpus[0];
        Self {
            monotonic_ns: sample.monotonic_ns,
            valid: sample.valid,
            cpu_busy_ppm: sample.cpu_busy_ppm,
            cpu_temperature_mc: sample.cpu_temperature_mc,
            cpu_frequency_khz: sample.cpu_frequency_khz,
            memory_used_ppm: sample.memory_used_ppm().unwrap_or_default(),
            swap_used_ppm: sample.swap_used_ppm().unwrap_or_default(),
            gpu_busy_ppm: gpu.busy_ppm,
            load_1m_milli: sample.load_1m_milli,
            flags: if gpu.valid & Gpu::BUSY != 0 { Self::GPU_BUSY } else { 0 },
            io_read_bytes_per_s: sample.io_read_bytes_per_s,
            io_write_bytes_per_s: sample.io_write_bytes_per_s,
        }
    }
}
