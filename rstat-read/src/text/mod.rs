//! How text is written: columns, markup, colours, curves, JSON.

pub mod json;
pub mod paint;

pub(crate) mod advice;
pub(crate) mod columns;
pub(crate) mod markup;
pub(crate) mod sparkline;
pub(crate) mod well_formed;
