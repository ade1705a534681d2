//! Readers of the rstat region.
//!
//! [`Reader`] copies samples out of the region, and [`Follower`] waits for the region's next
//! event. [`outputs`] and [`module`] turn a [`Report`] into text. [`programs`] are the
//! executables. The C library is this crate as well: `include/rstat_read.h` describes it.
//!
//! ```no_run
//! let reader = rstat_read::Reader::open(None)?;
//! let mut sample = rstat_read::Snapshot::EMPTY;
//! if reader.snapshot(&mut sample).is_ok() && sample.has(rstat_read::valid::CPU) {
//!     println!("{} ppm busy", sample.cpu_busy_ppm);
//! }
//! # Ok::<(), rstat_read::Error>(())
//! ```

use std::path::{Path, PathBuf};

pub use rstat_shm::snapshot::{
    Application, Gpu, HistoryPoint, KernelThreads, Process, ProcessState, rows, throttle, valid,
};
pub use rstat_shm::{Error, Snapshot, Unread};

pub use follow::Follower;
pub use pace::{Interval, Pacer};
pub use reader::{Event, Reader};
pub use report::{Freshness, Report};

pub mod figures;
pub mod module;
pub mod outputs;
#[cfg(feature = "programs")]
pub mod programs;
pub mod text;

mod ffi;
mod follow;
mod pace;
mod reader;
mod report;

/// The region to read: `asked`, else `$RSTAT_SHM`, else `/dev/shm/rstat/v1`.
pub fn region_path(asked: Option<&Path>) -> PathBuf {
    if let Some(path) = asked {
        return path.to_owned();
    }
    std::env::var_os(rstat_shm::PATH_VARIABLE)
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| rstat_shm::DEFAULT_PATH.into())
        .into()
}
