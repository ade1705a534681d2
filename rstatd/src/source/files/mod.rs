//! The tools of all sources: a root directory, files that stay open, counters.

pub mod counter;
pub mod devices;
pub mod directory;
pub mod hwmon;
pub mod root;
pub mod value;

pub use directory::Directory;
pub use root::Root;
pub use value::{ValueError, ValueFile};
