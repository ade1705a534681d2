//! The daemon from outside: its process, its exit code, its lines on stderr, and
//! what readers of its region see.
//!
//! Each test has the machine for itself, as far as the tests go; what is compared
//! with the kernel's own figures is measured over the same time as those.

mod applications;
mod bench;
#[path = "../cases/mod.rs"]
mod cases;
mod crowds;
mod exact;
mod json;
mod life;
mod memory;
mod names;
mod probe_files;
mod programs;
mod regions;
mod rows;
mod stage;
mod stderr;
mod sys;
mod truth;
mod unprivileged;
