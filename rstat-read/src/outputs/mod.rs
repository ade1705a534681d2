//! From a report to what is printed: one file for each output. All of this is
//! pure: the same input gives the same bytes; no file is read or written.

pub mod dump;
pub mod env;
pub mod history;
pub mod i3bar;
pub mod json;
pub mod polybar;
pub mod prometheus;
pub mod waybar;

pub use dump::dump;
pub use env::Environment;
pub use history::history;
pub use i3bar::I3bar;
pub use json::object;
pub use polybar::Polybar;
pub use prometheus::Prometheus;
pub use waybar::Waybar;
