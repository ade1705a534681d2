//! The machine's CLOCK_MONOTONIC: all times of a region are readings of this clock.
//!
//! In a time namespace (time_namespaces(7)) a process's clock differs from the machine's
//! by an offset that the kernel publishes. The kernel's own times lack that offset, and so
//! do the clocks of daemons and readers elsewhere. Therefore this file subtracts the offset.

use std::path::Path;
use std::sync::OnceLock;
use std::{fs, io};

use crate::error::Error;
use crate::sys;

const OWN: &str = "/proc/self/ns/time";
const OF_CHILDREN: &str = "/proc/self/ns/time_for_children";
const OFFSETS: &str = "/proc/self/timens_offsets";
/// The namespace that every process starts in (`PROC_TIME_INIT_INO` of the kernel).
const FIRST: &str = "time:[4026531834]";
const SECOND_NS: i64 = 1_000_000_000;

/// The offset, read once. A process that forks into another namespace keeps this offset.
static AHEAD_NS: OnceLock<i64> = OnceLock::new();

/// CLOCK_MONOTONIC outside of all time namespaces, in nanoseconds. Makes no system call,
/// except for the first call in a process that has no region open.
pub fn monotonic_ns() -> u64 {
    // Where the offset cannot be read, opening a region fails as well.
    let ahead_ns = ahead_ns().unwrap_or_default();
    sys::monotonic_ns().wrapping_add_signed(ahead_ns.wrapping_neg())
}

/// How far this process's clock is ahead of the machine's.
pub(crate) fn ahead_ns() -> Result<i64, Error> {
    if let Some(known) = AHEAD_NS.get() {
        return Ok(*known);
    }
    let action = "find the offset of this time namespace in";
    let ahead_ns = read_offset_ns().map_err(Error::io(action, Path::new(OFFSETS)))?;
    Ok(*AHEAD_NS.get_or_init(|| ahead_ns))
}

fn read_offset_ns() -> io::Result<i64> {
    // The link is missing where the kernel has no time namespaces or /proc is not mounted.
    match fs::read_link(OWN) {
        Ok(own) if own != Path::new(FIRST) => {
            offset_ns(&own, &fs::read_link(OF_CHILDREN)?, &fs::read_to_string(OFFSETS)?)
        }
        _ => Ok(0),
    }
}

/// The kernel lists the offsets of the namespace that children will be born in. They hold
/// for this process only when both namespaces are the same.
fn offset_ns(own: &Path, of_children: &Path, offsets: &str) -> io::Result<i64> {
    if own != of_children {
        return Err(io::Error::other("it has the offset of another namespace, the children's"));
    }
    parse(offsets).ok_or_else(|| io::Error::other("not what is expected there"))
}

/// Parses lines such as `monotonic  -1000  500`: whole seconds, then nanoseconds to add.
fn parse(offsets: &str) -> Option<i64> {
    let line = offsets.lines().find_map(|line| line.strip_prefix("monotonic "))?;
    let mut numbers = line.split_whitespace().map(|number| number.parse::<i64>().ok());
    numbers.next()??.checked_mul(SECOND_NS)?.checked_add(numbers.next()??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_seconds_and_nanoseconds() {
        let check = |text: &str, expected| assert_eq!(parse(text), expected, "{text:?}");
        check(
            "monotonic      100000         0\nboottime            7         0\n",
            Some(100_000_000_000_000),
        );
        check("boottime 1 2\nmonotonic -1 999999999\n", Some(-1));
        check("monotonic -1000 0\n", Some(-1_000_000_000_000));
        check("monotonic 1\n", None);
        check("monotonic 9223372036854775807 0\n", None);
        check("boottime 1 2\n", None);
        check("", None);
    }

    #[test]
    fn offsets_of_another_namespace_are_not_believed() {
        let own = Path::new("time:[4026532177]");
        let offsets = "monotonic 5 0\n";
        assert_eq!(offset_ns(own, own, offsets).unwrap(), 5_000_000_000);
        assert!(offset_ns(own, Path::new(FIRST), offsets).is_err());
        assert!(offset_ns(own, own, "").is_err());
    }
}
