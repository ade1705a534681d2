//! The content of bars: text, classes and a tooltip, or a few blocks.

pub mod action;
pub mod appearance;
pub(crate) mod live;
pub mod options;

pub(crate) mod blocks;
mod look;
mod tooltip;

pub use appearance::{Appearance, Module};
pub use look::{Detail, Lists, Look};
pub use options::ModuleOptions;
pub use rstat_options::OptionError;
