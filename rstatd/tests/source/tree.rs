//! The trees that the tests read: recorded machines, and trees made for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use rstatd::source::Root;

/// A machine under `tests/fixtures/sources`: written by hand, in the shape of real ones.
pub fn recorded(machine: &str) -> Root {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
    let path = fixtures.join(machine);
    assert!(path.is_dir(), "no {}", path.display());
    Root::new(path)
}

/// A file system in memory: some tests write thousands of files.
const IN_MEMORY: &str = "/dev/shm";

/// A directory that the test fills, and that is removed after the test.
pub struct Tree {
    path: PathBuf,
}

impl Tree {
    /// An empty tree, for the test of that name.
    pub fn new(test: &str) -> Self {
        let path = PathBuf::from(format!("{IN_MEMORY}/rstatd-{}-{test}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// A copy of a recorded machine, whose files can be changed.
    pub fn of(machine: &str, test: &str) -> Self {
        let tree = Self::new(test);
        let from = recorded(machine).path("");
        let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(&tree.path).status();
        assert!(copied.unwrap().success());
        tree
    }

    /// The root that the sources get.
    pub fn root(&self) -> Root {
        Root::new(&self.path)
    }

    /// The real path of `path`.
    pub fn path(&self, path: &str) -> PathBuf {
        self.path.join(path.trim_start_matches('/'))
    }

    /// Writes a file anew, in place: a source that has the file open sees the new content.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Removes a file or a whole directory.
    pub fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }

    /// Makes a symbolic link.
    pub fn link(&self, path: &str, target: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // The tree is in memory: leftovers vanish with the next start of the machine.
        let _ = fs::remove_dir_all(&self.path);
    }
}
