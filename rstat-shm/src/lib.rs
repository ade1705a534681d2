//! The region in `/dev/shm`: the daemon publishes to this file, and bars read from it.
//!
//! `PROTOCOL.md` beside this crate draws every byte; [`layout`] has the same as
//! constants. [`seqlock`] copies a sample across without locks, and [`trust`]
//! decides whether a file may be believed. [`View`] is the reader's side, `Writer`
//! (feature `writer`) the daemon's.
//!
//! The region is an array of 64-bit words. All code touches these words as
//! [`AtomicU64`](std::sync::atomic::AtomicU64) only: no reference to plain memory
//! points into the region.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!(
    "rstat runs on 64-bit little-endian Linux only: there std promises lock-free relaxed loads \
     of 8 bytes from read-only pages, and PROTOCOL.md describes little-endian words"
);

pub mod fields;
pub mod layout;
pub mod seqlock;
pub mod snapshot;
mod words;

pub use snapshot::Snapshot;
pub use words::Room;

// The model checker replaces the atomics by its own, and these cannot lie in a mapped file.
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
pub use view::{Times, Unread, View};
#[cfg(all(feature = "writer", not(loom)))]
pub use writer::{WAKE_MOST, Writer};

/// The region's path without [`PATH_VARIABLE`] or an option; `v1` is the layout's major version.
pub const DEFAULT_PATH: &str = "/dev/shm/rstat/v1";
/// The environment variable that replaces [`DEFAULT_PATH`].
pub const PATH_VARIABLE: &str = "RSTAT_SHM";
