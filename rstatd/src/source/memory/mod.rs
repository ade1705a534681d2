//! Memory: of the machine, in compressed form, of ZFS, and of listed processes.

pub mod meminfo;
pub mod resident;
pub mod zfs_arc;
pub mod zram;
