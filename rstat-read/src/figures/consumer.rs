//! A row of a list of processes or of applications.

use std::fmt::{self, Display};

use rstat_shm::Snapshot;
use rstat_shm::fields::{Field, Row, Value};
use rstat_shm::snapshot::Process;

use crate::text::columns::{Cut, UNKNOWN, Visible, columns};

/// A number of a row; 0 where the number is unknown.
pub fn number(row: &Row, member: &str) -> u64 {
    match row.named(member) {
        Some(Value::Number(number)) => number as u64,
        _ => 0,
    }
}

/// Whether a member is a share of one CPU. People see it as a share of all CPUs.
pub fn is_share_of_cpus(member: &Field) -> bool {
    member.name == "cpu_ppm"
}

/// A number of a row as people see it, if the number is known. A CPU share is a share of all
/// CPUs: the rows add up to the machine's share.
pub fn figure(row: &Row, member: &Field, sample: &Snapshot) -> Option<i128> {
    match row.value(member)? {
        Value::Number(ppm) if is_share_of_cpus(member) => {
            Some(ppm / i128::from(sample.cpu_count.max(1)))
        }
        Value::Number(number) => Some(number),
        Value::Text(_) => None,
    }
}

/// Whether a row is of kernel threads.
pub fn is_kernel_thread(row: &Row) -> bool {
    number(row, "flags") & u64::from(Process::KERNEL_THREAD) != 0
}

/// The name with the number of processes, in so many columns: `firefox ×31`. A long name is cut,
/// the number never.
pub struct Label<'a>(pub Row<'a>, pub usize);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = Times(number(&self.0, "count"));
        match self.0.named("comm").or_else(|| self.0.named("name")) {
            Some(Value::Text(name)) => {
                Cut(Visible(name), self.1.saturating_sub(columns(&times))).fmt(f)?;
            }
            _ => f.write_str(UNKNOWN)?,
        }
        times.fmt(f)
    }
}

struct Times(u64);

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
            assert_eq!(Label(row, 16).to_string(), shown, "{bytes:?}");
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
