//! Files below `/proc/PID`, opened, read and closed for each process in each sample.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::str;

/// The figures that a stage needs of `/proc/PID/stat`.
pub struct Stat {
    pub comm: [u8; 16],
    pub cpu_ticks: u64,
}

/// Reads the files, in reused memory.
#[derive(Default)]
pub struct ProcessFiles {
    path: String,
    text: Text,
}

struct Text([u8; 1024]);

impl Default for Text {
    fn default() -> Self {
        Self([0; 1024])
    }
}

impl ProcessFiles {
    /// Name and CPU time; `None` when the process is gone.
    pub fn stat(&mut self, pid: u32) -> Option<Stat> {
        let text = self.read(pid, "stat").ok()?;
        let open = text.iter().position(|&byte| byte == b'(')?;
        let close = text.iter().rposition(|&byte| byte == b')')?;
        let name = text.get(open + 1..close)?;
        let mut comm = [0; 16];
        let length = name.len().min(comm.len() - 1);
        comm[..length].copy_from_slice(&name[..length]);
        // Fields 14 and 15 of proc_pid_stat(5), where field 3 is the first behind the name.
        let mut fields = text.get(close + 2..)?.split(|&byte| byte == b' ').skip(14 - 3);
        let cpu_ticks = number(fields.next()?)? + number(fields.next()?)?;
        Some(Stat { comm, cpu_ticks })
    }

    /// The number of resident pages.
    pub fn resident_pages(&mut self, pid: u32) -> Option<u64> {
        let text = self.read(pid, "statm").ok()?;
        number(text.split(|&byte| byte == b' ').nth(1)?)
    }

    /// The sum of bytes read and written.
    pub fn io_bytes(&mut self, pid: u32) -> Option<u64> {
        let text = self.read(pid, "io").ok()?;
        let mut lines = text.split(|&byte| byte == b'\n');
        let mut value = |name: &[u8]| lines.find_map(|line| number(line.strip_prefix(name)?));
        Some(value(b"read_bytes: ")? + value(b"write_bytes: ")?)
    }

    fn read(&mut self, pid: u32, file: &str) -> io::Result<&[u8]> {
        self.path.clear();
        // Writing to a string does not fail.
        let _ = write!(self.path, "/proc/{pid}/{file}");
        let length = File::open(&self.path)?.read(&mut self.text.0)?;
        Ok(&self.text.0[..length])
    }
}

/// A decimal number; white space around it is allowed.
pub fn number(text: &[u8]) -> Option<u64> {
    str::from_utf8(text).ok()?.trim().parse().ok()
}
