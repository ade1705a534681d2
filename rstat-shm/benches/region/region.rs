//! What the benchmarks work on: a region in `/dev/shm`, as the daemon's is, samples for the
//! region, and a CPU without other programs.

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

/// A region in a directory of `/dev/shm`. Both exist as long as this value.
pub struct Region {
    directory: PathBuf,
}

impl Region {
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

    /// The region's bytes, for copies without the region's protocol.
    pub fn raw(&self) -> Raw {
        let file = File::options().read(true).write(true).open(self.path("v1")).expect("open");
        Raw(MmapOptions::new().map_raw(&file).expect("map the region"))
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // Nothing depends on the removal, and a directory left behind names its process.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A mapping of a region for memcpy(3).
pub struct Raw(MmapRaw);

impl Raw {
    /// The address of the snapshot of sample `number`.
    pub fn snapshot(&self, number: u64) -> *mut u8 {
        let slot = number as usize % SLOTS;
        self.0.as_mut_ptr().wrapping_add(SLOTS_OFFSET + slot * SLOT_STRIDE + 8)
    }

    /// The address of the history point of sample `number`.
    pub fn point(&self, number: u64) -> *mut u8 {
        let point = number as usize % rstat_shm::layout::HISTORY_POINTS;
        self.0.as_mut_ptr().wrapping_add(HISTORY_OFFSET + point * POINT_STRIDE + 8)
    }
}

/// Bytes of a point of the history.
pub const POINT_BYTES: usize = HISTORY_WORDS * 8;

/// A sample at the start of a page. The speed of memcpy(3) depends on alignment, and so every
/// contender meets the same.
#[repr(C, align(4096))]
pub struct Paged(pub Snapshot);

/// A sample with `word` in every word, so that two samples differ in every word.
pub fn sample_of(word: u64) -> Box<Paged> {
    Box::new(Paged(Snapshot::from_words([word; SNAPSHOT_WORDS])))
}

/// The daemon's real-time priority.
const PRIORITY: i32 = 1;

/// Keeps this thread on one CPU, and ordinary programs off that CPU while the thread runs.
/// Ends the benchmark where the CPU does not exist: the other side would wait for ever.
pub fn alone_on(cpu: u32) {
    static WARNED: Once = Once::new();
    if let Err(error) = sys::pin(cpu) {
        eprintln!("run on CPU {cpu}: {error}: the benchmark needs two CPUs");
        process::exit(1);
    }
    if let Err(error) = sys::be_real_time(PRIORITY) {
        WARNED.call_once(|| {
            eprintln!("take real-time priority: {error}: other programs may disturb the figures");
        });
    }
}
