//! What a [`Reader`] adds to a look at the region: it finds the region's successors, and
//! threads share it. A bar that draws sixty times a second finds nothing new nearly always.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, process};

use rstat_read::{Reader, Snapshot};
use rstat_shm::{View, Writer, trust::Trust};
use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave, nanoseconds_each};

const ROUNDS: usize = 301;
const CALLS: u32 = 500;
const MOST_NS: f64 = 5.0;

fn main() {
    let directory = PathBuf::from(format!("/dev/shm/rstat-bench-reader-{}", process::id()));
    fs::create_dir(&directory).expect("create a directory in /dev/shm");
    let region = directory.join("v1");
    let mut writer = Writer::open(&region).expect("make a region");
    writer.publish(&mut samples::fresh(Duration::from_secs(1)));
    let reader = Reader::open(Some(&region)).expect("read the region");
    let view = View::open(&region, Trust::default()).expect("look at the region");
    drop(fs::remove_dir_all(&directory));

    let (mut taken, mut copied) = (Snapshot::EMPTY, Snapshot::EMPTY);
    reader.skip();
    let seen = view.latest();
    let rounds = interleave(
        ROUNDS,
        [
            &mut || {
                nanoseconds_each(CALLS, || {
                    let news = black_box(&reader).snapshot_if_new(black_box(&mut taken));
                    assert_eq!(news, Ok(false));
                })
            },
            &mut || {
                nanoseconds_each(CALLS, || {
                    let news =
                        black_box(&view).snapshot_after(black_box(seen), black_box(&mut copied));
                    assert_eq!(news, Ok(false));
                })
            },
        ],
    );
    let mut table = Table::new("reader");
    table.row(&Row {
        what: "snapshot through Reader, nothing new",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, "the region alone")),
        goal: Some(Goal::AtMost(MOST_NS)),
    });
    let rounds = interleave(
        ROUNDS,
        [
            &mut || {
                nanoseconds_each(CALLS, || {
                    assert_eq!(black_box(&reader).snapshot(black_box(&mut taken)), Ok(()));
                })
            },
            &mut || {
                nanoseconds_each(CALLS, || {
                    assert_eq!(black_box(&view).snapshot(black_box(&mut copied)), Ok(()));
                })
            },
        ],
    );
    assert_eq!(taken, copied, "both have copied the sample");
    table.row(&Row {
        what: "snapshot through Reader, the latest sample",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, "the region alone")),
        goal: None,
    });
    table.finish();
}
