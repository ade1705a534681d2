//! The sources against recorded trees of machines, against trees that go wrong,
//! and against this machine.

mod failures;
mod machines;
mod proc_backend;
mod tree;
