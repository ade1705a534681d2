//! The contents of `/proc/PID/stat` and `/proc/PID/io` that the daemon needs.
//!
//! These are pure functions, which accept any bytes, as a process chooses its own name. The
//! resident memory is that of `stat`, which spares another file for each process. For listed
//! processes, [`Resident`](crate::source::Resident) reads `statm`, which since 6.16 also adds the
//! counts that each CPU keeps for itself.

use rstat_shm::snapshot::{COMM_BYTES, Comm};

use crate::source::files::value::{ValueError, parse_lines, parse_unsigned};

/// `PF_KTHREAD` of the kernel's `include/linux/sched.h`, which `stat` prints among
/// the flags; a stable part of what user space relies on.
const PF_KTHREAD: u64 = 0x0020_0000;

/// The fields of `/proc/PID/stat` that the daemon needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The name of its first thread.
    pub comm: Comm,
    /// The state of its first thread: `R`, `S`, `D`, `Z` and so on.
    pub state: u8,
    /// Whether it is a kernel thread.
    pub kernel_thread: bool,
    /// User and system time of all its threads, also of those that are gone.
    pub cpu_ticks: u64,
    /// The number of threads, with the first one even when that has ended.
    pub threads: u64,
    /// The start of the process since boot: it differs from that of an older process of the same
    /// number.
    pub start_ticks: u64,
    /// Resident memory, without the counts that CPUs have yet to add.
    pub rss_pages: u64,
}

/// The lines of `/proc/PID/io` that the daemon needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Io {
    /// Bytes fetched from storage.
    pub read_bytes: u64,
    /// Bytes made dirty for storage.
    pub write_bytes: u64,
}

impl Stat {
    /// Whether the first thread has ended and others have not: then the file's state and memory
    /// mean nothing.
    pub fn outlives_first_thread(&self) -> bool {
        self.state == b'Z' && self.threads > 1
    }
}

/// `1234 (name) S 1 …`. The name may hold anything, brackets and line feeds
/// included, but nothing that follows it can hold a bracket.
pub fn parse_stat(bytes: &[u8]) -> Result<Stat, ValueError> {
    let open = bytes.iter().position(|&byte| byte == b'(').ok_or(ValueError::Malformed)?;
    let close = bytes.iter().rposition(|&byte| byte == b')').ok_or(ValueError::Malformed)?;
    let name = bytes.get(open + 1..close).ok_or(ValueError::Malformed)?;
    let mut comm = Comm::default();
    // Some kernel threads have longer names here than in the kernel's own field.
    let length = name.len().min(COMM_BYTES - 1);
    comm.0[..length].copy_from_slice(&name[..length]);

    let rest = bytes[close + 1..].trim_ascii();
    let state = *rest.first().ok_or(ValueError::Malformed)?;
    let mut fields = rest.split(|&byte| byte == b' ');
    let mut field = |skipped| parse_unsigned(fields.nth(skipped).ok_or(ValueError::Malformed)?);
    // Numbers of proc_pid_stat(5), where the state behind the name is field 3:
    // flags 9, utime 14, stime 15, num_threads 20, starttime 22, rss 24.
    let flags = field(6)?;
    let cpu_ticks = field(4)?.saturating_add(field(0)?);
    Ok(Stat {
        comm,
        state,
        kernel_thread: flags & PF_KTHREAD != 0,
        cpu_ticks,
        threads: field(4)?,
        start_ticks: field(1)?,
        rss_pages: field(1)?,
    })
}

/// Lines such as `read_bytes: 4096`.
pub fn parse_io(bytes: &[u8]) -> Result<Io, ValueError> {
    match parse_lines(bytes, ["read_bytes: ", "write_bytes: "], parse_unsigned)? {
        [Some(read_bytes), Some(write_bytes)] => Ok(Io { read_bytes, write_bytes }),
        _ => Err(ValueError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of `stat` with the fields that we want set to numbers of their own.
    fn line(comm: &str, flags: u64) -> String {
        format!(
            "42 ({comm}) S 1 42 42 0 -1 {flags} 9 9 9 9 100 20 9 9 20 0 3 0 5555 9 777 \
             18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        )
    }

    #[test]
    fn names_hold_anything() {
        let check = |name: &str, shown: &[u8]| {
            let stat = parse_stat(line(name, 0).as_bytes()).unwrap();
            assert_eq!(stat.comm.bytes(), shown, "{name:?}");
            assert_eq!((stat.cpu_ticks, stat.start_ticks, stat.rss_pages), (120, 5555, 777));
            assert_eq!(stat.threads, 3);
        };
        check("bash", b"bash");
        check("", b"");
        check(") R 1 2 3 (", b") R 1 2 3 (");
        check("a) (b", b"a) (b");
        check("two\nlines", b"two\nlines");
        check("((()))", b"((()))");
        check("kworker/0:1-events_freezable", b"kworker/0:1-eve");
        check("löööööööööng", "löööööö\u{f6}".as_bytes().get(..15).unwrap());
    }

    #[test]
    fn kernel_threads_have_their_flag() {
        let check = |flags, expected| {
            let stat = parse_stat(line("x", flags).as_bytes()).unwrap();
            assert_eq!(stat.kernel_thread, expected, "{flags:#x}");
        };
        check(0x0020_8040, true);
        check(0x0040_0000, false);
        check(0, false);
    }

    #[test]
    fn what_is_not_stat_is_refused() {
        let check = |text: &str, expected: ValueError| {
            assert_eq!(parse_stat(text.as_bytes()), Err(expected), "{text:?}");
        };
        check("", ValueError::Malformed);
        check("42 bash S 1", ValueError::Malformed);
        check("42 )bash( S 1", ValueError::Malformed);
        check("42 (bash)", ValueError::Malformed);
        check(
            "42 (bash) S 1 42 42 0 -1 0 9 9 9 9 100 20 9 9 20 0 3 0 5555 9",
            ValueError::Malformed,
        );
        check(&line("bash", 0).replace(" 100 20 ", " -100 20 "), ValueError::Negative);
        check(&line("bash", 0).replace(" 777 ", " 18446744073709551616 "), ValueError::TooLarge);
    }

    #[test]
    fn bytes_are_those_of_storage() {
        let text = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\n\
                    cancelled_write_bytes: 7\n";
        assert_eq!(parse_io(text.as_bytes()), Ok(Io { read_bytes: 4096, write_bytes: 8192 }));
        assert_eq!(parse_io(b""), Err(ValueError::Malformed));
        assert_eq!(parse_io(b"read_bytes: 1\n"), Err(ValueError::Malformed));
        assert_eq!(parse_io(b"read_bytes: x\nwrite_bytes: 1\n"), Err(ValueError::Malformed));
    }
}
