//! What processes used between two ticks, as their source hands it out: already as
//! differences, since the processes are too many to keep twice.

use rstat_shm::snapshot::Comm;

use crate::application::ApplicationId;

/// What one process, or all short-lived processes of one name, used since the
/// last tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Process id; 0 for processes that are gone: they are ranked as one for each name.
    pub pid: u32,
    /// Where its source remembers it; means nothing for processes that are gone.
    pub place: u32,
    /// Processes that this stands for.
    pub count: u32,
    /// Whether it is a kernel thread.
    pub kernel_thread: bool,
    /// Name of the first thread.
    pub comm: Comm,
    /// The application it belongs to.
    pub application: ApplicationId,
    /// CPU time of all threads since the last tick.
    pub busy_ns: u64,
    /// Resident memory now.
    pub rss_bytes: u64,
    /// That is what `statm` said, and the counters have not moved since.
    pub rss_confirmed: bool,
    /// Bytes it made storage deliver since the last tick.
    pub read_bytes: u64,
    /// Bytes it made dirty for storage since the last tick.
    pub write_bytes: u64,
    /// Threads in uninterruptible sleep.
    pub blocked_threads: u32,
    /// It ended, and its parent has not asked for its status.
    pub zombie: bool,
}

impl Usage {
    /// Adds what another process used, and how many it stands for.
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
    /// Adds one process, or all of one name that are gone.
    fn add(&mut self, usage: &Usage);

    /// Adds a process that did nothing since the last tick. Returns false, and adds
    /// nothing, when that record is too short: the source then adds the complete one.
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

/// How many processes a tick found, and what is known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// All that exist, zombies included.
    pub processes: Option<u32>,
    /// Processes that exist and are in no list.
    pub unlisted: Option<u32>,
    /// Whether the bytes that processes read and write are known.
    pub has_io: bool,
    /// The time since the processes were read before; 0: they were not.
    pub elapsed_ns: u64,
    /// CPUs online at the beginning of that time or its end, whichever is more; 0: unknown.
    pub cpus: u32,
}
