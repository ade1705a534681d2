//! bpf(2): [`maps`] and [`programs`] have a function for each command that the loader gives.
//!
//! Arguments are slices and numbers, descriptors become `OwnedFd` where the kernel returns
//! them, errors are an [`Errno`] without a guess at their reason. The attribute structs are
//! the beginnings of the members of `union bpf_attr` in the kernel's include/uapi/linux/bpf.h.
//! A newer kernel takes the missing rest as zero; an older kernel refuses a rest that it does
//! not know, unless it is zero.

mod call;
mod maps;
mod programs;

pub use call::Errno;
pub(super) use call::charged;
pub use maps::Number;
pub(super) use maps::{Batch, MapHandle};
pub(super) use programs::{
    ProgramAttributes, create_iterator, enable_statistics, link_iterator, load_program,
    open_raw_tracepoint, run_time,
};
