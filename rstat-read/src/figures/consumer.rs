//! A row of a top list, of processes or of applications.

use std::fmt::{self, Display};

use rstat_shm::snapshot::{Application, Process, Text};

use crate::text::columns::{Cut, UNKNOWN, Visible, columns};

/// A process or an application, and its use of the machine.
pub struct Consumer<'a> {
    /// The name; none where it is empty.
    pub name: Option<Visible<&'a dyn Display>>,
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

fn name<const N: usize>(text: &Text<N>) -> Option<Visible<&dyn Display>> {
    (!text.bytes().is_empty()).then_some(Visible(text))
}

impl<'a> From<&'a Process> for Consumer<'a> {
    fn from(row: &'a Process) -> Self {
        Self {
            name: name(&row.comm),
            pid: (row.pid != 0).then_some(row.pid),
            count: row.count,
            is_kernel_thread: row.is_kernel_thread(),
            cpu_ppm: row.cpu_ppm,
            rss_bytes: row.rss_bytes,
            read_bytes_per_s: row.read_bytes_per_s,
            write_bytes_per_s: row.write_bytes_per_s,
        }
    }
}

impl<'a> From<&'a Application> for Consumer<'a> {
    fn from(row: &'a Application) -> Self {
        Self {
            name: name(&row.name),
            pid: None,
            count: row.count,
            is_kernel_thread: row.is_kernel_thread(),
            cpu_ppm: row.cpu_ppm,
            rss_bytes: row.rss_bytes,
            read_bytes_per_s: row.read_bytes_per_s,
            write_bytes_per_s: row.write_bytes_per_s,
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
    use super::*;

    #[test]
    fn a_label_says_how_many_and_fits() {
        let check = |bytes: &[u8], count, shown: &str| {
            let mut row = Application { count, ..Application::default() };
            row.name.0[..bytes.len()].copy_from_slice(bytes);
            assert_eq!(Label(&Consumer::from(&row), 16).to_string(), shown, "{bytes:?}");
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
