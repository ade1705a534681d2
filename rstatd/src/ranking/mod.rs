//! Which processes and applications used most: the top lists, filled in one pass.
//!
//! Nothing is allocated and nothing divided: a source offers each process with its usage, and the
//! lists keep the few that used most.

mod gone;
mod lists;
mod top;

pub use lists::{Lists, StateList};
pub use top::Top;

use gone::Gone;
use rstat_shm::snapshot::{TOP_APPLICATIONS, TOP_EACH};

use crate::application::{self, ApplicationId};
use crate::usage::{IdleProcess, Usage, UsageSink};

/// The top lists of one interval, and the sums over all processes.
#[derive(Debug)]
pub struct Ranking {
    /// Processes of user space.
    pub user: Lists<TOP_EACH>,
    /// Kernel threads.
    pub kernel: Lists<TOP_EACH>,
    /// Bytes that all processes read.
    pub read_bytes: u64,
    /// Bytes that all processes wrote.
    pub write_bytes: u64,
    /// Processes with blocked threads, those with most first.
    pub blocked: StateList,
    /// Zombies.
    pub zombies: StateList,
    gone: Gone,
    /// The sums of applications, up to the last one that used something. There is room for all:
    /// memory that is not touched costs nothing.
    applications: Vec<Usage>,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            user: Lists::default(),
            kernel: Lists::default(),
            read_bytes: 0,
            write_bytes: 0,
            blocked: StateList::default(),
            zombies: StateList::default(),
            gone: Gone::default(),
            applications: Vec::with_capacity(application::CAPACITY),
        }
    }
}

impl Ranking {
    /// Starts an interval.
    pub fn clear(&mut self) {
        self.user = Lists::default();
        self.kernel = Lists::default();
        (self.read_bytes, self.write_bytes) = (0, 0);
        self.blocked = StateList::default();
        self.zombies = StateList::default();
        self.gone.clear();
        self.applications.clear();
    }

    /// Adds one process, or all processes of one name that are gone.
    pub fn offer(&mut self, usage: &Usage) {
        self.read_bytes = self.read_bytes.wrapping_add(usage.read_bytes);
        self.write_bytes = self.write_bytes.wrapping_add(usage.write_bytes);
        self.blocked.offer(usage.blocked_threads, usage);
        self.zombies.offer(u32::from(usage.zombie), usage);
        self.application(usage.application).absorb(usage);
        // Processes that are gone have a row for each name, which is complete only at the end of
        // the interval.
        if usage.pid != 0 || !self.gone.add(usage) {
            list(&mut self.user, &mut self.kernel, usage);
        }
    }

    /// Ends an interval: no process is offered any more.
    pub fn finish(&mut self) {
        for usage in self.gone.rows() {
            list(&mut self.user, &mut self.kernel, usage);
        }
    }

    /// Corrects the memory of the listed processes of user space, and so their order. Calls
    /// `resident_bytes` once for each, with whether the process is among those with most memory;
    /// `None` keeps the figure. The other processes keep their figures, so the last row may have
    /// less than an unlisted process, until the next interval.
    pub fn correct_memory(&mut self, mut resident_bytes: impl FnMut(&Usage, bool) -> Option<u64>) {
        let Lists { cpu, memory, io } = &mut self.user;
        let mut listed = [Usage::default(); 3 * TOP_EACH];
        let mut count = 0;
        for (_, row) in memory.rows().chain(cpu.rows()).chain(io.rows()) {
            if row.pid != 0 && listed[..count].iter().all(|other| other.pid != row.pid) {
                listed[count] = *row;
                count += 1;
            }
        }
        let listed = &mut listed[..count];
        let with_most = memory.rows().count();
        *memory = Top::default();
        for (place, row) in listed.iter_mut().enumerate() {
            if let Some(bytes) = resident_bytes(row, place < with_most) {
                let sum = &mut self.applications[row.application.index()].rss_bytes;
                *sum = sum.saturating_sub(row.rss_bytes).saturating_add(bytes);
                row.rss_bytes = bytes;
            }
            memory.offer(row.rss_bytes, row);
        }
        for row in cpu.rows_mut().iter_mut().chain(io.rows_mut()) {
            if let Some(known) = listed.iter().find(|known| known.pid == row.pid) {
                row.rss_bytes = known.rss_bytes;
            }
        }
    }

    /// The applications that used most CPU time, memory and I/O. Call this once an interval: it
    /// looks at all applications.
    pub fn applications(&self) -> Lists<TOP_APPLICATIONS> {
        let mut lists = Lists::default();
        for usage in &self.applications {
            lists.offer(usage);
        }
        lists
    }

    /// Processes of an application, also the ones that ended in the interval.
    pub fn processes_of(&self, application: ApplicationId) -> u32 {
        self.applications.get(application.index()).map_or(0, |sum| sum.count)
    }

    /// The sum over an application.
    fn application(&mut self, application: ApplicationId) -> &mut Usage {
        let index = application.index();
        if index >= self.applications.len() {
            self.applications.resize(index + 1, Usage::default());
        }
        let sum = &mut self.applications[index];
        (sum.application, sum.kernel_thread) = (application, application.is_kernel_thread());
        sum
    }
}

