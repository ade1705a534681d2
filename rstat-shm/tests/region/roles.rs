//! What the other processes do. The test program starts itself again, with variables
//! that name a role and a region.

use std::env;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process;
use std::thread;
use std::time::Instant;

use rstat_shm::trust::Trust;
use rstat_shm::{Snapshot, Unread, View, Writer};

use crate::stage::{self, GIVE_UP, MARK, REGION, ROLE};

/// Samples that a role reads or publishes before it leaves by itself.
const SAMPLES: u64 = 20_000;
/// Attempts of a role that tries to disturb the writer.
const NUISANCES: u64 = 10_000_000;

type Role = fn(&Path);

const ROLES: &[(&str, Role)] = &[
    ("publish without pause", publish_without_pause),
    ("publish one and leave", publish_one_and_leave),
    ("publish one and stay", publish_one_and_stay),
    ("open for publishing", open_for_publishing),
    ("read many", read_many),
    ("read one", read_one),
    ("wait for each", wait_for_each),
    ("replace on a full disk", crate::making::replace_on_a_full_disk),
    ("lock what is being made", lock_what_is_being_made),
];

/// The entrance for other processes, not a test. Without a role the function does nothing.
#[test]
fn play() {
    let Ok(role) = env::var(ROLE) else { return };
    end_with_standard_input();
    let path = env::var_os(REGION).unwrap();
    let (_, play) = ROLES.iter().find(|(name, _)| *name == role).unwrap();
    play(Path::new(&path));
}

/// Ends this process when its standard input ends. The starting process holds the other end,
/// which closes at the latest when that process dies.
fn end_with_standard_input() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
}

pub fn say(text: impl std::fmt::Display) {
    let mut out = io::stdout().lock();
    writeln!(out, "{MARK}{text}").unwrap();
    out.flush().unwrap();
}

fn publish_without_pause(path: &Path) {
    let mut writer = Writer::open(path).unwrap();
    say("open");
    for tag in 1.. {
        writer.publish(&mut stage::sample(tag));
    }
}

fn publish_one_and_leave(path: &Path) {
    let mut writer = Writer::open(path).unwrap();
    writer.publish(&mut stage::sample(1));
    writer.stop();
}

fn publish_one_and_stay(path: &Path) {
    let mut writer = Writer::open(path).unwrap();
    writer.publish(&mut stage::sample(1));
    say("published");
    thread::park_timeout(GIVE_UP);
}

fn open_for_publishing(path: &Path) {
    match Writer::open(path) {
        Ok(_) => say("open"),
        Err(error) => say(error),
    }
}

fn read_many(path: &Path) {
    let view = View::open(path, Trust::default()).unwrap();
    say("open");
    read_in_order(&view);
}

/// Reads a bounded number of samples of a writer that never pauses.
pub fn read_in_order(view: &View) {
    let mut last = 0;
    for _ in 0..SAMPLES {
        let read = stage::read(view);
        assert!(read.sequence >= last, "sample {} after {last}", read.sequence);
        last = read.sequence;
    }
}

fn read_one(path: &Path) {
    let view = View::open(path, Trust::default()).unwrap();
    let read = stage::read(&view);
    say(format_args!("{} {}", read.sequence, view.has_writer()));
}

/// Says the number of every sample after a wake-up, until the writer's state changes.
fn wait_for_each(path: &Path) {
    let view = View::open(path, Trust::default()).unwrap();
    let (mut seen, state) = (view.latest(), view.state());
    say(seen);
    while view.state() == state {
        let began = Instant::now();
        while view.latest() == seen && view.state() == state {
            assert!(began.elapsed() < GIVE_UP, "no wake-up came after sample {seen}");
            view.wait(seen, state, GIVE_UP);
        }
        let mut read = Snapshot::EMPTY;
        match view.snapshot(&mut read) {
            Ok(()) | Err(Unread::Busy) => {}
            Err(Unread::Empty) => panic!("the region became empty"),
        }
        if view.latest() != seen {
            seen = view.latest();
            say(seen);
        }
    }
    say(format_args!("{:?}", view.state()));
}

/// Puts a read lock on every file that has the temporary name of a new region.
fn lock_what_is_being_made(path: &Path) {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    say("looking");
    let mut held = None;
    for _ in 0..NUISANCES {
        if let Ok(file) = std::fs::File::open(&new) {
            crate::exclusion::lock_for_reading(&file);
            held = Some(file);
        }
    }
    drop(held);
}
