//! Bytes that a process writes to storage and reads from there.

use rstat_shm::snapshot::valid;
use rstat_testbed::{sys, truth};

use super::daemon::{self, Stage};
use super::finding::{Bound, Finding, Trouble, Unit};

const INTERVAL_MS: u64 = 100;
const BYTES: u64 = 8 << 20;
const ORDERS: usize = 5;
const IO_PERCENT: f64 = 0.1;
const MIB: f64 = (1 << 20) as f64;

/// Writes a file, waits until storage has it, and reads it back.
pub fn storage(stage: &Stage) -> Result<Vec<Finding>, Trouble> {
    // Other programs should have little to write meanwhile.
    sys::sync();
    let file = stage.storage.join("file");
    let mut load = stage.start(&format!("write|{}|{BYTES}", file.display()))?;
    let pid = load.pid();
    let before = truth::io_bytes(pid)
        .ok_or_else(|| Trouble::Cannot("the kernel does not count bytes".to_owned()))?;
    let mut daemon = stage.daemon(INTERVAL_MS)?;
    let view = daemon.first()?.0;
    let mut sample = daemon::next(&view, view.latest())?;
    if !sample.has(valid::PROCESS_IO) {
        let why = "/proc has not the bytes of all processes, so rstat has none";
        return Err(Trouble::Cannot(why.to_owned()));
    }
    let mut reported = [0.0; 2];
    std::thread::scope(|scope| -> Result<(), Trouble> {
        let orders = scope.spawn(|| {
            (0..ORDERS).try_for_each(|_| load.order("go").map(drop).map_err(Trouble::from))
        });
        let mut last = u64::MAX;
        // The next two samples have all bytes of the process so far.
        while sample.sequence < last {
            if orders.is_finished() && last == u64::MAX {
                last = view.latest() + 2;
            }
            sample = daemon::next(&view, sample.sequence)?;
            if let Some(row) = sample.top_io.iter().find(|row| row.pid == pid) {
                let seconds = sample.elapsed_ns as f64 / 1e9;
                reported[0] += row.read_bytes_per_s as f64 * seconds / MIB;
                reported[1] += row.write_bytes_per_s as f64 * seconds / MIB;
            }
        }
        orders.join().unwrap_or_else(|_| Err(Trouble::Failed("a thread panicked".to_owned())))
    })?;
    let after = truth::io_bytes(pid).unwrap_or(before);
    let finding = |metric: &str, place: usize| {
        let truth = (after[place] - before[place]) as f64 / MIB;
        if truth <= 0.0 {
            return Finding::missing(metric, "the directory of the program is not on storage");
        }
        Finding::new(metric, Unit::Mebibytes, truth, reported[place], Bound::Share(IO_PERCENT, 0.0))
    };
    Ok(vec![finding("bytes read", 0), finding("bytes written", 1)])
}
