//! The output of text: a file that takes a line at once, as a bar's pipe does at best.

use std::fs::File;
use std::io::{self, Write};

use super::figures::{Figures, Machine};
use super::top::{TopLists, to_rows};

/// The output, and the last line.
pub struct Output {
    file: File,
    line: String,
}

impl Output {
    pub fn open() -> io::Result<Self> {
        Ok(Self { file: File::create("/dev/null")?, line: String::new() })
    }

    /// Prints a sample with serde, as the stages before the article's last do.
    pub fn print(
        &mut self,
        cpu_busy_ppm: u64,
        machine: Machine,
        top: &TopLists,
        elapsed_ns: u64,
    ) -> io::Result<()> {
        let [top_cpu, top_memory, top_io] = to_rows(top, elapsed_ns);
        self.line = serde_json::to_string(&Figures {
            cpu_busy_ppm: cpu_busy_ppm as u32,
            machine,
            processes: top.count,
            top_cpu,
            top_memory,
            top_io,
        })?;
        self.flush()
    }

    /// Prints the line that `write` writes, in reused memory.
    pub fn print_written(&mut self, write: impl FnOnce(&mut String)) -> io::Result<()> {
        self.line.clear();
        write(&mut self.line);
        self.flush()
    }

    /// The figures of the last line.
    pub fn figures(&self) -> io::Result<Figures> {
        Ok(serde_json::from_str(&self.line)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(self.line.as_bytes())
    }
}
