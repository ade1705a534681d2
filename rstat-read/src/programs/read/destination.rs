//! The destination of text: the standard output, or a file that is whole at any moment.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use crate::programs::{Failure, complain, print, reason};

/// The mode of the file, whatever the umask: another user collects it.
const MODE: u32 = 0o644;

/// A destination of text.
pub enum Destination {
    /// One text after the other.
    Standard,
    /// One text in place of the other.
    File(Replaced),
}

/// A file that is replaced as a whole: written under another name, then renamed.
pub struct Replaced {
    path: PathBuf,
    /// The other name, in the same directory and so in the same file system. The file is
    /// hidden, and collectors ignore the end of its name.
    temporary: PathBuf,
    /// Whether the file was written before: then a later failure may pass.
    has_worked: bool,
    /// Whether the present failure was reported.
    has_complained: bool,
}

impl Destination {
    /// The file of that name, or the standard output.
    pub fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::Standard);
        };
        let wrong = |why| Failure::Run(format!("write {}: {why}", path.display()));
        // Devices, directories and links are not replaced.
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_file() => return Err(wrong("it is not a regular file")),
            _ => {}
        }
        let name = path.file_name().ok_or_else(|| wrong("it is not the name of a file"))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", process::id()));
        let (path, temporary) = (path.to_owned(), path.with_file_name(hidden));
        Ok(Self::File(Replaced { path, temporary, has_worked: false, has_complained: false }))
    }

    /// Whether it is the standard output.
    pub fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }

    /// Writes all of a text at once.
    pub fn write(&self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Standard => print(text),
            Self::File(file) => file.write(text).map_err(|error| Failure::Run(file.why(&error))),
        }
    }

    /// The same for a text that other texts will follow. Returns false, after one report,
    /// while a file cannot be written for reasons that may pass.
    pub fn write_if_possible(&mut self, text: &str) -> Result<bool, Failure> {
        let Self::File(file) = self else {
            return print(text).map(|()| true);
        };
        match file.write(text) {
            Ok(()) => {
                (file.has_worked, file.has_complained) = (true, false);
                Ok(true)
            }
            Err(error) if file.has_worked || is_full(&error) => {
                if !file.has_complained {
                    complain("rstat-read", &format!("{}; it is tried again", file.why(&error)));
                }
                file.has_complained = true;
                Ok(false)
            }
            Err(error) => Err(Failure::Run(file.why(&error))),
        }
    }

    /// Writes the last text. If that fails, the file is removed: old figures must not pass
    /// for new ones.
    pub fn end(&self, text: &str) {
        if let Self::File(file) = self
            && file.write(text).is_err()
        {
            let _ = fs::remove_file(&file.path);
        }
    }
}

/// Whether the file system is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl Replaced {
    fn why(&self, error: &io::Error) -> String {
        format!("write {}: {}", self.path.display(), reason(error))
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let written = self.create().and_then(|mut file| {
            file.set_permissions(Permissions::from_mode(MODE))?;
            file.write_all(text.as_bytes())?;
            fs::rename(&self.temporary, &self.path)
        });
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&self.temporary);
        }
        written
    }

    fn create(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(MODE);
        match options.open(&self.temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // The file of a killed process that had the same number.
                fs::remove_file(&self.temporary)?;
                options.open(&self.temporary)
            }
            result => result,
        }
    }
}
