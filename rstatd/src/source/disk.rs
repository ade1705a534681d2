//! Bytes read from and written to all disks, from `/proc/diskstats`.
//!
//! Only whole disks that are a device of their own count: a partition, a
//! device-mapper volume, a RAID, a loop or a compressed disk in memory passes its
//! bytes on to one that is counted already, or to none. What tells them is
//! `/sys/block`: the name stands there (no partition), it has a `device`, and it
//! is not `hidden`, as the paths of an NVMe multipath disk are. Names are looked up
//! when they are seen first, which is the only time that a reading allocates.

use std::io;

use super::counter::{Clock, Counter};
use super::value::{ValueError, ValueFile, parse_unsigned};
use super::{Root, Source};
use crate::reading::{Disk, Reading, Span};

const PATH: &str = "/proc/diskstats";
const BLOCK: &str = "/sys/block";

/// Sectors of the block layer, whatever the disk's own are (`SECTOR_SHIFT`).
const SECTOR_BYTES: u64 = 512;

/// Names that are remembered; a machine with more is not watched any further.
const MAX_NAMES: usize = 1024;

struct Disks {
    root: Root,
    file: ValueFile,
    buffer: Vec<u8>,
    clock: Clock,
    /// All names that were in the file, most of which are no disks.
    names: Vec<Name>,
}

struct Name {
    name: Vec<u8>,
    disk: Option<[Counter; 2]>,
}

/// Opens the file and sees which disks there are.
pub fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let file = root.open(PATH).map_err(|error| error.to_string())?;
    let mut source = Disks {
        root: root.clone(),
        file,
        buffer: Vec::new(),
        clock: Clock::default(),
        names: Vec::new(),
    };
    source.read(&mut { Reading::EMPTY }).map_err(|error| error.to_string())?;
    if source.names.iter().all(|name| name.disk.is_none()) {
        return Err(format!("no disk in {PATH} that has a {BLOCK}/*/device"));
    }
    Ok(Box::new(source))
}

impl Source for Disks {
    fn read(&mut self, reading: &mut Reading) -> io::Result<()> {
        let Self { root, file, buffer, clock, names } = self;
        let mut sectors = [0_u64; 2];
        let text = match file.whole(buffer) {
            Ok(text) => text,
            Err(error) => return file.known(Err(error)).map(|_: Option<()>| reading.disk = None),
        };
        let elapsed_ns = clock.advance(reading.monotonic_ns);
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let (name, now) = parse(line).map_err(|error| file.failure(error))?;
            let Some(counters) = counters(names, root, name) else { continue };
            for ((counter, now), sum) in counters.iter_mut().zip(now).zip(&mut sectors) {
                // A disk that was pulled out and is back counts from 0 again.
                *sum = sum.saturating_add(counter.advance(Some(now)).unwrap_or(0));
            }
        }
        let [read_bytes, write_bytes] = sectors
            .map(|sectors| Span::new(Some(sectors.saturating_mul(SECTOR_BYTES)), elapsed_ns));
        reading.disk = read_bytes
            .zip(write_bytes)
            .map(|(read_bytes, write_bytes)| Disk { read_bytes, write_bytes });
        Ok(())
    }

    fn origin(&self) -> String {
        let disks = self.names.iter().filter(|name| name.disk.is_some());
        let names: Vec<_> = disks.map(|disk| String::from_utf8_lossy(&disk.name)).collect();
        format!("{PATH} ({})", names.join(", "))
    }
}

/// The counters of a disk; nothing for what is none.
fn counters<'n>(
    names: &'n mut Vec<Name>,
    root: &Root,
    name: &[u8],
) -> Option<&'n mut [Counter; 2]> {
    let index = match names.iter().position(|known| known.name == name) {
        Some(index) => index,
        None if names.len() == MAX_NAMES => return None,
        None => {
            let disk = is_disk(root, name).then(Default::default);
            names.push(Name { name: name.to_vec(), disk });
            names.len() - 1
        }
    };
    names[index].disk.as_mut()
}

fn is_disk(root: &Root, name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    // A slash in a name is an exclamation mark below `/sys` (`cciss!c0d0`).
    let directory = format!("{BLOCK}/{}", name.replace('/', "!"));
    let hidden = root.text(&format!("{directory}/hidden"));
    root.link_name(&format!("{directory}/device")).is_some()
        && hidden.map_or(true, |hidden| hidden != "1")
}

/// `259 0 nvme0n1 READS MERGED SECTORS MS WRITES MERGED SECTORS …`, see
/// `Documentation/admin-guide/iostats.rst`: the name, sectors read and written.
fn parse(line: &[u8]) -> Result<(&[u8], [u64; 2]), ValueError> {
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let mut word = |skip: usize| words.nth(skip).ok_or(ValueError::Malformed);
    let name = word(2)?;
    Ok((name, [parse_unsigned(word(2)?)?, parse_unsigned(word(3)?)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_any_number_of_columns() {
        let line = " 259       0 nvme0n1 100 1 2000 30 400 5 6000 70 0 80 90 1 2 3 4 5 6";
        assert_eq!(parse(line.as_bytes()), Ok((&b"nvme0n1"[..], [2000, 6000])));
        let check = |line: &str, expected| assert_eq!(parse(line.as_bytes()), Err(expected));
        check("259 0", ValueError::Malformed);
        check("259 0 sda 1 2 3 4 5 6", ValueError::Malformed);
        check("8 0 sda 1 2 -3 4 5 6 7", ValueError::Negative);
        check("8 0 sda 1 2 x 4 5 6 7", ValueError::Malformed);
        check("8 0 sda 1 2 3 4 5 6 99999999999999999999", ValueError::TooLarge);
    }
}
