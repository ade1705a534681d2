//! The rows and files of a listed process that ends.

use std::fs;
use std::path::PathBuf;

use crate::programs::Program;
use crate::stage::{Daemon, Stage, latest, next, sources};

/// What a program holds: more than others here do.
const HELD: u64 = 1 << 30;
/// Samples until each listed process was asked at least once, and one that is
/// under way.
const SAMPLES: u64 = 5;
/// Samples after which the file of a process that is not listed any more is closed,
/// and some that are under way.
const FORGOTTEN: u64 = 40;

#[test]
fn a_process_that_ends_while_it_is_listed_leaves_no_row_and_no_file() {
    for source in sources("the end of listed processes by the probe") {
        let stage = Stage::new();
        let program = Program::start(&stage, &format!("hold|{HELD}"));
        let mut daemon = stage.daemon(&["--interval", "20", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let pid = program.pid();
        let sample = next(&view, latest(&view).sequence + SAMPLES - 1);
        assert!(sample.top_memory.iter().any(|row| row.pid == pid), "{:?}", sample.top_memory);
        let file = PathBuf::from(format!("/proc/{pid}/statm"));
        assert!(files(&daemon).contains(&file), "{:?}", files(&daemon));
        drop(program);
        let sample = next(&view, latest(&view).sequence + FORGOTTEN);
        assert!(sample.top_memory.iter().all(|row| row.pid != pid));
        let files = files(&daemon);
        assert!(!files.iter().any(|open| open.starts_with(file.parent().unwrap())), "{files:?}");
        daemon.stop();
    }
}

/// The files that the daemon has open.
fn files(daemon: &Daemon) -> Vec<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap();
    entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect()
}
