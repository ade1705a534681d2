//! The top lists of some processes, and the processes in one state.

use rstat_shm::snapshot::MAX_PROCESS_STATES;

use super::top::Top;
use crate::usage::Usage;

/// The processes in one state, blocked or zombie: the number of all, and the names of some.
#[derive(Clone, Copy, Debug, Default)]
pub struct StateList {
    /// The number of processes.
    pub count: u32,
    /// The rows of some processes.
    pub named: Top<Usage, MAX_PROCESS_STATES>,
}

impl StateList {
    pub(super) fn offer(&mut self, threads: u32, usage: &Usage) {
        if threads > 0 {
            self.count += 1;
            self.named.offer(threads.into(), usage);
        }
    }
}

/// The three orders of rows.
#[derive(Clone, Copy, Debug)]
pub struct Lists<const N: usize> {
    /// Most CPU time.
    pub cpu: Top<Usage, N>,
    /// Most resident memory.
    pub memory: Top<Usage, N>,
    /// Most bytes read and written.
    pub io: Top<Usage, N>,
}

impl<const N: usize> Default for Lists<N> {
    fn default() -> Self {
        Self { cpu: Top::default(), memory: Top::default(), io: Top::default() }
    }
}

impl<const N: usize> Lists<N> {
    pub(super) fn offer(&mut self, usage: &Usage) {
        self.cpu.offer(usage.busy_ns, usage);
        self.memory.offer(usage.rss_bytes, usage);
        self.io.offer(usage.read_bytes.saturating_add(usage.write_bytes), usage);
    }
}
