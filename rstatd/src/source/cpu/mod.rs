//! The processor: which CPUs are online, how fast, how hot and how throttled they are.

pub mod frequency;
pub mod online;
pub mod shares;
pub mod temperature;
pub mod throttle;
