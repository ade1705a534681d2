//! Where benchmarks take place: a region where the daemon's would be, samples for it, and
//! a CPU that nobody else takes away.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process;
use std::sync::Once;

use memmap2::{MmapOptions, MmapRaw};
use rstat_shm::layout::{HISTORY_OFFSET, POINT_STRIDE, SLOT_STRIDE, SLOTS, SLOTS_OFFSET};
use rstat_shm::snapshot::{HISTORY_WORDS, SNAPSHOT_WORDS};
use rstat_shm::trust::Trust;
use rstat_shm::{Snapshot, View, Writer};
use rstat_testbed::sys;

/// Bytes of a snapshot.
pub const SNAPSHOT_BYTES: usize = SNAPSHOT_WORDS * 8;

/// A directory in `/dev/shm` that goes when the benchmark ends.
pub struct Place {
    directory: PathBuf,
}

impl Place {
    pub fn new(name: &str) -> Self {
        let directory = PathBuf::from(format!("/dev/shm/rstat-bench-{name}-{}", process::id()));
        fs::create_dir(&directory).expect("create a directory in /dev/shm");
        Self { directory }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub fn writer(&self) -> Writer {
        Writer::open(&self.path("v1")).expect("make a region")
    }

    pub fn view(&self) -> View {
        View::open(&self.path("v1"), Trust::default()).expect("open the region")
    }

    /// The region's bytes, for what is no reader of ours.
    pub fn raw(&self) -> Raw {
        let file = File::options().read(true).write(true).open(self.path("v1")).expect("open");
        Raw(MmapOptions::new().map_raw(&file).expect("map the region"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nothing depends on it; what is left says whose it was.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A mapping of a region for memcpy(3).
pub struct Raw(MmapRaw);

impl Raw {
    /// Where the snapshot of sample `number` is.
    pub fn snapshot(&self, number: u64) -> *mut u8 {
        let slot = number as usize % SLOTS;
        self.0.as_mut_ptr().wrapping_add(SLOTS_OFFSET + slot * SLOT_STRIDE + 8)
    }

    /// Where the point of sample `number` is.
    pub fn point(&self, number: u64) -> *mut u8 {
        let point = number as usize % rstat_shm::layout::HISTORY_POINTS;
        self.0.as_mut_ptr().wrapping_add(HISTORY_OFFSET + point * POINT_STRIDE + 8)
    }
}

/// Bytes of a point of the history.
pub const POINT_BYTES: usize = HISTORY_WORDS * 8;

/// A sample at the start of a page: whatever memcpy(3) makes of places, all meet the same.
#[repr(C, align(4096))]
pub struct Paged(pub Snapshot);

/// A sample in which every word is `word`, so that two of them differ in every word.
pub fn sample_of(word: u64) -> Box<Paged> {
    Box::new(Paged(Snapshot::from_words([word; SNAPSHOT_WORDS])))
}

/// As the daemon's.
const PRIORITY: i32 = 1;

/// Keeps this thread on one CPU, and ordinary programs off it while the thread runs. Ends
/// the benchmark where there is no such CPU: the other side would wait for ever.
pub fn alone_on(cpu: u32) {
    static TOLD: Once = Once::new();
    if let Err(error) = sys::pin(cpu) {
        eprintln!("run on CPU {cpu}, of two that the benchmark needs: {error}");
        process::exit(1);
    }
    if let Err(error) = sys::be_real_time(PRIORITY) {
        TOLD.call_once(|| {
            eprintln!("take real-time priority: {error}: other programs get in between");
        });
    }
}
