//! Region paths of other owners, or of none: one line, and the file stays as it was.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, chown, symlink};
use std::path::Path;

use crate::stage::{OTHER_UID, Stage, is_root, set_mode, skip, sources};
use crate::sys;

/// What of the daemon may be found beside a region that it did not get.
const LOCK: &str = "v1.lock";
/// Longer than any region.
const LENGTH: usize = 100_000;

/// Fails unless a region that `prepare` has got in the way of is refused for the
/// `reason`, and nothing of it is changed.
#[track_caller]
fn check(reason: &str, prepare: impl Fn(&Path)) {
    for source in sources("regions of others, with the probe") {
        let stage = Stage::new();
        let region = stage.region();
        fs::create_dir(region.parent().unwrap()).unwrap();
        prepare(&region);
        let before = state_of(&region);
        let outcome = stage.run(&["--once", "--interval", "10", "--source", source]);
        outcome.failed_with(&[region.to_str().unwrap(), reason]);
        assert_eq!(state_of(&region), before, "{reason}");
        // So that the directory can be removed.
        set_mode(region.parent().unwrap(), 0o700);
    }
}

/// All names beside the region, and what is there under them.
fn state_of(region: &Path) -> Vec<(String, u32, u64, Vec<u8>)> {
    let mut state = Vec::new();
    let Ok(entries) = fs::read_dir(region.parent().unwrap()) else { return state };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let metadata = fs::symlink_metadata(entry.path()).unwrap();
        let content = if metadata.is_file() { fs::read(entry.path()).unwrap() } else { vec![] };
        if name != LOCK {
            state.push((name, metadata.mode(), metadata.ino(), content));
        }
    }
    state.sort();
    state
}

#[test]
fn what_is_no_file_is_refused() {
    check("it is a symbolic link", |region| symlink("/dev/null", region).unwrap());
    check("it is a symbolic link", |region| symlink("elsewhere", region).unwrap());
    check("Is a directory", |region| fs::create_dir(region).unwrap());
    check("it is not a regular file", |region| {
        let path = CString::new(region.as_os_str().as_bytes()).unwrap();
        sys::make_fifo(&path).unwrap();
        assert!(fs::metadata(region).unwrap().file_type().is_fifo());
    });
}

#[test]
fn a_file_of_another_content_is_refused() {
    check("it ends after 6 bytes", |region| fs::write(region, "a file").unwrap());
    check("it is not an rstat region", |region| fs::write(region, vec![b'x'; LENGTH]).unwrap());
    check("others may write to it (mode 0666)", |region| {
        fs::write(region, vec![0; LENGTH]).unwrap();
        set_mode(region, 0o666);
    });
    check("it has 2 names, not one", |region| {
        fs::write(region, vec![0; LENGTH]).unwrap();
        fs::hard_link(region, region.with_extension("other")).unwrap();
    });
    check("it is not an rstat region", |region| {
        fs::write(region.with_extension("new"), "somebody's").unwrap();
        fs::rename(region.with_extension("new"), format!("{}.new", region.display())).unwrap();
    });
}

#[test]
fn a_file_or_directory_of_another_user_is_refused() {
    if !is_root() {
        return skip("regions of another user", "only root can make one");
    }
    check("it belongs to user 65534", |region| {
        fs::write(region, vec![0; LENGTH]).unwrap();
        chown(region, Some(OTHER_UID), None).unwrap();
    });
    check("lets others replace it (owner 65534", |region| {
        chown(region.parent().unwrap(), Some(OTHER_UID), None).unwrap();
    });
    check("it is not a file of this user", |region| {
        let lock = region.with_file_name(LOCK);
        fs::write(&lock, "").unwrap();
        chown(lock, Some(OTHER_UID), None).unwrap();
    });
}

#[test]
fn a_directory_in_which_others_may_write_is_refused() {
    check("lets others replace it", |region| set_mode(region.parent().unwrap(), 0o777));
}

#[test]
fn a_path_that_leads_nowhere_is_refused() {
    for source in sources("paths that lead nowhere, with the probe") {
        let stage = Stage::new();
        let file = stage.path("file");
        fs::write(&file, "a file").unwrap();
        let run = |region: &Path| {
            stage.daemon_at(region, &["--once", "--interval", "10", "--source", source]).end()
        };
        run(&stage.path("missing/missing/v1")).failed_with(&["create directory ", "No such file"]);
        run(&file.join("v1")).failed_with(&["is not a directory"]);
        run(Path::new("/proc/self/v1")).failed_with(&["/proc/self"]);
        run(Path::new("/")).failed_with(&["/"]);
        run(&stage.path(&"n".repeat(300))).failed_with(&["File name too long"]);
        assert_eq!(fs::read(&file).unwrap(), b"a file");
        assert!(!stage.path("missing").exists());
    }
}
