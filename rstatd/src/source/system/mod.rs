//! The machine as a whole: load, pressure, fans, uptime.

pub mod fan;
pub mod load;
pub mod pressure;
pub mod uptime;
