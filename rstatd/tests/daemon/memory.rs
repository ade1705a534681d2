//! What the rows say of a process's memory, against `/proc/PID/statm`: also when
//! others take it away, when CPUs have counted it apart, and when the process ends.

use std::fs::{self, File};
use std::path::PathBuf;

use rstat_shm::View;
use rstat_shm::snapshot::{Process, Snapshot};

use crate::programs::Program;
use crate::stage::{Daemon, Stage, latest, next, sources, tell};
use crate::truth;

/// What a program holds: more than others here do, also when some of it is taken.
const HELD: u64 = 1 << 30;
/// What is touched at a time: one page, or less.
const PAGE: u64 = 4096;
/// A process that sleeps has no page more or less than a moment ago.
const RSS_TOLERANCE: u64 = 64 << 10;
/// Samples in which each listed process is asked at least once, and one that is
/// under way.
const SAMPLES: u64 = 5;
/// Samples after which the file of a process that is not listed any more is closed,
/// and some that are under way.
const FORGOTTEN: u64 = 40;

/// The daemon and what it says.
fn watch(stage: &Stage, source: &str) -> (Daemon, View) {
    let mut daemon = stage.daemon(&["--interval", "20", "--source", source]);
    let view = daemon.view(&stage.region(), 0);
    (daemon, view)
}

/// The first sample in which each listed process was asked from now on.
fn settled(view: &View) -> Snapshot {
    next(view, latest(view).sequence + SAMPLES - 1)
}

#[track_caller]
fn row_of<'s>(sample: &'s Snapshot, program: &Program) -> &'s Process {
    let row = sample.top_memory.iter().find(|row| row.pid == program.pid());
    row.unwrap_or_else(|| panic!("{}: {:?}", program.pid(), sample.top_memory))
}

/// That the rows of the process and of its application say what the kernel says,
/// and that the list is in order.
#[track_caller]
fn check(source: &str, sample: &Snapshot, program: &Program) -> u64 {
    let bytes = truth::rss_bytes(program.pid());
    let row = row_of(sample, program);
    tell(&format!("memory, {source}: {} against {bytes}", row.rss_bytes));
    assert!(row.rss_bytes.abs_diff(bytes) <= RSS_TOLERANCE, "{source}: {bytes}, {row:?}");
    let mut applications = sample.top_memory_applications.iter();
    let application = applications.find(|row| row.name.bytes() == b"memory test");
    assert_eq!(application.map(|application| application.rss_bytes), Some(row.rss_bytes));
    assert!(sample.top_memory.is_sorted_by(|above, below| above.rss_bytes >= below.rss_bytes));
    bytes
}

#[test]
fn memory_that_is_taken_from_a_process_asleep_is_not_shown_any_more() {
    for source in sources("the memory that is taken from sleeping processes by the probe") {
        let stage = Stage::new();
        let path = stage.path("file");
        let file = File::create(&path).unwrap();
        file.set_len(HELD).unwrap();
        let mut program = Program::start(&stage, &format!("map|{}", path.display()));
        assert_eq!(program.order("memory test"), "renamed");
        let (daemon, view) = watch(&stage, source);
        let before = check(source, &settled(&view), &program);
        assert!(before >= HELD);
        let switches = truth::switches(program.pid());
        // Pages behind the end of a file are taken from whoever has them mapped.
        for taken in [HELD / 8, HELD / 4] {
            file.set_len(HELD - taken).unwrap();
            let after = check(source, &settled(&view), &program);
            assert!(after <= before - taken, "{source}: {after}");
        }
        assert_eq!(truth::switches(program.pid()), switches, "it has slept all the time");
        daemon.stop();
    }
}

#[test]
fn pages_that_the_cpus_have_counted_apart_are_shown() {
    for source in sources("the parts of memory counters by the probe") {
        let stage = Stage::new();
        // An odd number of pages for each CPU, so that some are left in its part.
        let pages = (HELD / PAGE / truth::cpus().len() as u64) | 1;
        let mut program = Program::start(&stage, &format!("scatter|{pages}"));
        assert_eq!(program.order("memory test"), "renamed");
        let (daemon, view) = watch(&stage, source);
        check(source, &settled(&view), &program);
        daemon.stop();
    }
}

#[test]
fn a_process_that_ends_while_it_is_listed_leaves_no_row_and_no_file() {
    for source in sources("the end of listed processes by the probe") {
        let stage = Stage::new();
        let program = Program::start(&stage, &format!("hold|{HELD}"));
        let (daemon, view) = watch(&stage, source);
        let pid = program.pid();
        row_of(&settled(&view), &program);
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
