//! Why an AMD card is held back, from `gpu_metrics`: a binary table with a layout that its
//! header names (`kgd_pp_interface.h` of the driver).
//!
//! Tables up to 1.3 and 2.4 have the reasons of this moment. Newer ones have the time that each
//! cause has lasted since the driver was loaded: a cause is a reason when its time has grown since
//! the reading before. Three tables give no reasons: in 1.4 and 1.5 the driver always writes zero,
//! and 1.9 is a list of attributes.

use std::io;

use rstat_shm::snapshot::throttle;

use super::driver::answer;
use crate::source::files::counter::Counter;
use crate::source::files::value::ValueFile;

/// The largest table has more than 3 KiB; the reasons are in its first 256 bytes.
const BYTES: usize = 256;

/// The most causes with a time of their own.
const MAX_CAUSES: usize = 7;

/// The table of a card.
pub struct Metrics {
    file: ValueFile,
    /// Format and content revision of the last reading.
    revision: Option<(u8, u8)>,
    causes: [Counter; MAX_CAUSES],
}

/// The place of the reasons in a layout.
enum Reasons {
    /// 64 bits that mean the same on every chip.
    Independent(usize),
    /// 32 bits that each chip has in its own order.
    OfChip(usize),
    /// Counters of 32 bits, one for each cause, in a table of the given size: before the kernel's
    /// release, tables of the same revision had other sizes.
    Times(u16, usize, &'static [u32]),
}

/// PROCHOT, the power limit, the temperature of the socket, of the voltage regulators
/// and of the memory.
const SERVER_CAUSES: &[u32] =
    &[throttle::EXTERNAL, throttle::POWER, throttle::THERMAL, throttle::CURRENT, throttle::THERMAL];
/// PROCHOT, three power limits, the temperatures of CPU cores, graphics and the rest.
const APU_CAUSES: &[u32] = &[
    throttle::EXTERNAL,
    throttle::POWER,
    throttle::POWER,
    throttle::POWER,
    throttle::THERMAL,
    throttle::THERMAL,
    throttle::THERMAL,
];

impl Metrics {
    /// The table of an open file.
    pub fn new(file: ValueFile) -> Self {
        Self { file, revision: None, causes: Default::default() }
    }

    /// Bits of [`throttle`]; `None` for a layout without reasons.
    pub fn throttle(&mut self) -> io::Result<Option<u32>> {
        let mut buffer = [0; BYTES];
        let Some(table) = answer(&self.file, self.file.bytes(&mut buffer))? else {
            return Ok(None);
        };
        self.revision = revision(table);
        Ok(throttle_reasons(table, &mut self.causes))
    }

    /// Forgets the counters: their growth so far is not of the next interval.
    pub fn forget(&mut self) {
        self.causes = Default::default();
    }

