//! The mapped file as words, and where the records are in it.
#![expect(unsafe_code, reason = "this file is the boundary to mapped memory")]

use std::fs::File;
use std::io;
use std::slice;
use std::sync::atomic::AtomicU64;

use memmap2::{MmapOptions, MmapRaw};

use crate::trust::Geometry;

/// A mapped region. All that is read or written in it goes through atomic words.
pub struct Segment {
    map: MmapRaw,
    geometry: Geometry,
}

impl Segment {
    /// Maps a file whose header was found good, for reading only.
    pub fn map_read_only(file: &File, geometry: Geometry) -> io::Result<Self> {
        let map = MmapOptions::new().len(geometry.segment_bytes).map_raw_read_only(file)?;
        Ok(Self { map, geometry })
    }

    /// Maps a file of the writer's own making.
    #[cfg(feature = "writer")]
    pub fn map_writable(file: &File, geometry: Geometry) -> io::Result<Self> {
        let map = MmapOptions::new().len(geometry.segment_bytes).map_raw(file)?;
        Ok(Self { map, geometry })
    }

    /// The geometry that the header told.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is page-aligned, as long as the geometry says (the
        // file was checked to have that many bytes and its owner never shrinks
        // it) and lives as long as `self`. Atomics may change under a shared
        // reference. On a read-only mapping callers only load, relaxed, which
        // std allows there ("Atomic accesses to read-only memory" in
        // `std::sync::atomic`: up to 8 bytes on the targets that lib.rs admits).
        unsafe { slice::from_raw_parts(self.map.as_ptr().cast(), self.geometry.segment_bytes / 8) }
    }

    /// The word at an offset of the header.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        &self.words()[offset / 8]
    }

    /// The sequence word and the snapshot of the slot that sample `number` is in.
    pub fn slot(&self, number: u64) -> (&AtomicU64, &[AtomicU64]) {
        let slot = (number % self.geometry.slots as u64) as usize;
        let offset = self.geometry.slots_offset + slot * self.geometry.slot_stride;
        self.record(offset, self.geometry.snapshot_bytes)
    }

    /// The sequence word and the point of the history that sample `number` is in.
    pub fn point(&self, number: u64) -> (&AtomicU64, &[AtomicU64]) {
        let index = (number % self.geometry.points as u64) as usize;
        let offset = self.geometry.history_offset + index * self.geometry.point_stride;
        self.record(offset, self.geometry.point_bytes)
    }

    fn record(&self, offset: usize, bytes: usize) -> (&AtomicU64, &[AtomicU64]) {
        let first = offset / 8 + 1;
        let words = self.words();
        (&words[first - 1], &words[first..first + bytes / 8])
    }
}
