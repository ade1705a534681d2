//! Decides whether a file may be believed, before a byte of the file is mapped.
//!
//! A reader crashes when its mapped file shrinks, and shows false figures when another
//! user can write to the file. So the file must be regular, have one name, a trusted
//! owner, and write permission for that owner only. It must have at least the size
//! that its header states, and a layout that this version knows.

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::error::Error;
use crate::layout::{
    ABI_MAJOR, ABI_MINOR, HEADER_BYTES, HISTORY_AT, LAYOUT_HASH, LAYOUT_HASH_AT, MAGIC, MAGIC_AT,
    POINT_AT, SEGMENT_BYTES_AT, SLOTS_AT, SNAPSHOT_AT, VERSION_AT,
};
use crate::sys;

/// The largest region that a reader maps: 16 MiB, far more than any version needs.
const MAX_SEGMENT_BYTES: u64 = 16 << 20;
/// The mode bits that let group or others write.
const FOREIGN_WRITE: u32 = 0o022;

/// The owners of regions that a reader believes: root, the reader's own user, and one more
/// user that the caller may name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust {
    /// The id of one more trusted user.
    pub uid: Option<u32>,
}

impl Trust {
    fn allows(self, uid: u32) -> bool {
        uid == 0 || uid == sys::effective_uid() || Some(uid) == self.uid
    }
}

/// Where the records of a region lie, as its header states. Every value has been checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub segment_bytes: usize,
    pub slots: usize,
    pub slot_stride: usize,
    pub slots_offset: usize,
    pub snapshot_bytes: usize,
    pub points: usize,
    pub point_stride: usize,
    pub history_offset: usize,
    pub point_bytes: usize,
}

/// A region's header, as words read from the file.
pub(crate) type Header = [u64; HEADER_BYTES / 8];

/// Opens a region's file for reading, if the file may be believed.
pub(crate) fn open(path: &Path, trust: Trust) -> Result<(File, Geometry), Error> {
    // O_NONBLOCK: with a FIFO of that name the call would wait for the FIFO's writer.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|error| match error.raw_os_error() {
            Some(libc::ELOOP) => Error::untrusted(path, "it is a symbolic link"),
            _ => Error::io("open region", path)(error),
        })?;
    let metadata = file.metadata().map_err(Error::io("inspect region", path))?;
    check_file(path, &metadata, trust)?;
    let header = read_header(&file, path)?;
    let geometry = check_header(path, &header, metadata.len())?;
    Ok((file, geometry))
}

/// Checks that only a trusted user can change the file.
pub(crate) fn check_file(path: &Path, metadata: &Metadata, trust: Trust) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::untrusted(path, why));
    // This check comes before the owner's: a directory of root's is no region either.
    if !metadata.is_file() {
        return Err(Error::foreign(path, "it is not a regular file"));
    }
    if !trust.allows(metadata.uid()) {
        return refuse(format!("it belongs to user {}, not to root or you", metadata.uid()));
    }
    if metadata.mode() & FOREIGN_WRITE != 0 {
        return refuse(format!("others may write to it (mode {:04o})", metadata.mode() & 0o7777));
    }
    // A file without a name was replaced by a daemon after the open, and its state says so.
    if metadata.nlink() > 1 {
        return refuse(format!("it has {} names, not one", metadata.nlink()));
    }
    Ok(())
}

/// Reads the header without a mapping, so that a short file is an error and not a SIGBUS.
pub(crate) fn read_header(file: &File, path: &Path) -> Result<Header, Error> {
    let mut bytes = [0; HEADER_BYTES];
    let mut filled = 0;
    while filled < HEADER_BYTES {
        let got = file
            .read_at(&mut bytes[filled..], filled as u64)
            .map_err(Error::io("read region", path))?;
        if got == 0 {
            return Err(Error::foreign(path, format!("it ends after {filled} bytes")));
        }
        filled += got;
    }
    let mut header = [0; HEADER_BYTES / 8];
    for (word, bytes) in header.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(bytes.try_into().expect("chunks of 8 bytes"));
    }
    Ok(header)
}

/// Checks every number of the header before any other code computes with it.
pub(crate) fn check_header(path: &Path, header: &Header, bytes: u64) -> Result<Geometry, Error> {
    let refuse = |why: String| Err(Error::foreign(path, why));
    let at = |offset: usize| header[offset / 8];
    let low = |offset| at(offset) as u32 as usize;
    let high = |offset| (at(offset) >> 32) as usize;

    if at(MAGIC_AT) != MAGIC {
        return refuse("it is not an rstat region".into());
    }
    let (major, minor) = (at(VERSION_AT) as u16, (at(VERSION_AT) >> 16) as u16);
    if major != ABI_MAJOR {
        return refuse(format!(
            "its layout is version {major}.{minor}, ours {ABI_MAJOR}.{ABI_MINOR}"
        ));
    }
    if minor == ABI_MINOR && at(LAYOUT_HASH_AT) != LAYOUT_HASH {
        return refuse(format!(
            "its layout differs from ours, although both are version {major}.{minor}: \
             daemon and reader come from different builds"
        ));
    }
    let geometry = Geometry {
        segment_bytes: at(SEGMENT_BYTES_AT) as usize,
        slots: low(SLOTS_AT),
        slot_stride: high(SLOTS_AT),
        slots_offset: low(SNAPSHOT_AT),
        snapshot_bytes: high(SNAPSHOT_AT),
        history_offset: low(HISTORY_AT),
        points: high(HISTORY_AT),
        point_stride: low(POINT_AT),
        point_bytes: high(POINT_AT),
    };
    if at(SEGMENT_BYTES_AT) > bytes.min(MAX_SEGMENT_BYTES) {
        return refuse(format!("it should have {} bytes and has {bytes}", at(SEGMENT_BYTES_AT)));
    }
    if !geometry.is_sound() {
        return refuse("its header contradicts itself".into());
    }
    Ok(geometry)
}

