//! What a bar shows of a report: text, classes, a tooltip; or a few blocks.

pub mod appearance;
pub mod options;

pub(crate) mod blocks;
mod format;
mod tooltip;

pub use appearance::{Appearance, Module};
pub use options::Options;
pub use tooltip::{Detail, Lists, Look};
