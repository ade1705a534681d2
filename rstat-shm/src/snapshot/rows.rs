//! The rows of a list that are in use: as many as are wanted, of the kind that is wanted.
//!
//! Lists have a fixed size, and the first row that is not in use ends them.

use crate::snapshot::{Application, Process, ProcessState};

/// Whether kernel threads are wanted in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelThreads {
    /// They are left out, and those behind them move up.
    #[default]
    Hidden,
    /// They stand where their figures put them.
    Shown,
}

/// A row of one of the lists.
pub trait Row {
    /// Whether the row says something. The first row that says nothing ends its list.
    fn is_used(&self) -> bool;
    /// Whether the row is known to be a kernel thread.
    fn is_kernel_thread(&self) -> bool;
}

impl Row for Process {
    fn is_used(&self) -> bool {
        self.count > 0
    }

    fn is_kernel_thread(&self) -> bool {
        Self::is_kernel_thread(self)
    }
}

impl Row for Application {
    fn is_used(&self) -> bool {
        self.count > 0
    }

    fn is_kernel_thread(&self) -> bool {
        Self::is_kernel_thread(self)
    }
}

impl Row for ProcessState {
    fn is_used(&self) -> bool {
        self.pid > 0
    }

    fn is_kernel_thread(&self) -> bool {
        false
    }
}

/// The rows of a list up to its end, `most` at most.
///
/// ```
/// use rstat_shm::Snapshot;
/// use rstat_shm::snapshot::{KernelThreads, rows};
///
/// let sample = Snapshot::EMPTY;
/// assert_eq!(rows(&sample.top_cpu, KernelThreads::Hidden, 5).count(), 0);
/// ```
pub fn rows<R: Row>(
    list: &[R],
    kernel_threads: KernelThreads,
    most: usize,
) -> impl Iterator<Item = &R> {
    list.iter()
        .take_while(|row| row.is_used())
        .filter(move |row| kernel_threads == KernelThreads::Shown || !row.is_kernel_thread())
        .take(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{TOP_EACH, TOP_ROWS};

    #[test]
    fn a_list_is_shown_up_to_its_end_with_and_without_kernel_threads() {
        let mut list = [Process::default(); TOP_ROWS];
        let pids = |list: &[Process], kernel_threads, most| {
            rows(list, kernel_threads, most).map(|row| row.pid).collect::<Vec<_>>()
        };
        assert_eq!(pids(&list, KernelThreads::Shown, TOP_ROWS), [0; 0]);
        for (pid, row) in (1..).zip(&mut list[..7]) {
            let flags = if pid % 2 == 0 { Process::KERNEL_THREAD } else { 0 };
            *row = Process { pid, count: 1, flags, ..Process::default() };
        }
        assert_eq!(pids(&list, KernelThreads::Shown, TOP_ROWS), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(pids(&list, KernelThreads::Shown, TOP_EACH), [1, 2, 3, 4, 5]);
        assert_eq!(pids(&list, KernelThreads::Hidden, TOP_EACH), [1, 3, 5, 7]);
        assert_eq!(pids(&list, KernelThreads::Hidden, 2), [1, 3]);
    }

    #[test]
    fn every_kind_of_row_ends_its_list() {
        let state = [ProcessState { pid: 7, ..ProcessState::default() }, ProcessState::default()];
        assert_eq!(rows(&state, KernelThreads::Hidden, 8).count(), 1);
        let used = Application { count: 1, ..Application::default() };
        let kernel = Application { flags: Process::KERNEL_THREAD, ..used };
        let list = [kernel, used, Application::default(), used];
        assert_eq!(rows(&list, KernelThreads::Hidden, 5).count(), 1);
        assert_eq!(rows(&list, KernelThreads::Shown, 5).count(), 2);
    }
}
