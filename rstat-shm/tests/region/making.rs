//! How the writer makes the file: with any umask, beside the remains of a crash, against
//! the locks of another user, and on a full disk.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use rstat_shm::Writer;
use rstat_shm::layout::{BOOT_ID_AT, SEGMENT_BYTES, WriterState};

use crate::roles::say;
use crate::stage::{
    Child, Stage, arrange, command, is_root, open, poke, publish, read, sample, skip,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn every_block_of_the_file_is_there_from_the_start() {
    let stage = Stage::new();
    let _writer = Writer::open(&stage.path()).unwrap();
    let metadata = fs::metadata(stage.path()).unwrap();
    assert_eq!(metadata.len(), SEGMENT_BYTES as u64);
    assert!(metadata.blocks() * 512 >= SEGMENT_BYTES as u64, "a store could meet a full disk");
}

#[test]
fn whatever_the_umask_everyone_can_read_the_region_and_nobody_the_lock() {
    for umask in ["000", "022", "077", "777"] {
        if umask == "777" && !is_root() {
            skip("umask 777", "only root can use a directory without any permission");
            continue;
        }
        let stage = Stage::new();
        let path = stage.directory().join("new/v1");
        let exe = env::current_exe().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(&exe);
        shell.args(command(&exe, "", &path).get_args());
        arrange(&mut shell, "publish one and stay", &path);
        let mut daemon = Child::spawn(&mut shell).unwrap();
        assert_eq!(daemon.line(), "published", "umask {umask}");
        assert_eq!(mode(&stage.directory().join("new")), 0o755, "umask {umask}");
        assert_eq!(mode(&path), 0o644, "umask {umask}");
        assert_eq!(mode(&stage.directory().join("new/v1.lock")) & 0o177, 0, "umask {umask}");
        if let Some(mut reader) = Child::start_as_other(&stage, "read one", &path) {
            assert_eq!(reader.line(), "1 true", "umask {umask}");
            reader.finish();
        }
    }
}

#[test]
fn a_directory_that_is_there_keeps_its_mode() {
    let stage = Stage::new();
    for mode_before in [0o700, 0o711, 0o1777] {
        fs::set_permissions(stage.directory(), fs::Permissions::from_mode(mode_before)).unwrap();
        drop(Writer::open(&stage.path()).unwrap());
        assert_eq!(mode(stage.directory()), mode_before);
    }
}

#[test]
fn what_a_crash_left_half_made_is_cleared_away() {
    let region = {
        let stage = Stage::new();
        drop(Writer::open(&stage.path()).unwrap());
        fs::read(stage.path()).unwrap()
    };
    // The remains of a daemon killed after create, after allocate, and after the magic.
    for left in [vec![], vec![0; SEGMENT_BYTES], region] {
        let stage = Stage::new();
        fs::write(stage.beside(".new"), left).unwrap();
        let mut writer = Writer::open(&stage.path()).unwrap();
        publish(&mut writer, [1]);
        assert_eq!(read(&open(&stage.path())).sequence, 1);
        assert_eq!(stage.names(), ["v1", "v1.lock"]);
    }
}

#[test]
fn a_reader_cannot_keep_a_region_from_being_made() {
    const ROUNDS: u64 = 200;
    let stage = Stage::new();
    let Some(mut nuisance) =
        Child::start_as_other(&stage, "lock what is being made", &stage.path())
    else {
        return;
    };
    assert_eq!(nuisance.line(), "looking");
    for round in 0..ROUNDS {
        if let Err(error) = Writer::open(&stage.path()) {
            panic!("round {round}: {error}");
        }
        poke(&stage.path(), BOOT_ID_AT, round + 1);
    }
}

/// The disk is a tiny file system in a mount namespace, which ends with its process.
#[test]
fn a_full_disk_leaves_the_old_region_and_nothing_half_made() {
    const WHAT: &str = "a full disk";
    if !is_root() {
        return skip(WHAT, "only root can mount one");
    }
    let stage = Stage::new();
    let disk = stage.directory().join("disk");
    fs::create_dir(&disk).unwrap();
    // The disk has room for one region and a half.
    let bytes = SEGMENT_BYTES * 3 / 2;
    let mount = format!("mount -t tmpfs -o size={bytes} tmpfs \"$0\"");
    let unshare = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c"]);
        unshare
    };
    match unshare().arg(&mount).arg(&disk).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => return skip(WHAT, String::from_utf8_lossy(&output.stderr).trim()),
        Err(error) => return skip(WHAT, &format!("unshare: {error}")),
    }
    let (exe, path) = (env::current_exe().unwrap(), disk.join("v1"));
    let mut command_line = unshare();
    command_line.arg(format!("{mount} && exec \"$@\"")).arg(&disk).arg(&exe);
    command_line.args(command(&exe, "", &path).get_args());
    arrange(&mut command_line, "replace on a full disk", &path);
    let mut child = Child::spawn(&mut command_line).unwrap();
    let text = format!("allocate region {}.new: No space left on device", path.display());
    assert_eq!(child.line(), text);
    assert_eq!(child.line(), "the old region is whole");
    child.finish();
}

/// The part of [`a_full_disk_leaves_the_old_region_and_nothing_half_made`] that runs in the
/// disk's mount namespace.
pub fn replace_on_a_full_disk(path: &Path) {
    let mut writer = Writer::open(path).unwrap();
    publish(&mut writer, [1]);
    writer.stop();
    let view = open(path);
    poke(path, BOOT_ID_AT, 1);
    say(Writer::open(path).err().expect("there was room"));

    let mut names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["v1", "v1.lock"]);
    // No file has replaced the region, so its state must not send readers to another file.
    assert_eq!(view.state(), Some(WriterState::Stopped));
    assert_eq!(read(&view).as_words()[2..], sample(1).as_words()[2..]);
    say("the old region is whole");
}
