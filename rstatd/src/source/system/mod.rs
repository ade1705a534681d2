//! The machine as a whole: load, pressure, fans.

pub mod fan;
pub mod load;
pub mod pressure;
