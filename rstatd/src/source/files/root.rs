//! The directory below which everything is looked for.
//!
//! On a running machine the root is `/`. In a test the root is a recorded tree of another machine,
//! with relative symbolic links as sysfs has them. Discovery uses the root, and may allocate: it
//! lists directories, reads small files and opens the files that each tick reads ([`ValueFile`]).

use std::cmp::Ordering;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::value::ValueFile;

/// Longest text that [`Root::text`] returns: names, types and labels are one
/// line, and no sysfs attribute is longer than a page.
const TEXT_BYTES: u64 = 4096;

/// The namespace of processes that all others are in (`PROC_PID_INIT_INO` of the kernel).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// The directory below which a machine's files are.
#[derive(Clone, Debug)]
pub struct Root {
    path: PathBuf,
}

/// This machine.
impl Default for Root {
    fn default() -> Self {
        Self::new("/")
    }
}

impl Root {
    /// The root is `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The real path of `path`, such as `/proc/meminfo`.
    pub fn path(&self, path: &str) -> PathBuf {
        self.path.join(path.trim_start_matches('/'))
    }

    /// Whether process ids here are the kernel's own, not a container's.
    pub fn pids_are_global(&self) -> bool {
        let namespace = fs::read_link(self.path("/proc/self/ns/pid"));
        // A recorded tree without the link has no containers.
        namespace.map_or(true, |link| link.as_os_str() == FIRST_PID_NAMESPACE)
    }

    /// The names in a directory, `hwmon2` before `hwmon10`. Names that are not
    /// UTF-8 are left out: the kernel's device names are ASCII.
    pub fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path(directory))? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort_unstable_by(|left, right| by_number(left, right));
        Ok(names)
    }

    /// All names in these directories, as text to compare.
    pub fn names(&self, directories: &[&str]) -> String {
        let names = directories.iter().flat_map(|directory| self.list(directory)).flatten();
        names.collect::<Vec<_>>().join(" ")
    }

    /// The content of a small file, without the white space around it.
    pub fn text(&self, path: &str) -> io::Result<String> {
        let mut bytes = Vec::new();
        open(&self.path(path))?.take(TEXT_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// The last part of what a symbolic link points to: `i915` for a `driver`,
    /// `0000:00:02.0` for a `device`.
    pub fn link_name(&self, path: &str) -> Option<String> {
        let target = fs::read_link(self.path(path)).ok()?;
        Some(target.file_name()?.to_str()?.to_owned())
    }

    /// Opens a file that is read again and again.
    pub fn open(&self, path: &str) -> io::Result<ValueFile> {
        match open(&self.path(path)) {
            Ok(file) => Ok(ValueFile::new(file, path.to_owned())),
            Err(error) => Err(io::Error::new(error.kind(), format!("open {path}: {error}"))),
        }
    }
}

/// Opens without waiting: a FIFO in place of a file must not stop the daemon.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Orders names that end in numbers by the text and then by the number.
fn by_number(left: &str, right: &str) -> Ordering {
    fn key(name: &str) -> (&str, usize, &str) {
        let text = name.trim_end_matches(|c: char| c.is_ascii_digit());
        // The number with more digits is greater, as there are no leading zeros.
        (text, name.len() - text.len(), name)
    }
    key(left).cmp(&key(right))
}

/// Whether a name matches a pattern, which has at most one `*` or one `#`.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some(at) = pattern.find(['*', '#']) else { return pattern == name };
    let Some(rest) = name.strip_prefix(&pattern[..at]) else { return false };
    let Some(middle) = rest.strip_suffix(&pattern[at + 1..]) else { return false };
    let digits = !middle.is_empty() && middle.bytes().all(|byte| byte.is_ascii_digit());
    digits || pattern.as_bytes()[at] == b'*'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_their_numbers() {
        let mut names = ["hwmon10", "hwmon2", "card1-DP-1", "hwmon", "card1", "hwmon0", "card0"];
        names.sort_by(|left, right| by_number(left, right));
        assert_eq!(names, ["card0", "card1", "card1-DP-1", "hwmon", "hwmon0", "hwmon2", "hwmon10"]);
    }

    #[test]
    fn paths_stay_below_the_root() {
        assert_eq!(Root::new("/recorded").path("/proc/stat"), Path::new("/recorded/proc/stat"));
        assert_eq!(Root::default().path("/proc/stat"), Path::new("/proc/stat"));
    }

    #[test]
    fn names_match_patterns() {
        let check = |pattern, name, expected| {
            assert_eq!(matches(pattern, name), expected, "{pattern:?} {name:?}");
        };
        check("coretemp", "coretemp", true);
        check("coretemp", "coretemp2", false);
        check("bigcore*_thermal", "bigcore_thermal", true);
        check("bigcore*_thermal", "bigcore0_thermal", true);
        check("bigcore*_thermal", "littlecore_thermal", false);
        check("cpu#_thermal", "cpu0_thermal", true);
        check("cpu#_thermal", "cpu12_thermal", true);
        check("cpu#_thermal", "cpu_thermal", false);
        check("cpu#_thermal", "cpu0_1_thermal", false);
        check("cpu*thermal", "cpu-thermal", true);
        check("cpu*thermal", "cputhermal", true);
        check("cpu*thermal", "cpu", false);
        check("soc*", "soc-thermal", true);
        check("Package id #", "Package id 0", true);
        check("Package id #", "Package id ", false);
        // The parts before and after the `*` must not overlap in the name.
        check("ab*ba", "aba", false);
    }
}
