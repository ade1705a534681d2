//! What a sample says: fixed-size, integers only, the unit in every name.
//!
//! Fields are appended, never moved, within a major version of the layout. A
//! value that the machine or the source does not have is a clear bit in
//! [`Snapshot::valid`], and its field then means nothing: it is never a zero or
//! a guess. Shares are in parts per million (`ppm`): 1,000,000 is all of it.

use std::ptr;

mod history;
mod records;
mod rows;
mod sample;
mod text;
pub mod valid;

pub use records::*;
pub use rows::{KernelThreads, Row, rows};
pub use sample::{HistoryPoint, Snapshot};
pub use text::{Text, WordText};

use crate::fields::{GPU_DRIVERS, GPU_STATES, SOURCES, THROTTLE_BITS, name_of, names_of_bits};

/// Processes of each kind in a top list: so many of user space and so many kernel
/// threads, so that a list without kernel threads is still full.
pub const TOP_EACH: usize = TOP_ROWS / 2;

/// A process name as the kernel keeps it: up to 15 bytes of anything, then zeros.
pub type Comm = Text<COMM_BYTES>;

/// An application's name: any bytes, then zeros.
pub type ApplicationName = Text<APPLICATION_BYTES>;

/// 64-bit words in a snapshot.
pub const SNAPSHOT_WORDS: usize = size_of::<Snapshot>() / 8;
/// 64-bit words in a point of the history.
pub const HISTORY_WORDS: usize = size_of::<HistoryPoint>() / 8;

impl Snapshot {
    /// Nothing known yet.
    pub const EMPTY: Self = Self::from_words([0; SNAPSHOT_WORDS]);

    /// Whether all of `groups`, bits of [`valid`], are known.
    pub fn has(&self, groups: u64) -> bool {
        self.valid & groups == groups
    }

    /// Share of the memory that is used, in ppm, if known.
    pub fn memory_used_ppm(&self) -> Option<u32> {
        share_ppm(self.memory_used_bytes, self.memory_total_bytes)
            .filter(|_| self.has(valid::MEMORY))
    }

    /// Share of the swap space that is used, in ppm, if there is any.
    pub fn swap_used_ppm(&self) -> Option<u32> {
        share_ppm(self.swap_used_bytes, self.swap_total_bytes).filter(|_| self.has(valid::SWAP))
    }

    /// Share of the interval in which the first GPU worked, in ppm, if known.
    pub fn gpu_busy_ppm(&self) -> Option<u32> {
        self.gpus.first().filter(|gpu| gpu.has(Gpu::BUSY)).map(|gpu| gpu.busy_ppm)
    }

    /// What a history point says of the sample besides its `valid`.
    #[expect(clippy::unnecessary_wraps, reason = "as the other computed figures")]
    pub(crate) fn flags(&self) -> Option<u32> {
        Some(if self.gpu_busy_ppm().is_some() { HistoryPoint::GPU_BUSY } else { 0 })
    }

    /// The share of one CPU, if it is online and has a figure.
    pub fn core_busy_ppm(&self, cpu: usize) -> Option<u32> {
        let online = self.cores_online.get(cpu / 64)? >> (cpu % 64) & 1 == 1;
        self.cores.get(cpu).copied().filter(|_| online && self.has(valid::CPU))
    }

    /// The graphics processors that are there; none where that is not known.
    pub fn known_gpus(&self) -> &[Gpu] {
        let count = if self.has(valid::GPU) { self.gpu_count as usize } else { 0 };
        &self.gpus[..count.min(MAX_GPUS)]
    }

    /// Revolutions a minute of the fans that are there; none where that is not known.
    pub fn known_fans_rpm(&self) -> &[u32] {
        let count = if self.has(valid::FANS) { self.fan_count as usize } else { 0 };
        &self.fans_rpm[..count.min(MAX_FANS)]
    }

    /// The snapshot as the region carries it.
    pub fn as_words(&self) -> &[u64; SNAPSHOT_WORDS] {
        #[expect(unsafe_code, reason = "a snapshot is its words")]
        // SAFETY: `Snapshot` has the size and alignment of the array and no
        // padding (asserted in `sample.rs`), so all its bytes are initialised integers.
        unsafe {
            &*ptr::from_ref(self).cast()
        }
    }

    /// The snapshot as the region carries it, to be filled in.
    pub fn as_words_mut(&mut self) -> &mut [u64; SNAPSHOT_WORDS] {
        #[expect(unsafe_code, reason = "a snapshot is its words")]
        // SAFETY: as in `as_words`; and any words are a valid `Snapshot`.
        unsafe {
            &mut *ptr::from_mut(self).cast()
        }
    }