impl UsageSink for Ranking {
    fn add(&mut self, usage: &Usage) {
        self.offer(usage);
    }

    /// Enough for a process with too little memory to be listed for it.
    fn add_idle(&mut self, idle: IdleProcess) -> bool {
        if self.user.memory.would_take(idle.rss_bytes) {
            return false;
        }
        let sum = self.application(idle.application);
        sum.count += 1;
        sum.rss_bytes = sum.rss_bytes.saturating_add(idle.rss_bytes);
        true
    }
}

/// Offers a process to the lists of its kind.
fn list(user: &mut Lists<TOP_EACH>, kernel: &mut Lists<TOP_EACH>, usage: &Usage) {
    let lists = if usage.kernel_thread { kernel } else { user };
    lists.offer(usage);
}

#[cfg(test)]
mod tests {
    use rstat_shm::snapshot::Text;

    use super::gone::GONE_NAMES;
    use super::*;

    fn usage(pid: u32, busy_ns: u64) -> Usage {
        Usage { pid, count: 1, busy_ns, ..Usage::default() }
    }

    #[test]
    fn the_highest_come_first_whatever_the_order_of_offers() {
        let check = |offers: &[u64], expected: &[u64]| {
            let mut ranking = Ranking::default();
            for (pid, busy_ns) in offers.iter().enumerate() {
                ranking.offer(&usage(pid as u32 + 1, *busy_ns));
            }
            let found: Vec<u64> = ranking.user.cpu.rows().map(|(value, _)| value).collect();
            assert_eq!(found, expected, "{offers:?}");
        };
        check(&[], &[]);
        check(&[0, 0], &[]);
        check(&[3], &[3]);
        check(&[1, 2, 3, 4, 5, 6, 7], &[7, 6, 5, 4, 3]);
        check(&[7, 6, 5, 4, 3, 2, 1], &[7, 6, 5, 4, 3]);
        check(&[2, 9, 2, 9, 2, 0, 9, 5], &[9, 9, 9, 5, 2]);
        check(&[u64::MAX, 0, 1], &[u64::MAX, 1]);
    }

