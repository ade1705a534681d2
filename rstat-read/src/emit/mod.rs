//! From a report to text. All of this is pure: the same input gives the same
//! bytes, nothing is read, waited for or written.

pub mod dump;
pub mod environment;
pub mod history;
pub mod i3bar;
pub mod json;
pub mod metric;
pub mod module;
pub mod module_options;
pub mod object;
pub mod option;
pub mod paint;
pub mod polybar;
pub mod prometheus;
pub mod template;
pub mod waybar;

pub(crate) mod advice;
pub(crate) mod alarm;
mod blocks;
pub(crate) mod consumer;
mod format;
mod gauge;
pub(crate) mod level;
mod markup;
pub(crate) mod quantity;
mod sparkline;
mod steady;
pub(crate) mod text;
mod throttled;
mod tooltip;
mod well_formed;

pub use dump::dump;
pub use environment::Environment;
pub use history::history;
pub use i3bar::I3bar;
pub use level::{Level, Thresholds};
pub use metric::Metric;
pub use module::{Appearance, Module};
pub use module_options::Options;
pub use object::object;
pub use option::Wrong;
pub use polybar::Polybar;
pub use prometheus::Prometheus;
pub use template::Template;
pub use tooltip::{Detail, Lists, Look};
pub use waybar::Waybar;
