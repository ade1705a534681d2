//! Graphics processors: the cards that there are, and a file for each driver.

mod amdgpu;
mod amdgpu_metrics;
pub mod cards;
mod driver;
mod generic;
mod i915;
mod intel;
mod nvidia;
mod nvml;
mod xe;
