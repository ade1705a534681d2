//! The region in `/dev/shm` through which the daemon publishes and bars read.
//!
//! `PROTOCOL.md` beside this crate draws every byte; [`layout`] is the same as
//! constants. [`seqlock`] is how a sample gets across without locks, [`trust`]
//! decides whether a file may be believed, [`View`] is the reader's side and
//! `Writer` (feature `writer`) the daemon's.
//!
//! The region is an array of 64-bit words and is only ever touched as
//! [`AtomicU64`](std::sync::atomic::AtomicU64): no reference to plain memory
//! points into it.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!(
    "rstat runs on 64-bit little-endian Linux: std promises lock-free relaxed loads of 8 bytes \
     from read-only pages only there, and PROTOCOL.md is written in little-endian"
);

pub mod fields;
pub mod layout;
pub mod seqlock;
pub mod snapshot;
mod words;

pub use snapshot::Snapshot;

// The model checker brings its own atomics, which cannot lie in a mapped file.
#[cfg(not(loom))]
mod clock;
#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
mod interrupt;
#[cfg(not(loom))]
mod segment;
#[cfg(not(loom))]
mod sys;
#[cfg(not(loom))]
pub mod trust;
#[cfg(not(loom))]
mod view;
#[cfg(all(feature = "writer", not(loom)))]
mod writer;

#[cfg(not(loom))]
pub use clock::monotonic_ns;
#[cfg(not(loom))]
pub use error::Error;
#[cfg(not(loom))]
pub use interrupt::Interrupt;
#[cfg(not(loom))]
pub use view::{Unread, View};
#[cfg(all(feature = "writer", not(loom)))]
pub use writer::{WAKE_MOST, Writer};

/// Where the region is unless somebody says otherwise; `v1` is the layout's major version.
pub const DEFAULT_PATH: &str = "/dev/shm/rstat/v1";
/// The environment variable that says otherwise.
pub const PATH_VARIABLE: &str = "RSTAT_SHM";
