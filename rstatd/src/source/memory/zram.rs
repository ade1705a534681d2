//! Memory in compressed disks in memory (zram), from `/sys/block/zram*/mm_stat`.
//!
//! All that have been set up count, whether they hold swap or files: both take
//! memory that no process is seen to use.

use std::io;

use rstat_shm::snapshot::valid;

use crate::source::entry::{Draft, Entry, Source, tried};
use crate::source::files::Root;
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

/// Memory that holds other memory's pages in compressed form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Compressed {
    /// What the pages would take uncompressed.
    stored_bytes: u64,
    /// What they take.
    used_bytes: u64,
}

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
        let mut sum = Some(Compressed::default());
        for device in &self.devices {
            let mut buffer = [0; LINE_BYTES];
            let one = device.known(device.bytes(&mut buffer).and_then(parse))?;
            sum = sum.zip(one).map(|(sum, one)| Compressed {
                stored_bytes: sum.stored_bytes.saturating_add(one.stored_bytes),
                used_bytes: sum.used_bytes.saturating_add(one.used_bytes),
            });
        }
        let Some(Compressed { stored_bytes, used_bytes }) = sum else { return Ok(0) };
        draft.sample.zram_stored_bytes = stored_bytes;
        draft.sample.zram_used_bytes = used_bytes;
        Ok(valid::ZRAM)
    }

    fn origin(&self) -> String {
        let paths: Vec<_> = self.devices.iter().map(ValueFile::path).collect();
        paths.join(", ")
    }
}

/// `orig_data_size compr_data_size mem_used_total …`, bytes, see
/// `Documentation/admin-guide/blockdev/zram.rst`.
fn parse(line: &[u8]) -> Result<Compressed, ValueError> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Err(ValueError::Empty);
    }
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let mut number = |skip: usize| parse_unsigned(words.nth(skip).ok_or(ValueError::Malformed)?);
    Ok(Compressed { stored_bytes: number(0)?, used_bytes: number(1)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found() {
        let check = |line: &str, expected| assert_eq!(parse(line.as_bytes()), expected, "{line:?}");
        let compressed = Compressed { stored_bytes: 4096, used_bytes: 1234 };
        check("    4096     1000     1234        0 9 0 0 0 0\n", Ok(compressed));
        check("4096 1000 1234", Ok(compressed));
        check("\n", Err(ValueError::Empty));
        check("4096 1000\n", Err(ValueError::Malformed));
        check("4096 1000 -1\n", Err(ValueError::Negative));
        check("4096 1000 0x10\n", Err(ValueError::Malformed));
        check("99999999999999999999 1 1\n", Err(ValueError::TooLarge));
    }
}
