//! The applications of cgroups, found out once for each.
//!
//! A process tells the path of its cgroup in `/proc/PID/cgroup`. Reading that takes
//! three system calls, so what it said is kept under the cgroup's number.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::{ApplicationId, Applications, unit};
use crate::source::Root;

/// Cgroups that are remembered; one that finds no place takes another's.
const PLACES: usize = 1024;
/// Places that are looked at for one number.
const ATTEMPTS: usize = 8;
/// Longest path of one.
const PATH_BYTES: usize = 320;
/// Longest `/proc/PID/cgroup` that is read.
const FILE_BYTES: usize = 4096;

/// The number of a cgroup: the low half of its inode number in cgroupfs. 0: unknown.
pub type CgroupId = u32;

/// What is remembered of cgroups.
#[derive(Debug)]
pub struct Cgroups {
    proc: PathBuf,
    places: Box<[Place]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    id: CgroupId,
    application: Option<ApplicationId>,
}

impl Place {
    fn is_current(&self, applications: &Applications) -> bool {
        self.id != 0 && self.application.is_none_or(|id| applications.is_current(id))
    }
}

impl Cgroups {
    /// Remembers nothing yet.
    pub fn new(root: &Root) -> Self {
        Self { proc: root.path("/proc"), places: vec![Place::default(); PLACES].into_boxed_slice() }
    }

    /// The application of a cgroup that `pid` is in; `None` when its processes go
    /// by their own names. With 0 for a process that is gone it only remembers.
    pub fn application(
        &mut self,
        id: CgroupId,
        pid: u32,
        applications: &mut Applications,
    ) -> Option<ApplicationId> {
        if id == 0 {
            return None;
        }
        let first = id as usize % PLACES;
        let mut taken = None;
        for attempt in 0..ATTEMPTS {
            let index = (first + attempt) % PLACES;
            let place = &self.places[index];
            let is_current = place.is_current(applications);
            if is_current && place.id == id {
                return place.application;
            }
            if !is_current && taken.is_none() {
                taken = Some(index);
            }
        }
        if pid == 0 {
            return None;
        }
        let application = self.ask(pid, applications);
        self.places[taken.unwrap_or(first)] = Place { id, application };
        application
    }

    /// The application of the cgroup that `pid` is in, asked for now.
    pub fn ask(&self, pid: u32, applications: &mut Applications) -> Option<ApplicationId> {
        let mut path = [0; PATH_BYTES];
        let directory = self.proc.as_os_str().as_bytes();
        path.get_mut(..directory.len())?.copy_from_slice(directory);
        let mut rest = &mut path[directory.len()..];
        write!(rest, "/{pid}/cgroup").ok()?;
        let length = PATH_BYTES - rest.len();
        // std copies so short a path to the stack: no allocation here.
        let file = File::open(OsStr::from_bytes(&path[..length])).ok()?;
        let mut text = [0; FILE_BYTES];
        let length = file.read_at(&mut text, 0).ok()?;
        let path = systemd_path(&text[..length])?;
        let mut buffer = [0; 256];
        Some(applications.intern(unit::name_of(path, &mut buffer)?, false))
    }
}

/// The path in the hierarchy that systemd manages: the unified one, or before it
/// the one named `systemd`.
fn systemd_path(text: &[u8]) -> Option<&[u8]> {
    let mut named = None;
    for line in text.split(|byte| *byte == b'\n') {
        if let Some(path) = line.strip_prefix(b"0::").filter(|path| path.len() > 1) {
            return Some(path);
        }
        let mut parts = line.splitn(3, |byte| *byte == b':');
        if parts.nth(1) == Some(b"name=systemd") {
            named = parts.next();
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unified_hierarchy_comes_first() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(systemd_path(text.as_bytes()), expected.map(str::as_bytes), "{text}");
        };
        check("0::/system.slice/a.service\n", Some("/system.slice/a.service"));
        check("1:name=systemd:/b.scope\n0::/a.scope\n", Some("/a.scope"));
        check("2:cpu:/x\n1:name=systemd:/b:c.scope\n0::/\n", Some("/b:c.scope"));
        check("2:cpu:/x\n", None);
        check("", None);
    }
}