    #[test]
    fn of_equals_the_first_offered_stays_first() {
        let mut ranking = Ranking::default();
        for pid in 1..11 {
            ranking.offer(&usage(pid, 5));
        }
        let found: Vec<u32> = ranking.user.cpu.rows().map(|(_, row)| row.pid).collect();
        assert_eq!(found, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn the_lists_are_independent_and_the_sums_count_everybody() {
        let mut ranking = Ranking::default();
        ranking.offer(&Usage { pid: 1, rss_bytes: 10, write_bytes: 1, ..Usage::default() });
        ranking.offer(&Usage { pid: 2, busy_ns: 10, read_bytes: 3, ..Usage::default() });
        let pids =
            |top: &Top<Usage, TOP_EACH>| top.rows().map(|(_, row)| row.pid).collect::<Vec<_>>();
        assert_eq!(pids(&ranking.user.cpu), [2]);
        assert_eq!(pids(&ranking.user.memory), [1]);
        assert_eq!(pids(&ranking.user.io), [2, 1]);
        assert_eq!((ranking.read_bytes, ranking.write_bytes), (3, 1));
    }

    #[test]
    fn who_is_asleep_counts_for_its_application_and_is_listed_in_full() {
        let mut ranking = Ranking::default();
        let idle = |rss_bytes| IdleProcess { rss_bytes, ..IdleProcess::default() };
        assert!(!ranking.add_idle(idle(1)), "there is room in the list");
        for pid in 1..=5 {
            ranking.add(&Usage { rss_bytes: 100, ..usage(pid, 0) });
        }
        assert!(!ranking.add_idle(idle(101)), "it has more than one of those listed");
        assert!(ranking.add_idle(idle(100)));
        let sum = ranking.applications().memory.rows().next().unwrap().1.to_owned();
        assert_eq!((sum.count, sum.rss_bytes), (6, 600));
    }

    #[test]
    fn memory_that_is_set_right_is_so_in_every_list_sum_and_order() {
        let mut ranking = Ranking::default();
        for pid in 1..=8 {
            // The first ones have most memory, the last one used most time.
            let kernel_thread = pid == 2;
            let rss_bytes = 1000 - 100 * u64::from(pid);
            ranking.offer(&Usage { kernel_thread, rss_bytes, ..usage(pid, pid.into()) });
        }
        let mut asked = Vec::new();
        ranking.correct_memory(|usage, _| {
            asked.push(usage.pid);
            match usage.pid {
                1 => Some(0),
                3 => Some(550),
                8 => Some(5000),
                _ => None,
            }
        });
        asked.sort_unstable();
        assert_eq!(asked, [1, 3, 4, 5, 6, 7, 8], "each of user space, and once");
        let rows = |top: &Top<Usage, TOP_EACH>| -> Vec<_> {
            top.rows().map(|(_, row)| (row.pid, row.rss_bytes)).collect()
        };
        let memory = [(8, 5000), (4, 600), (3, 550), (5, 500), (6, 400)];
        assert_eq!(rows(&ranking.user.memory), memory);
        assert!(ranking.user.memory.rows().all(|(value, row)| value == row.rss_bytes));
        assert_eq!(rows(&ranking.user.cpu), [(8, 5000), (7, 300), (6, 400), (5, 500), (4, 600)]);
        assert_eq!(rows(&ranking.kernel.memory), [(2, 800)]);
        let sum = ranking.applications().memory.rows().next().unwrap().0;
        assert_eq!(sum, 800 + 5000 + 600 + 550 + 500 + 400 + 300);
    }

    #[test]
    fn memory_that_was_taken_from_those_listed_makes_room_for_others_soon() {
        const COUNTED: [u64; 7] = [700, 600, 500, 400, 300, 200, 100];
        const HELD: [u64; 7] = [10, 10, 10, 10, 10, 10, 100];
        // As in a source: the exact figure stays until the count moves.
        let mut known = COUNTED;
        let mut ranking = Ranking::default();
        let mut first = |known: &mut [u64; 7]| {
            ranking.clear();
            for (rss_bytes, pid) in known.iter().zip(1..) {
                ranking.offer(&Usage { rss_bytes: *rss_bytes, ..usage(pid, 0) });
            }
            ranking.correct_memory(|usage, _| {
                let index = usage.pid as usize - 1;
                known[index] = HELD[index];
                Some(HELD[index])
            });
            ranking.user.memory.rows().next().map(|(bytes, row)| (row.pid, bytes))
        };
        assert_eq!(first(&mut known), Some((1, 10)));
        assert_eq!(first(&mut known), Some((7, 100)));
        assert_eq!(known, HELD);
    }

    #[test]
    fn busy_kernel_threads_do_not_push_programs_out() {
        let mut ranking = Ranking::default();
        for pid in 1..=20 {
            ranking.offer(&Usage { kernel_thread: pid > 5, ..usage(pid, pid.into()) });
        }
        assert_eq!(ranking.user.cpu.rows().count(), 5);
        assert_eq!(ranking.kernel.cpu.rows().count(), 5);
    }

    #[test]
    fn processes_that_are_gone_are_a_row_for_each_name() {
        let mut ranking = Ranking::default();
        let named = |number: u64| {
            let mut usage = usage(0, 2);
            usage.comm.0[..8].copy_from_slice(&(number + 1).to_le_bytes());
            usage
        };
        for _ in 0..100 {
            ranking.offer(&named(0));
            ranking.offer(&named(1));
        }
        assert_eq!(ranking.user.cpu.rows().count(), 0, "before the end");
        ranking.finish();
        let rows: Vec<_> = ranking.user.cpu.rows().map(|(ns, row)| (ns, row.count)).collect();
        assert_eq!(rows, [(200, 100), (200, 100)]);
        // More names than there is room for cost the row, not the time.
        ranking.clear();
        for number in 0..2 * GONE_NAMES as u64 {
            ranking.offer(&named(number));
        }
        ranking.finish();
        assert_eq!(ranking.user.cpu.rows().count(), TOP_EACH);
        assert_eq!(ranking.applications().cpu.rows().next().unwrap().0, 4 * GONE_NAMES as u64);
    }

    #[test]
    fn programs_and_kernel_threads_of_one_name_are_two_rows() {
        let mut applications = application::Applications::default();
        let mut ranking = Ranking::default();
        for (pid, kernel_thread) in [(0, true), (0, false), (1, true), (2, false), (3, true)] {
            let application =
                applications.of_process(Text(*b"kworker\0\0\0\0\0\0\0\0\0"), kernel_thread);
            ranking.offer(&Usage { kernel_thread, application, ..usage(pid, 10) });
        }
        ranking.finish();
        let applications = ranking.applications();
        let rows: Vec<_> =
            applications.cpu.rows().map(|(_, row)| (row.kernel_thread, row.count)).collect();
        assert_eq!(rows, [(true, 3), (false, 2)]);
        let gone = |lists: &Lists<TOP_EACH>| {
            lists.cpu.rows().filter(|(_, row)| row.pid == 0).map(|(_, row)| row.count).sum::<u32>()
        };
        assert_eq!((gone(&ranking.user), gone(&ranking.kernel)), (1, 1));
    }

    #[test]
    fn an_application_is_the_sum_of_its_processes() {
        let mut applications = application::Applications::default();
        let browser = applications.of_process(rstat_shm::snapshot::Comm::default(), false);
        let mut ranking = Ranking::default();
        for pid in 0..40 {
            ranking.offer(&Usage { application: browser, rss_bytes: 10, ..usage(pid, 3) });
        }
        let lists = ranking.applications();
        let (busy_ns, row) = lists.cpu.rows().next().unwrap();
        assert_eq!((busy_ns, row.count, row.rss_bytes), (120, 40, 400));
        ranking.clear();
        assert_eq!(ranking.applications().cpu.rows().count(), 0);
    }
}
