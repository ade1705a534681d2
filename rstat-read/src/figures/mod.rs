//! Figures of a report: their names, their units, and whether they are as usual.

pub mod catalogue;
pub mod figure;
pub mod metric;
pub mod name;
pub mod template;

pub(crate) mod consumer;
pub(crate) mod gauge;
pub(crate) mod hysteresis;
pub(crate) mod level;
pub(crate) mod levels;
pub(crate) mod quantity;
pub(crate) mod throttled;

pub use level::Level;
pub use levels::Thresholds;
pub use metric::Metric;
pub use template::Template;
