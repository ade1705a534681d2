//! Memory and swap, from `/proc/meminfo`.
//!
//! Used memory is the total minus `MemAvailable`, as in `free` and the usual bars. `sysinfo(2)` is
//! cheaper but lacks available memory, and total minus free counts the page cache as used. Fields
//! are found by name: their order is not part of the kernel's interface.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use crate::source::entry::{Entry, no_devices};
use crate::source::files::value::{ValueError, parse_unsigned};
use crate::source::text_source::TextSource;

/// Memory, and, where the machine has them, swap and compressed pages.
pub const ENTRY: Entry = Entry {
    name: "memory",
    groups: valid::MEMORY | valid::SWAP | valid::ZSWAP,
    period_ms: 0,
    discover: |root| {
        let note = " (used is MemTotal - MemAvailable)";
        TextSource::discover(root, "/proc/meminfo", MEMINFO_BYTES, note, fill)
    },
    devices: no_devices,
    files: &[("proc", &["meminfo"])],
    check: "{memory_used_bytes} of {memory_total_bytes} used\
            [; swap {swap_used_bytes} of {swap_total_bytes}]\
            [; zswap {zswap_stored_bytes} in {zswap_used_bytes}]",
};

/// The file is 1.5 KiB.
const MEMINFO_BYTES: usize = 4096;

fn fill(text: &[u8], sample: &mut Snapshot) -> Result<u64, ValueError> {
    let memory = parse(text)?;
    let mut known = valid::MEMORY;
    sample.memory_total_bytes = memory.total_bytes;
    sample.memory_available_bytes = memory.available_bytes;
    sample.memory_cached_bytes = memory.cached_bytes;
    if memory.swap_total_bytes > 0 {
        known |= valid::SWAP;
        sample.swap_total_bytes = memory.swap_total_bytes;
        sample.swap_used_bytes = memory.swap_used_bytes;
    }
    if let Some((stored_bytes, used_bytes)) = memory.zswap_bytes {
        known |= valid::ZSWAP;
        sample.zswap_stored_bytes = stored_bytes;
        sample.zswap_used_bytes = used_bytes;
    }
    Ok(known)
}

/// The figures of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "they name their unit")]
struct Memory {
    total_bytes: u64,
    available_bytes: u64,
    /// `Buffers` + `Cached` + `SReclaimable`.
    cached_bytes: u64,
    /// 0 on a machine without swap space.
    swap_total_bytes: u64,
    /// `SwapTotal` − `SwapFree` − `SwapCached`.
    swap_used_bytes: u64,
    /// `Zswapped` and `Zswap`, where the kernel compresses the pages that it swaps out (since
    /// 5.19).
    zswap_bytes: Option<(u64, u64)>,
}

/// The lines that the source needs, in kB.
#[derive(Default)]
struct Lines {
    total: Option<u64>,
    available: Option<u64>,
    buffers: Option<u64>,
    cached: Option<u64>,
    reclaimable: Option<u64>,
    swap_total: Option<u64>,
    swap_free: Option<u64>,
    swap_cached: Option<u64>,
    zswap: Option<u64>,
    zswapped: Option<u64>,
}

/// Parses the file. A kernel without swap has no lines about swap: its swap is 0. The lines about
/// memory must be there.
fn parse(bytes: &[u8]) -> Result<Memory, ValueError> {
    let mut lines = Lines::default();
    for line in bytes.split(|&byte| byte == b'\n') {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let field = match &line[..colon] {
            b"MemTotal" => &mut lines.total,
            b"MemAvailable" => &mut lines.available,
            b"Buffers" => &mut lines.buffers,
            b"Cached" => &mut lines.cached,
            b"SReclaimable" => &mut lines.reclaimable,
            b"SwapTotal" => &mut lines.swap_total,
            b"SwapFree" => &mut lines.swap_free,
            b"SwapCached" => &mut lines.swap_cached,
            b"Zswap" => &mut lines.zswap,
            b"Zswapped" => &mut lines.zswapped,
            _ => continue,
        };
        *field = Some(parse_bytes(&line[colon + 1..])?);
    }
    let needed = |line: Option<u64>| line.ok_or(ValueError::Malformed);
    let swap_total_bytes = lines.swap_total.unwrap_or(0);
    let swap_free = lines.swap_free.unwrap_or(0);
    // Pages that were read back and are still in the swap space as well.
    let swap_cached = lines.swap_cached.unwrap_or(0);
    Ok(Memory {
        total_bytes: needed(lines.total)?,
        available_bytes: needed(lines.available)?,
        cached_bytes: needed(lines.buffers)?
            .saturating_add(needed(lines.cached)?)
            .saturating_add(lines.reclaimable.unwrap_or(0)),
        swap_total_bytes,
        swap_used_bytes: swap_total_bytes.saturating_sub(swap_free).saturating_sub(swap_cached),
        zswap_bytes: lines.zswapped.zip(lines.zswap),
    })
}

/// `   24684084 kB`, in bytes.
fn parse_bytes(value: &[u8]) -> Result<u64, ValueError> {
    let value = value.trim_ascii();
    let number = value.strip_suffix(b" kB").ok_or(ValueError::Malformed)?;
    parse_unsigned(number)?.checked_mul(1024).ok_or(ValueError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "MemTotal: 1000 kB\nMemAvailable: 600 kB\nBuffers: 10 kB\nCached: 20 kB\n";

    #[test]
    fn fields_are_found_by_name_in_any_order() {
        let memory = Memory {
            total_bytes: 1000 << 10,
            available_bytes: 600 << 10,
            cached_bytes: 37 << 10,
            swap_total_bytes: 100 << 10,
            swap_used_bytes: 50 << 10,
            zswap_bytes: Some((9 << 10, 3 << 10)),
        };
        let text =
            "SwapCached: 10 kB\nSwapTotal: 100 kB\nHugePages_Total:       0\nSReclaimable: 7 kB\n\
                    SwapFree: 40 kB\nno colon\nZswap: 3 kB\nZswapped: 9 kB\n"
                .to_owned()
                + PLAIN;
        assert_eq!(parse(text.as_bytes()), Ok(memory));
    }

    #[test]
    fn what_is_not_meminfo_is_refused() {
        let check = |text: &str, expected: ValueError| {
            assert_eq!(parse(text.as_bytes()), Err(expected), "{text:?}");
        };
        check("", ValueError::Malformed);
        check("MemTotal: 1000 kB\n", ValueError::Malformed);
        check(&PLAIN.replace("600 kB", "600"), ValueError::Malformed);
        check(&PLAIN.replace("600 kB", "-600 kB"), ValueError::Negative);
        check(&PLAIN.replace("600 kB", " kB"), ValueError::Malformed);
        check(&PLAIN.replace("600 kB", "18014398509481985 kB"), ValueError::TooLarge);
        check(&PLAIN.replace("MemAvailable", "MemAvailables"), ValueError::Malformed);
    }

    #[test]
    fn swap_is_never_less_than_nothing() {
        let check = |swap: &str, total, used| {
            let memory = parse((PLAIN.to_owned() + swap).as_bytes()).unwrap();
            assert_eq!(
                (memory.swap_total_bytes, memory.swap_used_bytes),
                (total, used),
                "{swap:?}"
            );
        };
        check("", 0, 0);
        check("SwapTotal: 0 kB\nSwapFree: 0 kB\nSwapCached: 0 kB\n", 0, 0);
        // The counters are not of one moment: free plus cached swap may exceed the total.
        check("SwapTotal: 8 kB\nSwapFree: 8 kB\nSwapCached: 4 kB\n", 8192, 0);
    }
}
