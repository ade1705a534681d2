//! What processes used between two ticks. A source hands out differences, as two copies of all
//! processes would be too many.

use rstat_shm::snapshot::Comm;

use crate::application::ApplicationId;

/// What one process, or all short-lived processes of one name, used since the
/// last tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The process id; 0 for processes that are gone, which are one row for each name.
    pub pid: u32,
    /// The place at which the source remembers the process; means nothing for processes that are
    /// gone.
    pub place: u32,
    /// The number of processes.
    pub count: u32,
    /// Whether the process is a kernel thread.
    pub kernel_thread: bool,
    /// The name of the first thread.
    pub comm: Comm,
    /// The application it belongs to.
    pub application: ApplicationId,
    /// CPU time of all threads since the last tick.
    pub busy_ns: u64,
    /// Resident memory now.
    pub rss_bytes: u64,
    /// Whether `rss_bytes` is the figure of `statm`, since which the counters have not moved.
    pub rss_confirmed: bool,
    /// Bytes fetched from storage since the last tick.
    pub read_bytes: u64,
    /// Bytes made dirty for storage since the last tick.
    pub write_bytes: u64,
    /// Threads in uninterruptible sleep.
    pub blocked_threads: u32,
    /// Whether the process has ended, and its parent has not waited for it.
    pub zombie: bool,
}

impl Usage {
    /// Adds the usage and the number of another record.
    pub fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.busy_ns = self.busy_ns.saturating_add(other.busy_ns);
        self.rss_bytes = self.rss_bytes.saturating_add(other.rss_bytes);
        self.read_bytes = self.read_bytes.saturating_add(other.read_bytes);
        self.write_bytes = self.write_bytes.saturating_add(other.write_bytes);
    }
}

/// Collects what processes used.
pub trait UsageSink {
    /// Adds one process, or all processes of one name that are gone.
    fn add(&mut self, usage: &Usage);

    /// Adds a process that did nothing since the last tick. Returns false, and adds nothing, when
    /// the sink needs the complete record, which the source then adds.
    fn add_idle(&mut self, idle: IdleProcess) -> bool;
}

/// A closure receives complete records only.
impl<F: FnMut(&Usage)> UsageSink for F {
    fn add(&mut self, usage: &Usage) {
        self(usage);
    }

    fn add_idle(&mut self, _: IdleProcess) -> bool {
        false
    }
}

/// The short record of a process that did nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdleProcess {
    /// Resident memory.
    pub rss_bytes: u64,
    /// The application it belongs to.
    pub application: ApplicationId,
}

/// The numbers of processes that a tick found, and which figures are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// All processes that exist, zombies included.
    pub processes: Option<u32>,
    /// Processes that exist and are in no list.
    pub unlisted: Option<u32>,
    /// Whether the bytes that processes read and write are known.
    pub has_io: bool,
    /// The time since the last reading of the processes; 0 if there was none.
    pub elapsed_ns: u64,
    /// CPUs online at the beginning or the end of that time, whichever is more; 0: unknown.
    pub cpus: u32,
}
