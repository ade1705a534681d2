//! Memory in compressed disks in memory (zram), from `/sys/block/zram*/mm_stat`.
//!
//! All that have been set up count, whether they hold swap or files: both take
//! memory that no process is seen to use.

use std::io;

use crate::reading::{Compressed, Reading};
use crate::source::entry::{Source, tried};
use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};

const BLOCK: &str = "/sys/block";

/// Nine columns of at most 20 digits.
const LINE_BYTES: usize = 256;

struct Zram {
    devices: Vec<ValueFile>,
}

/// Their names: they are added while the machine runs (`zramctl`).
pub fn devices(root: &Root) -> String {
    names(root).join(" ")
}

/// Opens the figures of each device.
pub fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let devices: Vec<_> = names(root)
        .iter()
        .filter_map(|name| root.open(&format!("{BLOCK}/{name}/mm_stat")).ok())
        .collect();
    if devices.is_empty() {
        return Err(format!("no compressed disk in memory: no {BLOCK}/zram*/mm_stat"));
    }
    tried(Zram { devices })
}

fn names(root: &Root) -> Vec<String> {
    let mut names = root.list(BLOCK).unwrap_or_default();
    names.retain(|name| name.starts_with("zram"));
    names
}

impl Source for Zram {
    fn read(&mut self, reading: &mut Reading) -> io::Result<()> {
        let mut sum = Some(Compressed::default());
        for device in &self.devices {
            let mut buffer = [0; LINE_BYTES];
            let one = device.known(device.bytes(&mut buffer).and_then(parse))?;
            sum = sum.zip(one).map(|(sum, one)| Compressed {
                stored_bytes: sum.stored_bytes.saturating_add(one.stored_bytes),
                used_bytes: sum.used_bytes.saturating_add(one.used_bytes),
            });
        }
        reading.zram = sum;
        Ok(())
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
