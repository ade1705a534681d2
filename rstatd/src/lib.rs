//! The daemon: loads the probe, samples the machine, publishes to shared memory.
//!
//! Read in the order of the data: [`loader`] puts the probe into the kernel,
//! [`source`] reads it and the machine's files into a sample, [`ranking`] keeps the
//! processes that used most, [`sampler`] adds what no source knows alone, [`monitor`] is
//! all of that at one tick, and [`daemon`] publishes a tick each interval. [`bench`] and [`check`] explain what it costs and where
//! it comes from.

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
