//! The cache of ZFS (ARC), from `/proc/spl/kstat/zfs/arcstats`.
//!
//! It lives beside the page cache, so `MemAvailable` does not count it. What it
//! has above its minimum ZFS gives back when programs need it, so that is no more
//! used than the page cache is.

use std::io;

use rstat_shm::snapshot::valid;

use crate::source::entry::{Draft, Entry, Source, no_devices, tried};
use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};

/// The cache of ZFS, which the kernel does not know as a cache.
pub const ENTRY: Entry = Entry {
    name: "zfs_arc",
    groups: valid::ZFS_ARC,
    period_ms: 1000,
    discover,
    devices: no_devices,
    files: &[("proc/spl/kstat/zfs", &["arcstats"])],
    check: "{zfs_arc_bytes}, {zfs_arc_reclaimable_bytes} reclaimable",
};

const PATH: &str = "/proc/spl/kstat/zfs/arcstats";

struct ArcStats {
    file: ValueFile,
    buffer: Vec<u8>,
}

/// Opens the file and sees whether it can be understood.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let file = root.open(PATH).map_err(|_| format!("ZFS is not in use: no {PATH}"))?;
    tried(ArcStats { file, buffer: Vec::new() })
}

impl Source for ArcStats {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let arc = self.file.whole(&mut self.buffer).and_then(parse);
        let Some(ZfsArc { size_bytes, reclaimable_bytes }) = self.file.known(arc)? else {
            return Ok(0);
        };
        draft.sample.zfs_arc_bytes = size_bytes;
        draft.sample.zfs_arc_reclaimable_bytes = reclaimable_bytes;
        Ok(valid::ZFS_ARC)
    }

    fn origin(&self) -> String {
        format!("{PATH} (size, and what of it is above c_min)")
    }
}

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ZfsArc {
    size_bytes: u64,
    /// What is above the minimum.
    reclaimable_bytes: u64,
}

/// Lines of name, type and value: `c_min  4  1042284544`.
fn parse(bytes: &[u8]) -> Result<ZfsArc, ValueError> {
    let (mut size, mut least) = (None, None);
    for line in bytes.split(|&byte| byte == b'\n') {
        let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
        let field = match words.next() {
            Some(b"size") => &mut size,
            Some(b"c_min") => &mut least,
            _ => continue,
        };
        *field = Some(parse_unsigned(words.nth(1).ok_or(ValueError::Malformed)?)?);
    }
    let size_bytes: u64 = size.ok_or(ValueError::Malformed)?;
    let reclaimable_bytes = size_bytes.saturating_sub(least.ok_or(ValueError::Malformed)?);
    Ok(ZfsArc { size_bytes, reclaimable_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "13 1 0x01 147 39984 6046 52\nname type data\nhits 4 1\nc 4 900\n\
                        c_min                           4    300\nsize                     4    1000\n";

    #[test]
    fn what_is_above_the_minimum_can_be_had() {
        let check = |text: &str, expected| assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        check(TEXT, Ok(ZfsArc { size_bytes: 1000, reclaimable_bytes: 700 }));
        let small = TEXT.replace("1000", "200");
        check(&small, Ok(ZfsArc { size_bytes: 200, reclaimable_bytes: 0 }));
        check("", Err(ValueError::Malformed));
        check(&TEXT.replace("size", "sizes"), Err(ValueError::Malformed));
        check(&TEXT.replace("c_min", "cmin"), Err(ValueError::Malformed));
        check(&TEXT.replace("1000", "-1"), Err(ValueError::Negative));
        check(&TEXT.replace("1000", "much"), Err(ValueError::Malformed));
        check(&TEXT.replace("1000", "99999999999999999999"), Err(ValueError::TooLarge));
    }
}
