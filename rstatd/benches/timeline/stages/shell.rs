//! Stage 1: a script of bash, coreutils, grep and awk, started for each sample.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Stage;
use super::figures::Figures;

const SCRIPT: &str = include_str!("sample.sh");

pub struct Shell {
    script: File,
    /// The script's counters of the sample before, and of this one.
    states: [File; 2],
    said: Vec<u8>,
}

impl Shell {
    pub fn new() -> io::Result<Self> {
        let mut script = memory_file()?;
        script.write_all(SCRIPT.as_bytes())?;
        script.rewind()?;
        Ok(Self { script, states: [memory_file()?, memory_file()?], said: Vec::new() })
    }
}

impl Stage for Shell {
    fn name(&self) -> &'static str {
        "1 bash and coreutils"
    }

    fn sample(&mut self) -> io::Result<Duration> {
        let path = |file: &File| format!("/proc/self/fd/{}", file.as_raw_fd());
        let output = Command::new("bash")
            .args([&self.script, &self.states[0], &self.states[1]].map(path))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        self.states.swap(0, 1);
        if !output.status.success() {
            return Err(io::Error::other(format!("sample.sh: {}", output.status)));
        }
        self.said = output.stdout;
        Ok(Duration::ZERO)
    }

    fn figures(&self) -> io::Result<Figures> {
        Ok(serde_json::from_slice(&self.said)?)
    }
}

/// A file without a name. The script and its children inherit the descriptor, and the file is
/// gone when the last of them closes it.
fn memory_file() -> io::Result<File> {
    #[expect(unsafe_code, reason = "std has no memfd_create")]
    // SAFETY: the name is a C string.
    let descriptor = unsafe { libc::memfd_create(c"timeline".as_ptr(), 0) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    #[expect(unsafe_code, reason = "std has no memfd_create")]
    // SAFETY: the kernel has just made the descriptor for us alone.
    Ok(unsafe { File::from_raw_fd(descriptor) })
}
