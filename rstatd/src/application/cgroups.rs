//! The applications of cgroups, looked up once for each cgroup.
//!
//! `/proc/PID/cgroup` has the path of a process's cgroup. Reading it takes three system calls,
//! so the result is kept under the cgroup's number.

use std::os::unix::fs::FileExt;

use super::{ApplicationId, Applications, unit};
use crate::source::files::{Directory, Root};

/// The most cgroups to remember. Without a free place, a cgroup takes another's.
const PLACES: usize = 1024;
/// The places that a number may have.
const ATTEMPTS: usize = 8;
/// The longest readable `/proc/PID/cgroup`.
const FILE_BYTES: usize = 4096;

/// The number of a cgroup of the unified hierarchy: the low half of its inode number in
/// cgroupfs. 0: unknown.
pub type CgroupId = u32;

/// The cgroups whose application is known.
#[derive(Debug)]
pub struct Cgroups {
    /// `/proc`; without it no file is read.
    proc: Option<Directory>,
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

/// The contents of a process's file.
struct Answer {
    application: Option<ApplicationId>,
    /// Whether the files of all processes in the same cgroup say the same.
    is_of_number: bool,
}

impl Cgroups {
    /// Starts empty. The ids of processes are global, or those in `/proc`: see
    /// [`Directory::of_processes`].
    pub fn new(root: &Root, by_global_ids: bool) -> Self {
        Self {
            proc: Directory::of_processes(root, by_global_ids),
            places: vec![Place::default(); PLACES].into_boxed_slice(),
        }
    }

    /// The application of the cgroup of `pid`; `None` if its processes go by their own names. For
    /// a process that is gone, `pid` is 0, and no file is read.
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
        let Answer { application, is_of_number } = self.answer(pid, applications)?;
        if is_of_number {
            self.places[taken.unwrap_or(first)] = Place { id, application };
        }
        application
    }

    /// The application of the cgroup of `pid`, from the process's file.
    pub fn ask(&self, pid: u32, applications: &mut Applications) -> Option<ApplicationId> {
        self.answer(pid, applications)?.application
    }

    /// `None` if the file cannot be read.
    fn answer(&self, pid: u32, applications: &mut Applications) -> Option<Answer> {
        let mut text = [0; FILE_BYTES];
        let file = self.proc.as_ref()?.open_of_process(pid, "cgroup").ok()?;
        let length = file.read_at(&mut text, 0).ok()?;
        let SystemdPath { path, is_unified } = systemd_path(&text[..length]);
        let mut buffer = [0; 256];
        let name = unit::name_of(path, &mut buffer);
        let application = name.map(|name| applications.intern(name, false));
        Some(Answer { application, is_of_number: is_unified })
    }
}

/// The path in the hierarchy that systemd manages.
#[derive(Debug, PartialEq, Eq)]
struct SystemdPath<'t> {
    path: &'t [u8],
    /// Whether the path is in the unified hierarchy. Processes of one cgroup may have different
    /// paths in another hierarchy.
    is_unified: bool,
}

