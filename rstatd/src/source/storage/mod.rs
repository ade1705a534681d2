//! Storage: what disks deliver and take.

pub mod disk;
