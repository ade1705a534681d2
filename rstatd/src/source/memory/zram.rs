//! Memory in compressed disks in memory (zram), from `/sys/block/zram*/mm_stat`.
//!
//! All devices that have been set up count, whether they hold swap or files: both take memory that
//! belongs to no process.

use std::io;

use rstat_shm::snapshot::valid;

use crate::source::entry::{Draft, Entry, Source, tried};
use crate::source::files::Root;
use crate::source::files::counter::sum;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};

/// All zram devices together.
pub const ENTRY: Entry = Entry {
    name: "zram",
    groups: valid::ZRAM,
    period_ms: 2000,
    discover,
    devices: |root| names(root).join(" "),
    files: &[("sys/block/zram*", &["mm_stat"])],
    check: "{zram_stored_bytes} in {zram_used_bytes}",
};

const BLOCK: &str = "/sys/block";

/// Nine columns of at most 20 digits.
const LINE_BYTES: usize = 256;

struct Zram {
    devices: Vec<ValueFile>,
}

/// Opens the figures of each device.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let devices: Vec<_> = names(root)
        .iter()
        .filter_map(|name| root.open(&format!("{BLOCK}/{name}/mm_stat")).ok())
        .collect();
    if devices.is_empty() {
        return Err(format!("no compressed disk in memory: no {BLOCK}/zram*/mm_stat"));
    }
    tried(Zram { devices })
}

/// Devices are added while the machine runs (`zramctl`).
fn names(root: &Root) -> Vec<String> {
    let mut names = root.list(BLOCK).unwrap_or_default();
    names.retain(|name| name.starts_with("zram"));
    names
}

impl Source for Zram {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let mut all = Some([0; 2]);
        for device in &self.devices {
            let mut buffer = [0; LINE_BYTES];
            all = sum(all, device.known(device.bytes(&mut buffer).and_then(parse))?);
        }
        let Some(all) = all else { return Ok(0) };
        [draft.sample.zram_stored_bytes, draft.sample.zram_used_bytes] = all;
        Ok(valid::ZRAM)
    }

    fn origin(&self) -> String {
        let paths: Vec<_> = self.devices.iter().map(ValueFile::path).collect();
        paths.join(", ")
    }
}

/// `orig_data_size compr_data_size mem_used_total …`, bytes, see
/// `Documentation/admin-guide/blockdev/zram.rst`: the bytes of the uncompressed pages,
/// and the bytes that the compressed pages take.
fn parse(line: &[u8]) -> Result<[u64; 2], ValueError> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Err(ValueError::Empty);
    }
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let mut number = |skip: usize| parse_unsigned(words.nth(skip).ok_or(ValueError::Malformed)?);
    Ok([number(0)?, number(1)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found() {
        let check = |line: &str, expected| assert_eq!(parse(line.as_bytes()), expected, "{line:?}");
        let compressed = [4096, 1234];
        check("    4096     1000     1234        0 9 0 0 0 0\n", Ok(compressed));
        check("4096 1000 1234", Ok(compressed));
        check("\n", Err(ValueError::Empty));
        check("4096 1000\n", Err(ValueError::Malformed));
        check("4096 1000 -1\n", Err(ValueError::Negative));
        check("4096 1000 0x10\n", Err(ValueError::Malformed));
        check("99999999999999999999 1 1\n", Err(ValueError::TooLarge));
    }
}
