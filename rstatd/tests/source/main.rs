//! Tests of the sources: with recorded trees of machines, with faulty trees, and on this machine.

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
