//! Directories and neighbouring files that the writer accepts or refuses, and the exact
//! text of each refusal. A directory is refused when other users could change its files.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use rstat_shm::Writer;

use crate::refusal::picture;
use crate::stage::{Child, OTHER_UID, Stage, is_root, open, run, skip, text};

/// A case of a directory.
#[derive(Clone, Copy)]
struct Case {
    what: &'static str,
    bring_about: fn(&Path),
    /// The writer's error; empty where the writer succeeds. `{}` stands for the directory,
    /// `UID` for the user of this process.
    writer: &'static str,
    /// Only root can bring the case about.
    root: bool,
}

const fn case(what: &'static str, bring_about: fn(&Path), writer: &'static str) -> Case {
    Case { what, bring_about, writer, root: false }
}

const fn as_root(case: Case) -> Case {
    Case { root: true, ..case }
}

fn directory_of_mode(directory: &Path, mode: u32) {
    fs::create_dir(directory).unwrap();
    fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
}

const DIRECTORIES: &[Case] = &[
    case("no directory yet", |_| {}, ""),
    case(
        "a directory that everyone may write to",
        |directory| directory_of_mode(directory, 0o777),
        "refuse region {}/v1: its directory {} lets others replace it (owner UID, mode 0777)",
    ),
    case(
        "a directory that the group may write to",
        |directory| directory_of_mode(directory, 0o770),
        "refuse region {}/v1: its directory {} lets others replace it (owner UID, mode 0770)",
    ),
    case("a sticky directory", |directory| directory_of_mode(directory, 0o1777), ""),
    case(
        "a file",
        |directory| fs::write(directory, "").unwrap(),
        "refuse region {}/v1: {} is not a directory",
    ),
    case(
        "a symbolic link to a directory",
        |directory| {
            fs::create_dir(directory.with_file_name("target")).unwrap();
            symlink("target", directory).unwrap();
        },
        "refuse region {}/v1: {} is not a directory",
    ),
    as_root(case(
        "another user's directory",
        |directory| {
            directory_of_mode(directory, 0o755);
            chown(directory, Some(OTHER_UID), None).unwrap();
        },
        "refuse region {}/v1: its directory {} lets others replace it (owner 65534, mode 0755)",
    )),
    case(
        "a lock that is a symbolic link",
        |directory| {
            fs::create_dir(directory).unwrap();
            symlink("nothing", directory.join("v1.lock")).unwrap();
        },
        "open lock {}/v1.lock: Too many levels of symbolic links",
    ),
    case(
        "a lock that is a FIFO",
        |directory| {
            fs::create_dir(directory).unwrap();
            run("mkfifo", &["-m", "600"], &directory.join("v1.lock"));
        },
        "refuse region {}/v1.lock: it is not a file of this user",
    ),
    as_root(case(
        "another user's lock",
        |directory| {
            fs::create_dir(directory).unwrap();
            fs::write(directory.join("v1.lock"), "").unwrap();
            chown(directory.join("v1.lock"), Some(OTHER_UID), None).unwrap();
        },
        "refuse region {}/v1.lock: it is not a file of this user",
    )),
    case(
        "a file of ours where the new region would be made",
        |directory| {
            fs::create_dir(directory).unwrap();
            fs::write(directory.join("v1.new"), "a note\n".repeat(100)).unwrap();
        },
        "read region {}/v1.new: it is not an rstat region; remove it or name another",
    ),
    case(
        "a link where the new region would be made",
        |directory| {
            fs::create_dir(directory).unwrap();
            symlink("nothing", directory.join("v1.new")).unwrap();
        },
        "refuse region {}/v1.new: it is a symbolic link",
    ),
];

#[test]
fn a_directory_in_which_others_could_meddle_is_not_used() {
    for case in DIRECTORIES {
        if case.root && !is_root() {
            skip(case.what, "only root can make it");
            continue;
        }
        let stage = Stage::new();
        let directory = stage.directory().join("region");
        (case.bring_about)(&directory);
        let uid = fs::metadata(stage.directory()).unwrap().uid();
        let expected = case
            .writer
            .replace("{}", &directory.display().to_string())
            .replace("UID", &uid.to_string());
        let path = directory.join("v1");
        let before = picture(&directory.join("v1.new"));
        assert_eq!(text(Writer::open(&path)), expected, "{}", case.what);
        if case.writer.is_empty() {
            open(&path);
        } else {
            assert!(!path.exists(), "{}", case.what);
            assert_eq!(picture(&directory.join("v1.new")), before, "{}", case.what);
        }
    }
}

#[test]
fn a_directory_below_one_that_is_missing_is_not_made() {
    let stage = Stage::new();
    let path = stage.directory().join("missing/region/v1");
    let parent = path.parent().unwrap().display();
    assert_eq!(
        text(Writer::open(&path)),
        format!("create directory {parent}: No such file or directory")
    );
    assert!(stage.names().is_empty());
}

#[test]
fn a_user_without_write_permission_gets_an_error() {
    let stage = Stage::new();
    let check = |path: &Path, expected: String| {
        if let Some(mut child) = Child::start_as_other(&stage, "open for publishing", path) {
            assert_eq!(child.line(), expected);
            child.finish();
        }
    };
    let path = stage.path();
    check(&path, format!("open lock {}.lock: Permission denied", path.display()));
    let path = stage.directory().join("region/v1");
    let parent = path.parent().unwrap().display().to_string();
    check(&path, format!("create directory {parent}: Permission denied"));
    // A region of root's does not fall to another user's daemon either.
    drop(Writer::open(&stage.path()).unwrap());
    check(&stage.path(), format!("open lock {}.lock: Permission denied", stage.path().display()));
}
