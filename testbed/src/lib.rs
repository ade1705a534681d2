//! What the daemon's figures are compared with: [`programs`] that use a known amount of a
//! resource, and [`truth`], the kernel's own figures of these programs.
//!
//! [`mod@bench`] measures and prints for benchmark programs, [`caches`] sweeps the CPU's caches
//! for them, [`allocations`] counts allocations, and [`checked_in`] compares generated files.
//! Tests, examples and benches use this crate, and no package contains it. The crate knows
//! neither the daemon nor its region.

pub mod allocations;
pub mod bench;
pub mod caches;
pub mod checked_in;
pub mod programs;
pub mod sys;
pub mod truth;
