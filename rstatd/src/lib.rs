//! The daemon: loads the probe, samples the machine, publishes to shared memory.
//!
//! Read in the order of the data: [`loader`] puts the probe into the kernel, [`source`] reads the
//! probe and the machine's files into a sample, [`ranking`] keeps the processes that used most, and
//! [`sampler`] adds figures that no source knows alone. [`monitor`] does all this at one tick, and
//! [`daemon`] publishes a tick each interval. [`bench`] shows the cost of a sample, [`check`] the
//! origin of each figure.

pub mod application;
pub mod backend;
pub mod bench;
mod bitmap;
pub mod check;
pub mod daemon;
pub mod loader;
pub mod monitor;
mod name_index;
pub mod options;
pub mod ranking;
pub mod rate;
pub mod record;
pub mod sampler;
pub mod source;
pub mod suspend;
mod sys;
pub mod usage;
