//! Memory: of the machine, in swap space, in compressed form, of ZFS, and of listed processes.

pub mod meminfo;
pub mod resident;
pub mod swap;
pub mod zfs_arc;
pub mod zram;
