//! Takes 100,000 snapshots between two calls of getppid(2) and says what one
//! took: `strace` must show nothing between the two.
//!
//! `cargo run --release --example snapshots -- [PATH]`

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::os::unix::process::parent_id;
use std::path::PathBuf;
use std::time::Instant;

use rstat_read::{Reader, Snapshot};

const SNAPSHOTS: u32 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).map(PathBuf::from);
    let reader = Reader::open(path.as_deref())?;
    let mut sample = Snapshot::EMPTY;
    let mut complete = 0;
    let _ = parent_id();
    // The clock is read through the vDSO.
    let start = Instant::now();
    for _ in 0..SNAPSHOTS {
        complete += u32::from(reader.snapshot(black_box(&mut sample)).is_ok());
    }
    let each = start.elapsed() / SNAPSHOTS;
    let _ = parent_id();
    println!("{complete} of {SNAPSHOTS} snapshots complete, {} ns each", each.as_nanos());
    Ok(())
}