    /// For `--check`: the file, its version, and whether the version has reasons.
    pub fn origin(&self) -> String {
        match self.revision {
            None => "gpu_metrics".to_owned(),
            Some(revision @ (format, content)) => {
                let unsaid = match reasons_in(revision) {
                    Some(_) => "",
                    None => " (does not say what throttles it)",
                };
                format!("gpu_metrics {format}.{content}{unsaid}")
            }
        }
    }
}

/// The table begins with its size (16 bits), format and content revision (8 each).
fn revision(table: &[u8]) -> Option<(u8, u8)> {
    let &[_, _, format, content, ..] = table else { return None };
    Some((format, content))
}

fn reasons_in(revision: (u8, u8)) -> Option<Reasons> {
    Some(match revision {
        (1, 0..=2) => Reasons::OfChip(68),
        (1, 3) => Reasons::Independent(112),
        (1, 6) => Reasons::Times(1664, 36, SERVER_CAUSES),
        (1, 7) => Reasons::Times(2208, 44, SERVER_CAUSES),
        (1, 8) => Reasons::Times(3360, 44, SERVER_CAUSES),
        (2, 0) => Reasons::OfChip(112),
        (2, 1) => Reasons::OfChip(108),
        (2, 2..=4) => Reasons::Independent(120),
        (3, 0) => Reasons::Times(264, 228, APU_CAUSES),
        _ => return None,
    })
}

fn throttle_reasons(table: &[u8], causes: &mut [Counter]) -> Option<u32> {
    // A field that a chip does not fill in has all its bits set.
    match reasons_in(revision(table)?)? {
        Reasons::Independent(at) => match u64::from_ne_bytes(bytes(table, at)?) {
            u64::MAX => None,
            bits => Some(independent_reasons(bits)),
        },
        Reasons::OfChip(at) => match u32::from_ne_bytes(bytes(table, at)?) {
            u32::MAX => None,
            0 => Some(0),
            _ => Some(throttle::OTHER),
        },
        Reasons::Times(size, at, kinds) => {
            if u16::from_ne_bytes(bytes(table, 0)?) != size {
                return None;
            }
            let mut reasons = None;
            for ((index, kind), cause) in kinds.iter().enumerate().zip(causes) {
                let time = u32::from_ne_bytes(bytes(table, at + index * size_of::<u32>())?);
                let time = Some(time).filter(|&time| time != u32::MAX).map(u64::from);
                if let Some(added) = cause.advance(time) {
                    *reasons.get_or_insert(0) |= if added > 0 { *kind } else { 0 };
                }
            }
            reasons
        }
    }
}

fn bytes<const N: usize>(table: &[u8], at: usize) -> Option<[u8; N]> {
    table.get(at..)?.first_chunk().copied()
}

/// `SMU_THROTTLER_*_BIT` of the driver's `amdgpu_smu.h`: 16 bits for each kind.
fn independent_reasons(bits: u64) -> u32 {
    const KINDS: [(std::ops::RangeInclusive<u32>, u32); 7] = [
        (0..=15, throttle::POWER),
        (16..=31, throttle::CURRENT),
        (32..=37, throttle::THERMAL),
        // The voltage regulators; then the cooling liquid.
        (38..=41, throttle::CURRENT),
        (42..=43, throttle::THERMAL),
        (44..=45, throttle::CURRENT),
        (46..=47, throttle::EXTERNAL),
    ];
    let kind = |bit: u32| {
        let known = KINDS.iter().find(|(range, _)| range.contains(&bit));
        known.map_or(throttle::OTHER, |(_, kind)| *kind)
    };
    (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1).map(kind).fold(0, |all, one| all | one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(format: u8, content: u8, at: usize, field: &[u8]) -> Vec<u8> {
        let mut table = vec![0; BYTES];
        table[..4].copy_from_slice(&[120, 0, format, content]);
        table[at..at + field.len()].copy_from_slice(field);
        table
    }

    fn once(table: &[u8]) -> Option<u32> {
        throttle_reasons(table, &mut [Counter::default(); MAX_CAUSES])
    }

    #[test]
    fn reasons_are_found_in_each_layout() {
        let check = |format, content, at, bit: u32, expected| {
            let wide = table(format, content, at, &(1_u64 << bit).to_ne_bytes());
            assert_eq!(once(&wide), Some(expected), "{format}.{content} bit {bit}");
            let none = table(format, content, at, &[]);
            assert_eq!(once(&none), Some(0), "{format}.{content}");
        };
        check(1, 3, 112, 0, throttle::POWER);
        check(1, 3, 112, 17, throttle::CURRENT);
        check(1, 3, 112, 36, throttle::THERMAL);
        check(2, 2, 120, 38, throttle::CURRENT);
        check(2, 3, 120, 46, throttle::EXTERNAL);
        check(2, 4, 120, 57, throttle::OTHER);
        check(1, 1, 68, 3, throttle::OTHER);
        check(2, 0, 112, 3, throttle::OTHER);
        check(2, 1, 108, 3, throttle::OTHER);
        assert_eq!(independent_reasons(1 | 1 << 33), throttle::POWER | throttle::THERMAL);
    }

    /// A table with the times of its causes.
    fn times(format: u8, content: u8, size: u16, at: usize, times: &[u32]) -> Vec<u8> {
        let field: Vec<u8> = times.iter().flat_map(|time| time.to_ne_bytes()).collect();
        let mut table = table(format, content, at, &field);
        table[..2].copy_from_slice(&size.to_ne_bytes());
        table
    }

    #[test]
    fn a_cause_whose_time_goes_up_is_a_reason() {
        let kinds = |format, content, size, at, count| -> Vec<u32> {
            let zero = vec![5; count];
            let cause = |index: usize| {
                let mut causes = [Counter::default(); MAX_CAUSES];
                let table = times(format, content, size, at, &zero);
                assert_eq!(throttle_reasons(&table, &mut causes), None);
                assert_eq!(throttle_reasons(&table, &mut causes), Some(0), "nothing went up");
                let mut more = zero.clone();
                more[index] += 1;
                throttle_reasons(&times(format, content, size, at, &more), &mut causes).unwrap()
            };
            (0..count).map(cause).collect()
        };
        assert_eq!(kinds(1, 6, 1664, 36, 5), SERVER_CAUSES);
        assert_eq!(kinds(1, 7, 2208, 44, 5), SERVER_CAUSES);
        assert_eq!(kinds(1, 8, 3360, 44, 5), SERVER_CAUSES);
        assert_eq!(kinds(3, 0, 264, 228, 7), APU_CAUSES);
    }

    #[test]
    fn a_time_that_goes_back_or_is_not_filled_in_says_nothing() {
        let mut causes = [Counter::default(); MAX_CAUSES];
        let mut read = |all: u32, power: u32| {
            let table = times(1, 6, 1664, 36, &[all, power, all, all, all]);
            throttle_reasons(&table, &mut causes)
        };
        assert_eq!(read(u32::MAX, 10), None, "the first reading");
        assert_eq!(read(u32::MAX, 10), Some(0));
        assert_eq!(read(u32::MAX, u32::MAX - 1), Some(throttle::POWER));
        assert_eq!(read(u32::MAX, 3), None, "the card was reset");
        assert_eq!(read(7, 4), Some(throttle::POWER), "others are filled in from now on");
        assert_eq!(read(8, 4), Some(throttle::EXTERNAL | throttle::THERMAL | throttle::CURRENT));
    }

    #[test]
    fn a_table_of_another_layout_is_refused() {
        let check = |table: &[u8]| {
            assert_eq!(once(table), None, "{table:?}");
        };
        check(b"");
        check(&[4, 0, 1]);
        // The driver always writes 0 there.
        check(&table(1, 4, 40, &[]));
        check(&table(1, 5, 104, &[]));
        check(&table(1, 9, 0, &[]));
        check(&table(2, 5, 120, &[]));
        check(&table(4, 0, 112, &[]));
        check(&table(1, 3, 112, &[])[..119]);
        check(&table(1, 3, 112, &[0xff; 8]));
        check(&table(2, 0, 112, &[0xff; 4]));
        // Another table of that revision, and a table that was cut off.
        let mut causes = [Counter::default(); MAX_CAUSES];
        for table in
            [times(3, 0, 256, 228, &[1; 7]), times(3, 0, 264, 228, &[1; 7])[..255].to_vec()]
        {
            for _ in 0..2 {
                let read = throttle_reasons(&table, &mut causes);
                assert_eq!(read, None, "{table:?}");
            }
        }
    }
}
