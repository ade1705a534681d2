//! Power: of the CPU packages, of batteries, and what the machine is set to.

pub mod battery;
pub mod platform_profile;
pub mod rapl;
