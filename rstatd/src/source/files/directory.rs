//! A directory held open: its names and its files, without allocating.
//!
//! `std::fs::read_dir` opens it anew and makes a string of each name, and
//! `File::open` looks up the whole path; over thousands of processes that is most
//! of the cost. This offers the two system calls that std lacks.

#![expect(unsafe_code, reason = "std has neither getdents64 nor openat")]

use std::ffi::CStr;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::root::Root;

/// The names of some thousand processes fit; more take another call.
const ENTRIES_BYTES: usize = 32 * 1024;
/// The longest path of a process's file: `4294967295/task/4294967295/stat` and a zero.
const PATH_BYTES: usize = 32;

/// `struct linux_dirent64` (getdents64(2)):
///
/// ```text
///  0        8        16        18      19
///  | d_ino  | d_off  | d_reclen | d_type | d_name, ends in a zero, padding |
/// ```
const RECLEN_AT: usize = 16;
const NAME_AT: usize = 19;

/// An open directory and the buffer for its entries.
#[derive(Debug)]
pub struct Directory {
    file: File,
    /// Empty until names are asked for.
    entries: Vec<u8>,
}

impl Directory {
    /// Opens it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(path)?;
        Ok(Self { file, entries: Vec::new() })
    }

    /// `/proc`, to ask processes by their ids: the global ones, as the probe has them, or
    /// those that it has itself. `None` where it has other ids, a container's, by which another
    /// process would answer, and where there is none.
    pub fn of_processes(root: &Root, by_global_ids: bool) -> Option<Self> {
        if by_global_ids && !root.pids_are_global() {
            return None;
        }
        Self::open(&root.path("/proc")).ok()
    }

    /// Hands out the names in it, in the order of the file system.
    pub fn names(&mut self, each: impl FnMut(&[u8])) -> io::Result<()> {
        self.file.rewind()?;
        names(&self.file, &mut self.entries, each)
    }

    /// The same of a directory of a process, where this is `/proc`.
    pub fn names_of_process(
        &mut self,
        pid: u32,
        name: &str,
        each: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        names(&self.open_of_process(pid, name)?, &mut self.entries, each)
    }

    /// Opens a file of a process, where this is `/proc`.
    pub fn open_of_process(&self, pid: u32, name: impl Display) -> io::Result<File> {
        let mut path = [0; PATH_BYTES];
        write!(&mut path[..], "{pid}/{name}\0")?;
        self.open_file(CStr::from_bytes_until_nul(&path).unwrap_or_default())
    }

    /// Opens a file by its path from here. It never waits, as [`Root`] never does.
    fn open_file(&self, path: &CStr) -> io::Result<File> {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK;
        // SAFETY: `path` ends in a zero and lives until the call returns.
        let fd = unsafe { libc::openat(self.file.as_raw_fd(), path.as_ptr(), flags) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just given us this descriptor, and nobody else has it.
        let owned = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(File::from(owned))
    }
}

fn names(file: &File, entries: &mut Vec<u8>, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    entries.resize(ENTRIES_BYTES, 0);
    loop {
        let length = read_entries(file, entries)?;
        if length == 0 {
            return Ok(());
        }
        let mut rest = &entries[..length];
        while let Some((name, after)) = split_entry(rest) {
            each(name);
            rest = after;
        }
    }
}

fn read_entries(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let fd = file.as_raw_fd();
    // SAFETY: the kernel writes no more than the given length into the buffer,
    // which is borrowed exclusively for the call.
    let length =
        unsafe { libc::syscall(libc::SYS_getdents64, fd, buffer.as_mut_ptr(), buffer.len()) };
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

/// The name of the first entry and what follows the entry; `None` at the end, and
/// at bytes that are no entry.
fn split_entry(entries: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = entries.get(RECLEN_AT..RECLEN_AT + 2)?;
    let length = usize::from(u16::from_ne_bytes(length.try_into().ok()?));
    let (entry, rest) = entries.split_at_checked(length)?;
    let name = CStr::from_bytes_until_nul(entry.get(NAME_AT..)?).ok()?;
    Some((name.to_bytes(), rest))
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
        // Twice: the second time from the beginning again.
        for _ in 0..2 {
            let mut names = Vec::new();
            let each = |name: &[u8]| names.push(String::from_utf8(name.to_vec()).unwrap());
            directory.names(each).unwrap();
            names.retain(|name| name != "." && name != "..");
            names.sort();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn bytes_that_are_no_entry_end_the_list() {
        let check = |bytes: &[u8]| assert_eq!(split_entry(bytes), None, "{bytes:?}");
        check(&[]);
        check(&[0; 8]);
        // A length of 0 would be read for ever.
        check(&[0; 32]);
        // Longer than what there is.
        check(&[0xff; 32]);
        // A name without an end.
        check(&[24; 24]);
        check(&[&[1; RECLEN_AT], &24_u16.to_ne_bytes()[..], &[b'x'; 6]].concat());
    }
}
