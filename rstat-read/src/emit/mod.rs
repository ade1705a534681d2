//! From a report to text. All of this is pure: the same input gives the same
//! bytes, nothing is read, waited for or written.

pub mod dump;
pub mod json;
pub mod metric;
pub mod object;
pub mod template;
pub mod waybar;

mod advice;
mod consumer;
mod level;
mod markup;
mod quantity;
mod sparkline;
mod steady;
mod text;
mod tooltip;

pub use dump::dump;
pub use metric::Metric;
pub use object::object;
pub use template::Template;
pub use waybar::Waybar;
