//! What the daemon's figures are held against: [`programs`] that use a known amount of
//! something, and the [`truth`], which is what the kernel says of them.
//!
//! [`bench`] is how benchmark programs measure and print, [`caches`] what they find;
//! [`allocations`] counts. Tests, examples and benches use it; nobody installs it. Nothing
//! here knows the daemon or its region.

pub mod allocations;
pub mod bench;
pub mod caches;
pub mod programs;
pub mod sys;
pub mod truth;
