//! Power of the CPU packages, the batteries, and the platform profile.

pub mod battery;
pub mod platform_profile;
pub mod rapl;
