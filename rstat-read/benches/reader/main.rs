//! What a [`Reader`] and the C library add to a look at the region.
//!
//! A reader finds the region's successors, and threads may share a reader. A bar that draws sixty
//! times a second finds nothing new nearly always. The C library serves programs that were built
//! with other versions of the header.

mod library;
#[path = "../../tests/samples/mod.rs"]
mod samples;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, process};

use rstat_read::{Reader, Snapshot};
use rstat_shm::{View, Writer, trust::Trust};
use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave, nanoseconds_each};

use library::Library;

const ROUNDS: usize = 301;
const CALLS: u32 = 500;
const MOST_NS: f64 = 5.0;
/// The header's value.
const RSTAT_ERR_SEEN: i32 = -16;

/// A sample at the start of a page. The speed of memcpy(3) depends on the place in a page, so
/// all contenders copy between the same places.
#[derive(Debug, PartialEq)]
#[repr(C, align(4096))]
struct Paged(Snapshot);

fn paged<const COUNT: usize>() -> [Box<Paged>; COUNT] {
    [(); COUNT].map(|()| Box::new(Paged(Snapshot::EMPTY)))
}

fn main() {
    let directory = PathBuf::from(format!("/dev/shm/rstat-bench-reader-{}", process::id()));
    fs::create_dir(&directory).expect("create a directory in /dev/shm");
    let region = directory.join("v1");
    let mut writer = Writer::open(&region).expect("make a region");
    writer.publish(&mut samples::fresh(Duration::from_secs(1)));
    let reader = Reader::open(Some(&region)).expect("read the region");
    let view = View::open(&region, Trust::default()).expect("look at the region");
    let library = Library::open(&region);
    drop(fs::remove_dir_all(&directory));

    let mut table = Table::new("reader");
    nothing_new(&mut table, &reader, &view);
    latest(&mut table, &reader, &view);
    match library {
        Ok(library) => {
            nothing_new_in_c(&mut table, &library);
            latest_in_c(&mut table, &library);
        }
        Err(error) => println!("reader: the C library is not measured: {error}"),
    }
    table.finish();
}

fn nothing_new(table: &mut Table, reader: &Reader, view: &View) {
    let (mut taken, mut copied) = (Snapshot::EMPTY, Snapshot::EMPTY);
    reader.skip();
    let seen = view.latest();
    let rounds = interleave(
        ROUNDS,
        [
            &mut || {
                nanoseconds_each(CALLS, || {
                    let news = black_box(reader).snapshot_if_new(black_box(&mut taken));
                    assert_eq!(news, Ok(false));
                })
            },
            &mut || {
                nanoseconds_each(CALLS, || {
                    let news =
                        black_box(view).snapshot_after(black_box(seen), black_box(&mut copied));
                    assert_eq!(news, Ok(false));
                })
            },
        ],
    );
    table.row(&Row {
        what: "snapshot through Reader, nothing new",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, "the region alone")),
        goal: Some(Goal::AtMost(MOST_NS)),
    });
}

fn latest(table: &mut Table, reader: &Reader, view: &View) {
    let [mut taken, mut copied] = paged();
    let rounds = interleave(
        ROUNDS,
        [
            &mut || {
                nanoseconds_each(CALLS, || {
                    assert_eq!(black_box(reader).snapshot(black_box(&mut taken.0)), Ok(()));
                })
            },
            &mut || {
                nanoseconds_each(CALLS, || {
                    assert_eq!(black_box(view).snapshot(black_box(&mut copied.0)), Ok(()));
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
}

fn nothing_new_in_c(table: &mut Table, library: &Library) {
    let mut taken = Snapshot::EMPTY;
    assert_eq!(library.snapshot(&mut taken), 0);
    let rounds = interleave(
        ROUNDS,
        [&mut || {
            nanoseconds_each(CALLS, || {
                assert_eq!(library.snapshot_if_new(black_box(&mut taken)), RSTAT_ERR_SEEN);
            })
        }],
    );
    table.row(&Row {
        what: "rstat_snapshot_if_new in C, nothing new",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: None,
        goal: Some(Goal::AtMost(MOST_NS)),
    });
}

fn latest_in_c(table: &mut Table, library: &Library) {
    let [mut taken, mut copied, mut sample] = paged();
    assert_eq!(library.snapshot(&mut sample.0), 0);
    let rounds = interleave(
        ROUNDS,
        [
            &mut || {
                nanoseconds_each(CALLS, || {
                    assert_eq!(library.snapshot(black_box(&mut taken.0)), 0);
                })
            },
            &mut || {
                nanoseconds_each(CALLS, || {
                    let into = black_box(&mut copied).0.as_words_mut();
                    into.copy_from_slice(black_box(&sample).0.as_words());
                })
            },
        ],
    );
    assert_eq!(taken, copied, "both have copied the sample");
    table.row(&Row {
        what: "rstat_snapshot in C, the latest sample",
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, "memcpy, same bytes")),
        goal: Some(Goal::Ratio(1.5)),
    });
}
