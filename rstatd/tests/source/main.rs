//! The sources against recorded trees of machines, against trees that go wrong,
//! and against this machine.

mod counters;
mod daemon;
mod devices;
mod failures;
mod gpus;
mod halves;
mod machines;
mod proc_backend;
mod record;
mod this_machine;
mod tree;
