//! The cache of ZFS (ARC), from `/proc/spl/kstat/zfs/arcstats`.
//!
//! The ARC is separate from the page cache, so `MemAvailable` does not count it. ZFS gives back the
//! part above the ARC's minimum when programs need memory. So this part is as available as the page
//! cache.

use rstat_shm::snapshot::valid;

use crate::source::entry::{Entry, no_devices};
use crate::source::files::value::{ValueError, parse_lines, parse_unsigned};
use crate::source::text_source::TextSource;

/// The cache of ZFS, which the kernel does not know as a cache.
pub const ENTRY: Entry = Entry {
    name: "zfs_arc",
    groups: valid::ZFS_ARC,
    period_ms: 1000,
    discover: |root| {
        if !root.path(PATH).exists() {
            return Err(format!("ZFS is not in use: no {PATH}"));
        }
        let note = " (size, and what of it is above c_min)";
        TextSource::discover(root, PATH, FILE_BYTES, note, |text, sample| {
            (sample.zfs_arc_bytes, sample.zfs_arc_reclaimable_bytes) = parse(text)?;
            Ok(valid::ZFS_ARC)
        })
    },
    devices: no_devices,
    files: &[("proc/spl/kstat/zfs", &["arcstats"])],
    check: "{zfs_arc_bytes}, {zfs_arc_reclaimable_bytes} reclaimable",
};

const PATH: &str = "/proc/spl/kstat/zfs/arcstats";

/// The file has some 150 lines of 50 bytes.
const FILE_BYTES: usize = 16 << 10;

/// Lines of name, type and value: `c_min  4  1042284544`. Returns the size, and the part of it
/// above the minimum.
fn parse(bytes: &[u8]) -> Result<(u64, u64), ValueError> {
    let value = |rest: &[u8]| {
        let mut words = rest.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
        parse_unsigned(words.nth(1).ok_or(ValueError::Malformed)?)
    };
    match parse_lines(bytes, ["size ", "c_min "], value)? {
        [Some(size_bytes), Some(least)] => Ok((size_bytes, size_bytes.saturating_sub(least))),
        _ => Err(ValueError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "13 1 0x01 147 39984 6046 52\nname type data\nhits 4 1\nc 4 900\n\
                        c_min                           4    300\nsize                     4    1000\n";

    #[test]
    fn what_is_above_the_minimum_can_be_had() {
        let check = |text: &str, expected| assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        check(TEXT, Ok((1000, 700)));
        let small = TEXT.replace("1000", "200");
        check(&small, Ok((200, 0)));
        check("", Err(ValueError::Malformed));
        check(&TEXT.replace("size", "sizes"), Err(ValueError::Malformed));
        check(&TEXT.replace("c_min", "cmin"), Err(ValueError::Malformed));
        check(&TEXT.replace("1000", "-1"), Err(ValueError::Negative));
        check(&TEXT.replace("1000", "much"), Err(ValueError::Malformed));
        check(&TEXT.replace("1000", "99999999999999999999"), Err(ValueError::TooLarge));
    }
}
