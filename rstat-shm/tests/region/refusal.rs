//! Files that reader and writer refuse, and the exact text of each refusal.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rstat_shm::layout::{
    ABI_MAJOR, ABI_MINOR, HISTORY_AT, HISTORY_OFFSET, LAYOUT_HASH_AT, POINT_AT, SEGMENT_BYTES,
    SEGMENT_BYTES_AT, SLOT_STRIDE, SLOTS_AT, SNAPSHOT_AT, VERSION_AT,
};
use rstat_shm::trust::Trust;
use rstat_shm::{View, Writer};

use crate::stage::{OTHER_UID, Stage, is_root, poke, run, skip, text};

/// A case of a file that has the region's name.
#[derive(Clone, Copy)]
struct Case {
    what: &'static str,
    bring_about: fn(&Path),
    /// The reader's error; empty where the reader succeeds. `{}` stands for the region's path.
    reader: &'static str,
    /// The same of the writer.
    writer: &'static str,
    /// Only root can bring the case about.
    root: bool,
}

const fn case(
    what: &'static str,
    bring_about: fn(&Path),
    reader: &'static str,
    writer: &'static str,
) -> Case {
    Case { what, bring_about, reader, writer, root: false }
}

const fn as_root(case: Case) -> Case {
    Case { root: true, ..case }
}

fn region(path: &Path) {
    drop(Writer::open(path).unwrap());
}

