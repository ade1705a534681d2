//! `rstatd --record DIR`: copies the files that the sources read, so that a machine with a wrong
//! number becomes a test.
//!
//! It copies only the files that an entry names, which hold names of drivers, numbers and states.
//! It leaves out, on purpose, serial numbers (of batteries, disks and boards), `uevent`, model
//! names, monitors' EDID, addresses of networks, and the names and command lines of processes but
//! the first. Of a graphics card that sleeps, it reads only files that do not wake the card.
//! Symbolic links stay links and are relative, so that the copy can be moved.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use crate::source::entry::Files;
use crate::source::files::devices;
use crate::source::files::root::matches;
use crate::source::{Root, SOURCES, cpu, proc};

/// The files of sources that are no entry of [`SOURCES`].
const BACKENDS: [Files; 3] = [proc::FILES, cpu::online::FILES, devices::FILES];

/// The directory of graphics cards, whose hwmons are also among the other hwmons.
const CARD: &str = "sys/class/drm/card";
const HWMON: &str = "sys/class/hwmon";
/// The files of a card that can be read while the card sleeps.
const HARMLESS: &[&str] =
    &["driver", "device", "enabled", "runtime_status", "control", "autosuspend_delay_ms"];

/// The longest part of a file that is copied. Only `/proc/stat` of hundreds of CPUs is longer.
const FILE_BYTES: u64 = 64 << 10;
/// The most files that are copied; machines with thousands of CPUs have more.
const MAX_FILES: usize = 16 << 10;
/// The most links that lead from one to the next.
const MAX_LINKS: usize = 16;

/// Copies the files below `root` into `directory`, which must be empty or absent. Returns the
/// number of files.
pub fn run(root: &Root, directory: &Path, out: &mut dyn Write) -> Result<(), String> {
    let failed = |error: io::Error| format!("record {}: {error}", directory.display());
    fs::create_dir_all(directory).map_err(failed)?;
    if fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(format!("record {}: the directory is not empty", directory.display()));
    }
    let mut copy = Copy { from: root, to: directory, files: 0, refused: Vec::new() };
    let files = SOURCES.iter().map(|entry| entry.files).chain(BACKENDS).flatten();
    for (directory, names) in files {
        copy.directories(Path::new(""), directory, names).map_err(failed)?;
    }
    let Copy { files, refused, .. } = copy;
    let mut text = format!("recorded {files} files in {}\n", directory.display());
    for refusal in refused {
        text.extend(["not recorded: ", &refusal, "\n"]);
    }
    out.write_all(text.as_bytes()).map_err(|error| format!("print: {error}"))
}

struct Copy<'r> {
    from: &'r Root,
    to: &'r Path,
    files: usize,
    /// The files that exist and could not be read.
    refused: Vec<String>,
}

impl Copy<'_> {
    /// Everything below `path` that matches the rest of the pattern.
    fn directories(&mut self, path: &Path, pattern: &str, names: &[&str]) -> io::Result<()> {
        let (first, rest) = pattern.split_once('/').unwrap_or((pattern, ""));
        for name in self.list(path, first) {
            let path = path.join(name);
            if rest.is_empty() {
                self.files_of(&path, names)?;
            } else {
                self.directories(&path, rest, names)?;
            }
        }
        Ok(())
    }

    fn files_of(&mut self, directory: &Path, names: &[&str]) -> io::Result<()> {
        for pattern in names {
            for name in self.list(directory, pattern) {
                if self.files == MAX_FILES {
                    return Ok(());
                }
                let path = directory.join(&name);
                if !HARMLESS.contains(pattern) && self.would_wake(&path) {
                    continue;
                }
                self.place(&path, 0)?;
            }
        }
        Ok(())
    }

    /// The names in a directory that match the pattern.
    fn list(&self, directory: &Path, pattern: &str) -> Vec<String> {
        if !pattern.contains('*') {
            let there = fs::symlink_metadata(self.from.path("").join(directory).join(pattern));
            return there.map(|_| pattern.to_owned()).into_iter().collect();
        }
        let mut names = self.from.list(&directory.to_string_lossy()).unwrap_or_default();
        names.retain(|name| matches(pattern, name));
        names
    }

    /// Whether a file belongs to a device that sleeps.
    fn would_wake(&self, path: &Path) -> bool {
        let Ok(real) = fs::canonicalize(self.from.path("").join(path)) else { return false };
        let card = path.starts_with(HWMON) || path.to_string_lossy().starts_with(CARD);
        card && real.ancestors().any(|directory| {
            fs::read_to_string(directory.join("power/runtime_status"))
                .is_ok_and(|status| status.starts_with("suspend"))
        })
    }

    /// Copies one file or link, and every link on the way to it. `links` is the number of links
    /// that were followed already.
    fn place(&mut self, path: &Path, links: usize) -> io::Result<()> {
        let mut real = PathBuf::new();
        let mut components = path.components();
        while let Some(component) = components.next() {
            match component {
                Component::Normal(name) => real.push(name),
                Component::ParentDir => {
                    real.pop();
                    continue;
                }
                _ => continue,
            }
            let Ok(target) = fs::read_link(self.from.path("").join(&real)) else { continue };
            // sysfs has only relative links; a link that leads out of the tree is not copied.
            if target.is_absolute() || links == MAX_LINKS {
                return Ok(());
            }
            self.link(&real, &target)?;
            real.pop();
            return self.place(&real.join(target).join(components.as_path()), links + 1);
        }
        self.file(&real)
    }

    fn link(&self, path: &Path, target: &Path) -> io::Result<()> {
        let path = self.to.join(path);
        fs::create_dir_all(path.parent().unwrap_or(self.to))?;
        match symlink(target, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            done => done,
        }
    }

    fn file(&mut self, path: &Path) -> io::Result<()> {
        let from = self.from.path("").join(path);
        let to = self.to.join(path);
        if from.is_dir() {
            return fs::create_dir_all(to);
        }
        if to.exists() {
            return Ok(());
        }
        let mut content = Vec::new();
        let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&from);
        match opened.and_then(|file| file.take(FILE_BYTES).read_to_end(&mut content)) {
            Ok(_) => {}
            Err(error) => {
                self.refused.push(format!("/{}: {error}", path.display()));
                return Ok(());
            }
        }
        fs::create_dir_all(to.parent().unwrap_or(self.to))?;
        File::create(to)?.write_all(&content)?;
        self.files += 1;
        Ok(())
    }
}
