//! A directory held open: its names and its files, without allocating.
//!
//! `std::fs::read_dir` opens a directory anew and makes a string of each name, and
//! `File::open` looks up the whole path. Over thousands of processes that is most of the cost.

use std::ffi::CStr;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, RawDir, openat};

use super::root::Root;

/// The names of some thousand processes fit; further names take another call.
const ENTRIES_BYTES: usize = 32 * 1024;
/// The longest path of a process's file: `4294967295/task/4294967295/stat` and a zero.
const PATH_BYTES: usize = 32;

/// An open directory and the buffer for its entries.
#[derive(Debug)]
pub struct Directory {
    file: File,
    /// Room for entries, allocated when names are first asked for. Empty between two calls.
    entries: Vec<u8>,
}

impl Directory {
    /// Opens the directory.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(path)?;
        Ok(Self { file, entries: Vec::new() })
    }

    /// `/proc`, to ask processes by their ids: the global ids, as the probe has them, or the ids in
    /// `/proc` itself. `None` where there is no `/proc`, and where it has a container's ids, by
    /// which another process would answer.
    pub fn of_processes(root: &Root, by_global_ids: bool) -> Option<Self> {
        if by_global_ids && !root.pids_are_global() {
            return None;
        }
        Self::open(&root.path("/proc")).ok()
    }

    /// Hands out the names in the directory, in the order of the file system.
    pub fn names(&mut self, each: impl FnMut(&[u8])) -> io::Result<()> {
        self.file.rewind()?;
        names(&self.file, &mut self.entries, each)
    }

    /// The same for a directory of a process, where `self` is `/proc`.
    pub fn names_of_process(
        &mut self,
        pid: u32,
        name: &str,
        each: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        names(&self.open_of_process(pid, name)?, &mut self.entries, each)
    }

    /// Opens a file of a process, where `self` is `/proc`.
    pub fn open_of_process(&self, pid: u32, name: impl Display) -> io::Result<File> {
        let mut path = [0; PATH_BYTES];
        write!(&mut path[..], "{pid}/{name}\0")?;
        self.open_file(CStr::from_bytes_until_nul(&path).unwrap_or_default())
    }

    /// Opens a file by its path from this directory. Opening never waits, as in [`Root`].
    fn open_file(&self, path: &CStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        Ok(openat(&self.file, path, flags, Mode::empty())?.into())
    }
}

fn names(file: &File, entries: &mut Vec<u8>, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    entries.reserve(ENTRIES_BYTES);
    let mut listing = RawDir::new(file, entries.spare_capacity_mut());
    while let Some(entry) = listing.next() {
        each(entry?.file_name().to_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_std_finds() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut expected: Vec<String> = std::fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        expected.sort();
        let mut directory = Directory::open(&path).unwrap();
        // Reads twice, each time from the beginning.
        for _ in 0..2 {
            let mut names = Vec::new();
            let each = |name: &[u8]| names.push(String::from_utf8(name.to_vec()).unwrap());
            directory.names(each).unwrap();
            names.retain(|name| name != "." && name != "..");
            names.sort();
            assert_eq!(names, expected);
        }
    }
}
