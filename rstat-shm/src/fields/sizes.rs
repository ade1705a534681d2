//! Sizes of lists and of texts, as constants in Rust and in C.

use crate::fields::names::is_same;

/// A size that a list or a text has, as a constant in Rust and in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The name of the constant.
    pub name: &'static str,
    /// Rows or bytes.
    pub value: usize,
    /// One line for people.
    pub help: &'static str,
}

/// All sizes.
#[rustfmt::skip]
pub const SIZES: &[Size] = &[
    Size { name: "TOP_ROWS", value: 10, help: "Rows in each of the top lists of processes: up to 5 of user space, up to 5 kernel threads." },
    Size { name: "TOP_APPLICATIONS", value: 5, help: "Rows in each of the top lists of applications." },
    Size { name: "MAX_PROCESS_STATES", value: 8, help: "Rows in the list of blocked processes, and in that of zombies." },
    Size { name: "MAX_GPUS", value: 8, help: "The most GPUs that have figures of their own." },
    Size { name: "MAX_FANS", value: 8, help: "The most fans that have figures of their own." },
    Size { name: "MAX_INTERFACES", value: 8, help: "The most network interfaces that have figures of their own." },
    Size { name: "MAX_FILE_SYSTEMS", value: 8, help: "The most file systems that have figures of their own." },
    Size { name: "MAX_CORES", value: 256, help: "The most CPUs that have figures of their own: those with the lowest numbers." },
    Size { name: "CORE_WORDS", value: 256 / 64, help: "Words of the bitmap that has a bit for each of these CPUs." },
    Size { name: "COMM_BYTES", value: 16, help: "Bytes of a process name, as the kernel cuts it (`TASK_COMM_LEN`)." },
    Size { name: "APPLICATION_BYTES", value: 32, help: "Bytes of an application's name." },
    Size { name: "INTERFACE_BYTES", value: 16, help: "Bytes of a network interface's name (`IFNAMSIZ`)." },
    Size { name: "MOUNT_POINT_BYTES", value: 64, help: "Bytes of a mount point." },
];

/// The size of a name; an unknown name is a compile error.
pub(super) const fn size(name: &str) -> &'static Size {
    let mut index = 0;
    while !is_same(SIZES[index].name, name) {
        index += 1;
    }
    &SIZES[index]
}
