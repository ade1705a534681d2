//! Where the numbers come from: one file a source, one entry in [`SOURCES`].
//!
//! A source is discovered once below a [`Root`], holds its files open and reads them with
//! `pread`. A missing source costs its own fields and nothing else. [`Sources`] reports a
//! failing source once and looks for it again, and looks for devices that come or go.
//! CPU time and processes are not in the table: the probe has them or, where there is no
//! probe, [`proc`].

pub mod cpu;
pub mod entries;
pub mod entry;
pub mod files;
pub mod gpu;
pub mod memory;
pub mod power;
pub mod probe;
pub mod proc;
pub mod storage;
pub mod system;
pub mod table;
pub mod text_source;

pub use cpu::online::OnlineCpus;
pub use entries::SOURCES;
pub use entry::{Draft, Entry, Source};
pub use files::{Root, ValueError, ValueFile};
pub use memory::resident::Resident;
pub use proc::ProcBackend;
pub use table::Sources;
