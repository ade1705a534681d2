//! Where text goes: to the standard output, or into a file that who reads it finds
//! whole at any moment.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use crate::programs::{Failure, print, reason, tell};

/// For everybody to read, whatever the umask: another user collects it.
const MODE: u32 = 0o644;

/// A place for text.
pub enum Destination {
    /// One text after the other.
    Standard,
    /// One text in place of the other.
    File(Replaced),
}

/// A file that is written anew under another name and then takes its own.
pub struct Replaced {
    path: PathBuf,
    /// In the same directory, and so in the same file system. Hidden, and with an
    /// end that no collector looks for.
    temporary: PathBuf,
    /// Whether it was written once: it can be, and what keeps us from it may pass.
    has_worked: bool,
    /// Whether it was told that it cannot be written now.
    has_told: bool,
}

impl Destination {
    /// The standard output, unless there is a file's name.
    pub fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::Standard);
        };
        let wrong = |why| Failure::Run(format!("write {}: {why}", path.display()));
        // A file in place of a device, a directory or a link is nobody's wish.
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_file() => return Err(wrong("it is not a regular file")),
            _ => {}
        }
        let name = path.file_name().ok_or_else(|| wrong("it is not the name of a file"))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", process::id()));
        let (path, temporary) = (path.to_owned(), path.with_file_name(hidden));
        Ok(Self::File(Replaced { path, temporary, has_worked: false, has_told: false }))
    }

    /// Whether it is the standard output.
    pub fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }

    /// Writes a text, all of it now.
    pub fn write(&self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Standard => print(text),
            Self::File(file) => file.write(text).map_err(|error| Failure::Run(file.why(&error))),
        }
    }

    /// The same for a text that others will follow. A file that cannot be written for
    /// reasons that may pass is no failure, and told of once: false.
    pub fn write_if_possible(&mut self, text: &str) -> Result<bool, Failure> {
        let Self::File(file) = self else {
            return print(text).map(|()| true);
        };
        match file.write(text) {
            Ok(()) => {
                (file.has_worked, file.has_told) = (true, false);
                Ok(true)
            }
            Err(error) if file.has_worked || is_full(&error) => {
                if !file.has_told {
                    tell("rstat-read", &format!("{}; it is tried again", file.why(&error)));
                }
                file.has_told = true;
                Ok(false)
            }
            Err(error) => Err(Failure::Run(file.why(&error))),
        }
    }

    /// Writes the text that no other will follow. A file that it cannot be written to is
    /// removed: figures that nobody renews must not pass for new ones.
    pub fn end(&self, text: &str) {
        if let Self::File(file) = self
            && file.write(text).is_err()
        {
            let _ = fs::remove_file(&file.path);
        }
    }
}

/// Whether there is no room now.
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
            // The first error is the one to tell of.
            let _ = fs::remove_file(&self.temporary);
        }
        written
    }

    fn create(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(MODE);
        match options.open(&self.temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // Of a process that had our number and was killed.
                fs::remove_file(&self.temporary)?;
                options.open(&self.temporary)
            }
            result => result,
        }
    }
}