    /// The snapshot that the words of a region stand for.
    pub const fn from_words(words: [u64; SNAPSHOT_WORDS]) -> Self {
        #[expect(unsafe_code, reason = "the one place where words become a snapshot")]
        // SAFETY: same size, by `SNAPSHOT_WORDS`; every bit pattern is a `Snapshot`.
        unsafe {
            std::mem::transmute(words)
        }
    }
}

// The region's words are aligned so; that there is no padding is asserted beside the structs.
const _: () = assert!(align_of::<Snapshot>() == 8 && align_of::<HistoryPoint>() == 8);

fn share_ppm(part: u64, whole: u64) -> Option<u32> {
    let ppm = u128::from(part.min(whole)) * 1_000_000;
    Some((ppm.checked_div(u128::from(whole))?) as u32)
}

impl Snapshot {
    /// The name of the source of CPU and process figures, if this version knows it.
    pub fn source_name(&self) -> Option<&'static str> {
        name_of(SOURCES, self.source.into())
    }
}

impl Process {
    /// Whether the row is a kernel thread.
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & Self::KERNEL_THREAD != 0
    }
}

impl Application {
    /// Whether the row is kernel threads.
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & Process::KERNEL_THREAD != 0
    }
}

impl Gpu {
    /// The name of the driver, if this version knows it.
    pub fn driver_name(&self) -> Option<&'static str> {
        name_of(GPU_DRIVERS, self.driver.into())
    }

    /// The name of the state, if this version knows it.
    pub fn state_name(&self) -> Option<&'static str> {
        name_of(GPU_STATES, self.state.into())
    }

    /// The names of what holds the processor back, as far as this version knows them.
    pub fn throttle_names(&self) -> impl Iterator<Item = &'static str> {
        names_of_bits(THROTTLE_BITS, self.throttle.into())
    }

    /// Whether all of `members`, bits such as [`Gpu::BUSY`], are known.
    pub fn has(&self, members: u32) -> bool {
        self.valid & members == members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_snapshot_are_the_same_bytes() {
        let mut words = [0; SNAPSHOT_WORDS];
        for (number, word) in words.iter_mut().enumerate() {
            *word = number as u64 * 0x0101_0101_0101;
        }
        let mut sample = Snapshot::from_words(words);
        assert_eq!(sample.as_words(), &words);
        assert_eq!(sample.instance, 0x0101_0101_0101);
        sample.as_words_mut()[0] = 7;
        assert_eq!(sample.sequence, 7);
    }

    #[test]
    fn shares_are_unknown_rather_than_divided_by_zero() {
        let mut sample = Snapshot::EMPTY;
        sample.valid = valid::MEMORY | valid::SWAP;
        assert_eq!(sample.swap_used_ppm(), None);
        sample.memory_total_bytes = 4 << 40;
        sample.memory_used_bytes = 1 << 40;
        assert_eq!(sample.memory_used_ppm(), Some(250_000));
        sample.valid = 0;
        assert_eq!(sample.memory_used_ppm(), None);
    }

    #[test]
    fn arrays_end_where_they_are_known_to_and_never_outside() {
        let mut sample = Snapshot { gpu_count: 2, fan_count: 1, ..Snapshot::EMPTY };
        assert_eq!((sample.known_gpus().len(), sample.known_fans_rpm().len()), (0, 0));
        sample.valid = valid::GPU | valid::FANS;
        assert_eq!((sample.known_gpus().len(), sample.known_fans_rpm().len()), (2, 1));
        (sample.gpu_count, sample.fan_count) = (u32::MAX, u32::MAX);
        assert_eq!(sample.known_gpus().len(), MAX_GPUS);
        assert_eq!(sample.known_fans_rpm().len(), MAX_FANS);
    }

    #[test]
    fn every_number_that_names_something_is_the_place_of_its_name() {
        let gpu = Gpu { driver: 2, state: Gpu::ASLEEP, ..Gpu::default() };
        assert_eq!((gpu.driver_name(), gpu.state_name()), (Some("xe"), Some("asleep")));
        assert_eq!((Gpu::default().driver_name(), Gpu::default().state_name()), (None, None));
        let named = |throttle| Gpu { throttle, ..gpu }.throttle_names().collect::<Vec<_>>();
        assert_eq!(named(throttle::THERMAL | throttle::OTHER), ["thermal", "other"]);
        assert_eq!(named(1 << 31), [""; 0]);
    }
}
