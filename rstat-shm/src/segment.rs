//! The mapped file as atomic words, and access to its records.
#![expect(unsafe_code, reason = "this file is the boundary to mapped memory")]

use std::fs::File;
use std::io;
use std::slice;
use std::sync::atomic::AtomicU64;

use memmap2::{MmapOptions, MmapRaw};

use crate::trust::Geometry;

/// A mapped region. Every read and write goes through atomic words.
pub struct Segment {
    map: MmapRaw,
    geometry: Geometry,
}

impl Segment {
    /// Maps a file for reading only. The caller has checked the file's header.
    pub fn map_read_only(file: &File, geometry: Geometry) -> io::Result<Self> {
        let map = MmapOptions::new().len(geometry.segment_bytes).map_raw_read_only(file)?;
        Ok(Self { map, geometry })
    }

    /// Maps a file that the writer made.
    #[cfg(feature = "writer")]
    pub fn map_writable(file: &File, geometry: Geometry) -> io::Result<Self> {
        let map = MmapOptions::new().len(geometry.segment_bytes).map_raw(file)?;
        Ok(Self { map, geometry })
    }

    /// The geometry from the file's header.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is page-aligned, lives as long as `self` and has the length that
        // the geometry says: `trust` checked the file's size, and no writer shrinks a file.
        // Atomics may change under a shared reference. On a read-only mapping callers only
        // load, relaxed and 8 bytes at most. On the targets that lib.rs admits std allows that
        // ("Atomic accesses to read-only memory" in `std::sync::atomic`).
        unsafe { slice::from_raw_parts(self.map.as_ptr().cast(), self.geometry.segment_bytes / 8) }
    }

    /// The word at an offset of the header.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        &self.words()[offset / 8]
    }

    /// The slot of sample `number`: its sequence word and its snapshot.
    pub fn slot(&self, number: u64) -> (&AtomicU64, &[AtomicU64]) {
        let slot = (number % self.geometry.slots as u64) as usize;
        let offset = self.geometry.slots_offset + slot * self.geometry.slot_stride;
        self.record(offset, self.geometry.snapshot_bytes)
    }

    /// The point of the history for sample `number`: its sequence word and its other words.
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
