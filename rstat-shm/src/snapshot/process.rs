//! What a sample says of processes, alone and together: the rows of its lists.

use crate::snapshot::{ApplicationName, COMM_BYTES, Comm, Text};

/// One row of a top list: a process, or all short-lived processes of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Process {
    /// Process id; 0 when the row stands for processes that are gone.
    pub pid: u32,
    /// Processes in this row; 0 marks the end of the list.
    pub count: u32,
    /// [`Process::KERNEL_THREAD`].
    pub flags: u32,
    /// CPU time over the interval, in ppm of one CPU: eight busy threads are 8,000,000.
    pub cpu_ppm: u32,
    /// Resident memory: file-backed, anonymous and shared pages.
    pub rss_bytes: u64,
    /// Bytes it made storage deliver, as `read_bytes` of `/proc/PID/io`.
    pub read_bytes_per_s: u64,
    /// Bytes it made dirty for storage, as `write_bytes` of `/proc/PID/io`.
    pub write_bytes_per_s: u64,
    /// The name of its first thread, padded with zeros; any bytes but `/proc`'s own are possible.
    pub comm: Comm,
}

impl Process {
    /// The end of a list.
    pub const EMPTY: Self = Self {
        pid: 0,
        count: 0,
        flags: 0,
        cpu_ppm: 0,
        rss_bytes: 0,
        read_bytes_per_s: 0,
        write_bytes_per_s: 0,
        comm: Text([0; COMM_BYTES]),
    };
    /// Bit of [`Process::flags`]: a kernel thread.
    pub const KERNEL_THREAD: u32 = 1;

    /// Whether the row is a kernel thread.
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & Self::KERNEL_THREAD != 0
    }
}

/// One row of a top list of applications: all processes of a systemd scope or
/// service, or of one name where there is none. Programs and kernel threads of one name are
/// two rows; what finds no room among the names that are told apart is called `(others)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Application {
    /// Processes in this row, those that came and went in the interval included;
    /// 0 marks the end of the list.
    pub count: u32,
    /// [`Process::KERNEL_THREAD`].
    pub flags: u32,
    /// CPU time over the interval, in ppm of one CPU.
    pub cpu_ppm: u32,
    /// Always 0.
    pub reserved: u32,
    /// Resident memory of all its processes; pages they share count once for each.
    pub rss_bytes: u64,
    /// Bytes it made storage deliver.
    pub read_bytes_per_s: u64,
    /// Bytes it made dirty for storage.
    pub write_bytes_per_s: u64,
    /// The unit's name without what systemd adds, or the processes' name.
    pub name: ApplicationName,
}

impl Application {
    /// Whether the row is kernel threads.
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & Process::KERNEL_THREAD != 0
    }
}

/// A process that does not run although it should: blocked, or a zombie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Stuck {
    /// Process id; 0 marks the end of the list.
    pub pid: u32,
    /// Its threads that are blocked; 0 for a zombie.
    pub threads: u32,
    /// Its name.
    pub comm: Comm,
}
