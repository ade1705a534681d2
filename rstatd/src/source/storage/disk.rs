//! Bytes read from and written to all disks, from `/sys/block/*/stat`.
//!
//! Only whole disks that are a device of their own count. A partition, a device-mapper volume, a
//! RAID, a loop or a compressed disk in memory passes its bytes on to a disk that is counted
//! already, or to no disk. A disk has a name in `/sys/block` (no partition) and a `device`, and is
//! not `hidden`, as the paths of an NVMe multipath disk are.
//!
//! The source reads each disk's own file, although `/proc/diskstats` lists all disks. In that list
//! the kernel also prints a line for every partition, volume and unused loop, and each line costs
//! about half as much as a disk's own file.

use std::io;

use rstat_shm::snapshot::valid;

use crate::rate::per_second;
use crate::source::entry::{Draft, Entry, Source, tried};
use crate::source::files::Root;
use crate::source::files::counter::{Clock, Counter, advance_both, sum};
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};

/// All disks together.
pub const ENTRY: Entry = Entry {
    name: "disk",
    groups: valid::DISK,
    period_ms: 1000,
    discover,
    devices: |root| names(root).join(" "),
    files: &[("sys/block/*", &["device", "hidden", "stat"])],
    check: "{disk_read_bytes_per_s} read, {disk_write_bytes_per_s} written",
};

const BLOCK: &str = "/sys/block";

/// Bytes of the block layer's sector (`SECTOR_SHIFT`). The disk's own sectors may have another
/// size.
const SECTOR_BYTES: u64 = 512;

/// Seventeen columns of at most 20 digits, and what lies between them.
const LINE_BYTES: usize = 512;

/// The most disks that count, as each takes an open file and a system call. Further disks are
/// left out.
const MAX_DISKS: usize = 256;

struct Disks {
    clock: Clock,
    counted: Vec<One>,
    /// The number of disks that are left out.
    left_out: usize,
}

struct One {
    name: String,
    file: ValueFile,
    /// Sectors read and written.
    sectors: [Counter; 2],
}

/// Opens the figures of each disk.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut names = names(root);
    if names.is_empty() {
        return Err(format!("no disk that is a device: no {BLOCK}/*/device"));
    }
    let left_out = names.len().saturating_sub(MAX_DISKS);
    names.truncate(MAX_DISKS);
    let open = |name: String| {
        let file = root.open(&format!("{BLOCK}/{name}/stat"))?;
        Ok(One { name, file, sectors: Default::default() })
    };
    let disks: io::Result<_> = names.into_iter().map(open).collect();
    tried(Disks {
        clock: Clock::default(),
        counted: disks.map_err(|error| error.to_string())?,
        left_out,
    })
}

impl Source for Disks {
    fn read(&mut self, now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let elapsed_ns = self.clock.advance(now_ns);
        let mut added = Some([0_u64; 2]);
        for disk in &mut self.counted {
            added = sum(added, disk.added()?);
        }
        let Some((sectors, elapsed_ns)) = added.zip(elapsed_ns) else { return Ok(0) };
        let rate = |sectors: u64| per_second(sectors.saturating_mul(SECTOR_BYTES), elapsed_ns);
        [draft.sample.disk_read_bytes_per_s, draft.sample.disk_write_bytes_per_s] =
            sectors.map(rate);
        Ok(valid::DISK)
    }

    fn forget(&mut self) {
        self.clock = Clock::default();
    }

    fn origin(&self) -> String {
        let names: Vec<&str> = self.counted.iter().map(|disk| disk.name.as_str()).collect();
        match names.as_slice() {
            [name] => format!("{BLOCK}/{name}/stat"),
            names if self.left_out == 0 => format!("{BLOCK}/*/stat ({})", names.join(", ")),
            names => {
                format!(
                    "{BLOCK}/*/stat of {} disks; {} more are left out",
                    names.len(),
                    self.left_out
                )
            }
        }
    }
}

impl One {
    /// Sectors since the reading before; `None` if the disk does not answer now, or its counters
    /// have started again.
    fn added(&mut self) -> io::Result<Option<[u64; 2]>> {
        let mut buffer = [0; LINE_BYTES];
        let now = self.file.known(self.file.bytes(&mut buffer).and_then(parse))?;
        Ok(advance_both(&mut self.sectors, now))
    }
}

/// The names of the disks that count.
fn names(root: &Root) -> Vec<String> {
    let mut names = root.list(BLOCK).unwrap_or_default();
    names.retain(|name| is_disk(root, name));
    names
}

fn is_disk(root: &Root, name: &str) -> bool {
    let directory = format!("{BLOCK}/{name}");
    let hidden = || root.text(&format!("{directory}/hidden"));
    root.link_name(&format!("{directory}/device")).is_some()
        && hidden().map_or(true, |hidden| hidden != "1")
}

/// `READS MERGED SECTORS MS WRITES MERGED SECTORS …`, see
/// `Documentation/admin-guide/iostats.rst`: the sectors read and written.
fn parse(line: &[u8]) -> Result<[u64; 2], ValueError> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Err(ValueError::Empty);
    }
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let mut word = |skip: usize| words.nth(skip).ok_or(ValueError::Malformed);
    Ok([parse_unsigned(word(2)?)?, parse_unsigned(word(3)?)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_any_number_of_columns() {
        let check = |line: &str, expected| assert_eq!(parse(line.as_bytes()), expected, "{line}");
        let columns = "  100      1     2000  30  400  5  6000  70  0  80  90";
        check(columns, Ok([2000, 6000]));
        check(&format!("{columns} 1 2 3 4 5 6\n"), Ok([2000, 6000]));
        check("", Err(ValueError::Empty));
        check("\n", Err(ValueError::Empty));
        check("100 1", Err(ValueError::Malformed));
        check("1 2 3 4 5 6", Err(ValueError::Malformed));
        check("1 2 -3 4 5 6 7", Err(ValueError::Negative));
        check("1 2 x 4 5 6 7", Err(ValueError::Malformed));
        check("1 2 3 4 5 6 99999999999999999999", Err(ValueError::TooLarge));
    }
}