impl Geometry {
    /// Whether all records lie inside the file, are aligned and do not overlap.
    fn is_sound(&self) -> bool {
        let array = |offset: usize, stride: usize, count: usize, payload: usize| {
            let fits = payload.checked_add(8).is_some_and(|record| record <= stride);
            let end = stride.checked_mul(count).and_then(|bytes| bytes.checked_add(offset));
            let aligned =
                offset.is_multiple_of(8) && stride.is_multiple_of(8) && payload.is_multiple_of(8);
            let inside = offset >= HEADER_BYTES && end.is_some_and(|end| end <= self.segment_bytes);
            count > 0 && payload > 0 && fits && aligned && inside
        };
        // `array` has refused every record that ends behind the file: no sum here overflows.
        let end = |offset: usize, stride: usize, count: usize| offset + stride * count;
        self.segment_bytes.is_multiple_of(8)
            && array(self.slots_offset, self.slot_stride, self.slots, self.snapshot_bytes)
            && array(self.history_offset, self.point_stride, self.points, self.point_bytes)
            && (end(self.slots_offset, self.slot_stride, self.slots) <= self.history_offset
                || end(self.history_offset, self.point_stride, self.points) <= self.slots_offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{CONSTANTS, SEGMENT_BYTES};

    fn good() -> Header {
        let mut header = [0; HEADER_BYTES / 8];
        header[0] = MAGIC;
        for (offset, word) in CONSTANTS {
            header[offset / 8] = word;
        }
        header
    }

    #[test]
    fn the_header_that_we_write_is_one_that_we_read() {
        let geometry = check_header(Path::new("r"), &good(), SEGMENT_BYTES as u64).unwrap();
        assert_eq!(geometry.segment_bytes, SEGMENT_BYTES);
    }

    #[test]
    fn no_header_leads_outside_the_file() {
        let extremes = [0, 1, 7, 8, 255, 1 << 20, u64::from(u32::MAX), u64::MAX, 1 << 63];
        for offset in [SEGMENT_BYTES_AT, SLOTS_AT, SNAPSHOT_AT, HISTORY_AT, POINT_AT] {
            for low in extremes {
                for high in extremes {
                    let mut header = good();
                    header[offset / 8] = low ^ (high << 32);
                    let Ok(found) = check_header(Path::new("r"), &header, SEGMENT_BYTES as u64)
                    else {
                        continue;
                    };
                    assert!(found.segment_bytes <= SEGMENT_BYTES);
                    let last = found.slots_offset + found.slots * found.slot_stride;
                    assert!(last <= found.segment_bytes);
                    assert!(found.snapshot_bytes + 8 <= found.slot_stride);
                    let last = found.history_offset + found.points * found.point_stride;
                    assert!(last <= found.segment_bytes);
                    assert!(found.point_bytes + 8 <= found.point_stride);
                }
            }
        }
    }

    #[test]
    fn other_versions_are_named_in_the_error() {
        let check = |change: &dyn Fn(&mut Header), text: &str| {
            let mut header = good();
            change(&mut header);
            let error = check_header(Path::new("/r"), &header, SEGMENT_BYTES as u64).unwrap_err();
            assert_eq!(error.to_string(), format!("read region /r: {text}"));
        };
        check(&|header| header[0] = 0, "it is not an rstat region");
        let ours = format!("{ABI_MAJOR}.{ABI_MINOR}");
        check(&|header| header[1] = 2, &format!("its layout is version 2.0, ours {ours}"));
        check(
            &|header| header[LAYOUT_HASH_AT / 8] ^= 1,
            &format!(
                "its layout differs from ours, although both are version {ours}: \
                 daemon and reader come from different builds"
            ),
        );
        check(
            &|header| header[2] += 8,
            &format!("it should have {} bytes and has {SEGMENT_BYTES}", SEGMENT_BYTES + 8),
        );
        // A later minor version has a longer snapshot, and a reader takes only the start.
        let mut header = good();
        header[1] += 1 << 16;
        header[LAYOUT_HASH_AT / 8] ^= 1;
        assert!(check_header(Path::new("/r"), &header, SEGMENT_BYTES as u64).is_ok());
    }
}