fn region_of_mode(path: &Path, mode: u32) {
    region(path);
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn region_but(path: &Path, offset: usize, word: u64) {
    region(path);
    poke(path, offset, word);
}

fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

const FILES: &[Case] = &[
    case("nothing", |_| {}, "open region {}: No such file or directory", ""),
    case("a region", region, "", ""),
    case(
        "a symbolic link to a region",
        |path| {
            let target = path.with_file_name("target");
            region(&target);
            symlink(target, path).unwrap();
        },
        "refuse region {}: it is a symbolic link",
        "refuse region {}: it is a symbolic link",
    ),
    case(
        "a symbolic link to nothing",
        |path| symlink("nothing", path).unwrap(),
        "refuse region {}: it is a symbolic link",
        "refuse region {}: it is a symbolic link",
    ),
    case(
        "a FIFO",
        |path| run("mkfifo", &["-m", "600"], path),
        "read region {}: it is not a regular file",
        "read region {}: it is not a regular file",
    ),
    case(
        "a socket",
        |path| drop(UnixListener::bind(path).unwrap()),
        "open region {}: No such device or address",
        "open region {}: No such device or address",
    ),
    case(
        "a directory",
        |path| fs::create_dir(path).unwrap(),
        "read region {}: it is not a regular file",
        "open region {}: Is a directory",
    ),
    as_root(case(
        "a device",
        |path| run("sh", &["-c", "mknod -m 600 \"$0\" c 1 5"], path),
        "read region {}: it is not a regular file",
        "read region {}: it is not a regular file",
    )),
    case(
        "an empty file",
        |path| fs::write(path, "").unwrap(),
        "read region {}: it ends after 0 bytes",
        "read region {}: it ends after 0 bytes",
    ),
    case(
        "a short file",
        |path| fs::write(path, "a note\n").unwrap(),
        "read region {}: it ends after 7 bytes",
        "read region {}: it ends after 7 bytes",
    ),
    case(
        "a file of something else",
        |path| fs::write(path, "a note\n".repeat(100)).unwrap(),
        "read region {}: it is not an rstat region",
        "read region {}: it is not an rstat region; remove it or name another",
    ),
    case(
        "a region that is cut off",
        |path| {
            region(path);
            fs::File::options().write(true).open(path).unwrap().set_len(4096).unwrap();
        },
        "read region {}: it should have SEGMENT_BYTES bytes and has 4096",
        "",
    ),
    case(
        "a region that the group may write to",
        |path| region_of_mode(path, 0o664),
        "refuse region {}: others may write to it (mode 0664)",
        "refuse region {}: others may write to it (mode 0664)",
    ),
    case(
        "a region that everyone may write to",
        |path| region_of_mode(path, 0o646),
        "refuse region {}: others may write to it (mode 0646)",
        "refuse region {}: others may write to it (mode 0646)",
    ),
    case(
        "a region of two names",
        |path| {
            region(path);
            fs::hard_link(path, path.with_file_name("other")).unwrap();
        },
        "refuse region {}: it has 2 names, not one",
        "refuse region {}: it has 2 names, not one",
    ),
    as_root(case(
        "a region of another user",
        |path| {
            region(path);
            chown(path, Some(OTHER_UID), None).unwrap();
        },
        "refuse region {}: it belongs to user 65534, not to root or you",
        "refuse region {}: it belongs to user 65534, not to root or you",
    )),
    case(
        "a region of the next version",
        |path| region_but(path, VERSION_AT, pair(u32::from(ABI_MAJOR) + 1, 256)),
        "read region {}: its layout is version 2.0, ours VERSION",
        "",
    ),
    case(
        "a region of another build",
        |path| region_but(path, LAYOUT_HASH_AT, 7),
        "read region {}: its layout differs from ours, although both are version VERSION: \
         daemon and reader come from different builds",
        "",
    ),
    case(
        "a region that says it is longer",
        |path| region_but(path, SEGMENT_BYTES_AT, 1 << 40),
        "read region {}: it should have 1099511627776 bytes and has SEGMENT_BYTES",
        "",
    ),
    case(
        "a region of no slots",
        |path| region_but(path, SLOTS_AT, pair(0, 2240)),
        "read region {}: its header contradicts itself",
        "",
    ),
    case(
        "a region of too many slots",
        |path| region_but(path, SLOTS_AT, u64::MAX),
        "read region {}: its header contradicts itself",
        "",
    ),
    case(
        "a region with slots in the header",
        |path| region_but(path, SNAPSHOT_AT, pair(128, 2192)),
        "read region {}: its header contradicts itself",
        "",
    ),
    case(
        "a region with snapshots longer than its slots",
        |path| region_but(path, SNAPSHOT_AT, pair(256, SLOT_STRIDE as u32)),
        "read region {}: its header contradicts itself",
        "",
    ),
    case(
        "a region with its history in the slots",
        |path| region_but(path, HISTORY_AT, pair(HISTORY_OFFSET as u32 - 8, 1024)),
        "read region {}: its header contradicts itself",
        "",
    ),
    case(
        "a region with its history behind the end",
        |path| region_but(path, HISTORY_AT, pair(0xffff_fff8, 1024)),
        "read region {}: its header contradicts itself",
        "",
    ),
    case(
        "a region with unaligned points",
        |path| region_but(path, POINT_AT, pair(68, 56)),
        "read region {}: its header contradicts itself",
        "",
    ),
];

/// A file's inode, mode and owner, and its content if the file is regular.
pub fn picture(path: &Path) -> (Option<String>, Option<Vec<u8>>) {
    let metadata = fs::symlink_metadata(path).ok();
    let content = metadata.as_ref().filter(|it| it.is_file()).map(|_| fs::read(path).unwrap());
    let shown = metadata.map(|it| format!("{} {:o} {}", it.ino(), it.mode(), it.uid()));
    (shown, content)
}

#[test]
fn each_file_that_is_refused_is_left_alone_and_named_in_the_error() {
    for case in FILES {
        if case.root && !is_root() {
            skip(case.what, "only root can make it");
            continue;
        }
        let stage = Stage::new();
        let path = stage.path();
        (case.bring_about)(&path);
        let said = |text: &str| {
            let text = text.replace("{}", &path.display().to_string());
            let text = text.replace("VERSION", &format!("{ABI_MAJOR}.{ABI_MINOR}"));
            text.replace("SEGMENT_BYTES", &SEGMENT_BYTES.to_string())
        };
        let before = picture(&path);
        let reader = text(View::open(&path, Trust::default()));
        assert_eq!(reader, said(case.reader), "{}: reader", case.what);
        assert_eq!(picture(&path), before, "{}: a reader changed it", case.what);
        assert_eq!(text(Writer::open(&path)), said(case.writer), "{}: writer", case.what);
        if case.writer.is_empty() {
            assert_eq!(text(View::open(&path, Trust::default())), "", "{}", case.what);
        } else {
            assert_eq!(picture(&path), before, "{}: the writer changed it", case.what);
        }
    }
}

#[test]
fn a_reader_trusts_the_user_that_its_caller_names() {
    if !is_root() {
        return skip("another user's region", "only root can give a file away");
    }
    let stage = Stage::new();
    region(&stage.path());
    chown(stage.path(), Some(OTHER_UID), None).unwrap();
    assert!(View::open(&stage.path(), Trust { uid: Some(OTHER_UID) }).is_ok());
    assert!(View::open(&stage.path(), Trust { uid: Some(OTHER_UID - 1) }).is_err());
}

#[test]
fn only_a_missing_file_counts_as_absent() {
    let stage = Stage::new();
    let absent = |path: &Path| View::open(path, Trust::default()).err().unwrap().is_absent();
    assert!(absent(&stage.path()));
    assert!(absent(&stage.path().join("below")));
    fs::write(stage.path(), "").unwrap();
    assert!(!absent(&stage.path()));
}
