//! Which CPUs are online, from `/sys/devices/system/cpu/online`.
//!
//! Read at each tick. A CPU that goes offline keeps its counters, which then stand still as an idle
//! CPU's do; only this file tells the two apart.

use std::io;
use std::ops::RangeInclusive;

use rstat_shm::snapshot::MAX_CORES;

use super::shares::Cpus;
use crate::bitmap;
use crate::source::entry::Files;
use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned32};

const PATH: &str = "/sys/devices/system/cpu/online";

/// What `--record` copies.
pub const FILES: Files = &[("sys/devices/system/cpu", &["online"])];

/// The kernel prints the list into one page (`cpumap_print_to_pagebuf`).
const LIST_BYTES: usize = 4096;

/// The file, held open.
#[derive(Debug)]
pub struct OnlineCpus {
    file: ValueFile,
    /// The buffer is kept, as clearing a new one at each reading would take longer than the rest.
    buffer: Box<[u8; LIST_BYTES]>,
}

impl OnlineCpus {
    /// Opens the file.
    pub fn open(root: &Root) -> io::Result<Self> {
        Ok(Self { file: root.open(PATH)?, buffer: Box::new([0; LIST_BYTES]) })
    }

    /// Fills in `online_count`, of all CPUs, and `online`, of those with an entry of their own. On
    /// an error both stay as they were.
    pub fn read(&mut self, cpus: &mut Cpus) -> io::Result<()> {
        let online = self.file.bytes(self.buffer.as_mut()).and_then(parse);
        (cpus.online_count, cpus.online) = online.map_err(|error| self.file.failure(error))?;
        Ok(())
    }
}

type Online = (u32, [u64; MAX_CORES / 64]);

fn parse(text: &[u8]) -> Result<Online, ValueError> {
    let mut count = 0_u32;
    let mut online = [0; MAX_CORES / 64];
    for range in text.trim_ascii().split(|&byte| byte == b',') {
        let range = parse_range(range)?;
        let (first, last) = (*range.start(), *range.end());
        count = count.saturating_add((last - first).saturating_add(1));
        for cpu in first..=last.min(MAX_CORES as u32 - 1) {
            bitmap::set(&mut online, cpu as usize);
        }
    }
    Ok((count, online))
}

/// `3` or `0-3`.
fn parse_range(range: &[u8]) -> Result<RangeInclusive<u32>, ValueError> {
    let mut ends = range.splitn(2, |&byte| byte == b'-').map(parse_unsigned32);
    let first = ends.next().unwrap_or(Err(ValueError::Empty))?;
    let last = ends.next().unwrap_or(Ok(first))?;
    if first > last { Err(ValueError::Malformed) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_the_kernel_prints_them() {
        let check = |list: &str, count, online: [u64; MAX_CORES / 64]| {
            assert_eq!(parse(list.as_bytes()), Ok((count, online)), "{list:?}");
        };
        check("0\n", 1, [1, 0, 0, 0]);
        check("0-3\n", 4, [0xf, 0, 0, 0]);
        check("0-3,5\n", 5, [0x2f, 0, 0, 0]);
        check("0,2,4-5,64-65,255\n", 7, [0x35, 0x3, 0, 1 << 63]);
        // CPUs without an entry of their own count too.
        check("0-1023\n", 1024, [u64::MAX; 4]);
        check("300-301\n", 2, [0; 4]);
    }

    #[test]
    fn what_is_not_a_list_is_refused() {
        let check = |list: &str, expected: ValueError| {
            assert_eq!(parse(list.as_bytes()), Err(expected), "{list:?}");
        };
        check("\n", ValueError::Empty);
        check("0,,2\n", ValueError::Empty);
        check("0-\n", ValueError::Empty);
        check("-3\n", ValueError::Empty);
        check("3-0\n", ValueError::Malformed);
        check("0-3:1/2\n", ValueError::Malformed);
        check("0 1 2\n", ValueError::Malformed);
        check("0-4294967296\n", ValueError::TooLarge);
    }

    #[test]
    fn an_absurd_range_neither_overflows_nor_takes_long() {
        assert_eq!(parse(b"0-4294967295,0-4294967295"), Ok((u32::MAX, [u64::MAX; 4])));
    }
}
