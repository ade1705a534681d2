//! A row of a top list, of processes or of applications.

use std::fmt::{self, Display};

use rstat_shm::fields::{Row, Value};
use rstat_shm::snapshot::{Process, WordText};

use crate::text::columns::{Cut, UNKNOWN, Visible, columns};

/// A process or an application, and its use of the machine.
pub struct Consumer<'a> {
    /// The name; none where it is empty.
    pub name: Option<Visible<WordText<'a>>>,
    /// The process id of a single process that still exists.
    pub pid: Option<u32>,
    /// The number of processes.
    pub count: u32,
    /// Whether these are kernel threads.
    pub is_kernel_thread: bool,
    /// CPU time, of one CPU.
    pub cpu_ppm: u32,
    /// Resident memory.
    pub rss_bytes: u64,
    /// Bytes read from storage.
    pub read_bytes_per_s: u64,
    /// Bytes written to storage.
    pub write_bytes_per_s: u64,
}

impl<'a> From<Row<'a>> for Consumer<'a> {
    fn from(row: Row<'a>) -> Self {
        let number = |member| match row.named(member) {
            Some(Value::Number(number)) => number as u64,
            _ => 0,
        };
        let name = match row.named("comm").or_else(|| row.named("name")) {
            Some(Value::Text(text)) => Some(Visible(text)),
            _ => None,
        };
        let pid = number("pid") as u32;
        Self {
            name,
            pid: (pid != 0).then_some(pid),
            count: number("count") as u32,
            is_kernel_thread: number("flags") & u64::from(Process::KERNEL_THREAD) != 0,
            cpu_ppm: number("cpu_ppm") as u32,
            rss_bytes: number("rss_bytes"),
            read_bytes_per_s: number("read_bytes_per_s"),
            write_bytes_per_s: number("write_bytes_per_s"),
        }
    }
}

/// The name with the number of processes, in so many columns: `firefox ×31`. A
/// long name is cut, the number is not.
pub struct Label<'a>(pub &'a Consumer<'a>, pub usize);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = Times(self.0.count);
        match &self.0.name {
            Some(name) => Cut(name, self.1.saturating_sub(columns(&times))).fmt(f)?,
            None => f.write_str(UNKNOWN)?,
        }
        times.fmt(f)
    }
}

struct Times(u32);

impl Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => Ok(()),
            count => write!(f, " ×{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstat_shm::Snapshot;
    use rstat_shm::fields::find_list;
    use rstat_shm::snapshot::KernelThreads;

    use super::*;

    #[test]
    fn a_label_says_how_many_and_fits() {
        let check = |bytes: &[u8], count, shown: &str| {
            let mut sample = Snapshot { valid: u64::MAX, ..Snapshot::EMPTY };
            sample.top_cpu_applications[0].count = count;
            sample.top_cpu_applications[0].name.0[..bytes.len()].copy_from_slice(bytes);
            let list = find_list("top_cpu_applications").unwrap();
            let row = list.row(&sample, 0, KernelThreads::Hidden).unwrap();
            assert_eq!(Label(&Consumer::from(row), 16).to_string(), shown, "{bytes:?}");
        };
        check(b"firefox", 31, "firefox ×31");
        check(b"firefox", 1, "firefox");
        check(b"", 1, "–");
        check(b"", 3, "– ×3");
        check(b"a-name-of-31-bytes-that-has-none", 1, "a-name-of-31-by…");
        check(b"a-name-of-31-bytes-that-has-none", 1_234, "a-name-of… ×1234");
        check("evil\u{202e}gpj.sh".as_bytes(), 1, "evil\u{fffd}gpj.sh");
        check(b"a\tb\xff", 1, "a\u{fffd}b\u{fffd}");
    }
}