/// The unified hierarchy; or the hierarchy named `systemd`, if there is one and the process is
/// at the root of the unified hierarchy.
fn systemd_path(text: &[u8]) -> SystemdPath<'_> {
    let mut named = None;
    for line in text.split(|byte| *byte == b'\n') {
        if let Some(path) = line.strip_prefix(b"0::").filter(|path| path.len() > 1) {
            return SystemdPath { path, is_unified: true };
        }
        let mut parts = line.splitn(3, |byte| *byte == b':');
        if parts.nth(1) == Some(b"name=systemd") {
            named = parts.next();
        }
    }
    SystemdPath { path: named.unwrap_or(b"/"), is_unified: named.is_none() }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_unified_hierarchy_comes_first() {
        let check = |text: &str, path: &str, is_unified| {
            let expected = SystemdPath { path: path.as_bytes(), is_unified };
            assert_eq!(systemd_path(text.as_bytes()), expected, "{text}");
        };
        check("0::/system.slice/a.service\n", "/system.slice/a.service", true);
        check("1:name=systemd:/b.scope\n0::/a.scope\n", "/a.scope", true);
        check("2:cpu:/x\n1:name=systemd:/b:c.scope\n0::/\n", "/b:c.scope", false);
        check("1:name=systemd:/\n0::/\n", "/", false);
        check("1:name=systemd:/a.scope\n", "/a.scope", false);
        check("2:cpu:/x\n0::/\n", "/", true);
        check("", "/", true);
    }

    /// A tree with the cgroups of processes, by process id, which is removed in the end.
    struct Tree(PathBuf);

    impl Tree {
        fn new(test: &str) -> Self {
            let name = format!("rstatd-{}-cgroups-{test}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn process(&self, pid: u32, cgroup: &str) {
            let directory = self.0.join(format!("proc/{pid}"));
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("cgroup"), cgroup).unwrap();
        }

        fn nothing_known(&self) -> (Cgroups, Applications) {
            (Cgroups::new(&Root::new(&self.0), false), Applications::default())
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            // A test that failed half-way reports its own failure, not this one.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// The name of a process in a cgroup; empty: the process's own name.
    fn name(cgroups: &mut Cgroups, applications: &mut Applications, id: u32, pid: u32) -> String {
        let application = cgroups.application(id, pid, applications);
        application.map(|id| applications.name(id).to_string()).unwrap_or_default()
    }

    #[test]
    fn one_process_answers_for_all_in_its_cgroup() {
        let tree = Tree::new("number");
        tree.process(7, "0::/a.service\n");
        let (mut cgroups, mut applications) = tree.nothing_known();
        let mut check = |id, pid, expected| {
            assert_eq!(name(&mut cgroups, &mut applications, id, pid), expected, "{id} {pid}");
        };
        check(5, 0, "");
        // A process that is gone gives no answer: the next process is read.
        check(5, 6, "");
        check(5, 7, "a");
        check(5, 6, "a");
        check(5, 0, "a");
    }

    #[test]
    fn what_the_number_of_a_cgroup_does_not_tell_each_process_is_asked() {
        let tree = Tree::new("named");
        for (pid, path) in [(7, "/"), (8, "/a.service"), (9, "/b.service")] {
            tree.process(pid, &format!("9:name=systemd:{path}\n0::/\n"));
        }
        let (mut cgroups, mut applications) = tree.nothing_known();
        for (pid, expected) in [(7, ""), (8, "a"), (9, "b"), (7, ""), (8, "a"), (0, "")] {
            assert_eq!(name(&mut cgroups, &mut applications, 1, pid), expected, "{pid}");
        }
    }

    #[test]
    fn a_container_s_proc_is_not_asked_for_global_ids() {
        let tree = Tree::new("container");
        tree.process(7, "0::/a.service\n");
        fs::create_dir_all(tree.0.join("proc/self/ns")).unwrap();
        let namespace = tree.0.join("proc/self/ns/pid");
        let check = |link: &str, by_global_ids, expected: &str| {
            let _ = fs::remove_file(&namespace);
            symlink(link, &namespace).unwrap();
            let mut cgroups = Cgroups::new(&Root::new(&tree.0), by_global_ids);
            let found = name(&mut cgroups, &mut Applications::default(), 5, 7);
            assert_eq!(found, expected, "{link} {by_global_ids}");
        };
        check("pid:[4026531836]", true, "a");
        check("pid:[4026532000]", true, "");
        check("pid:[4026532000]", false, "a");
    }

    #[test]
    fn a_cgroup_whose_name_was_forgotten_is_asked_again() {
        let tree = Tree::new("forgotten");
        tree.process(7, "0::/a.service\n");
        let (mut cgroups, mut applications) = tree.nothing_known();
        assert_eq!(name(&mut cgroups, &mut applications, 5, 7), "a");
        for number in 0..super::super::CAPACITY {
            applications.intern(number.to_string().as_bytes(), false);
        }
        applications.forget_unused(|_| 0);
        assert_eq!(name(&mut cgroups, &mut applications, 5, 0), "");
        assert_eq!(name(&mut cgroups, &mut applications, 5, 7), "a");
    }
}
