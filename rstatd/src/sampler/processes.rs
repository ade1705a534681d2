//! What the processes used: counts, sums and top lists.

use rstat_shm::snapshot::{
    Application, MAX_STUCK, Process, Snapshot, Stuck, TOP_APPLICATIONS, TOP_EACH, TOP_ROWS, valid,
};

use super::{Abilities, WHOLE_PPM, per_second, scale};
use crate::application::Applications;
use crate::ranking::{self, Ranking, Top};
use crate::reading::{Reading, Usage};

/// Over what the figures of processes are.
#[derive(Clone, Copy)]
pub struct Interval {
    /// Its length; 0: there was no reading before.
    pub elapsed_ns: u64,
    /// CPUs online at its beginning or its end, whichever is more; 0: unknown.
    pub cpus: u32,
}

/// Fills in the processes' part of a snapshot.
pub fn fill(
    now: &Reading,
    ranking: &Ranking,
    names: &Applications,
    abilities: Abilities,
    interval: Interval,
    into: &mut Snapshot,
) {
    if let Some(processes) = now.processes {
        into.valid |= valid::PROCESSES;
        into.processes = processes;
    }
    if let Some(unlisted) = now.unlisted {
        into.valid |= valid::UNLISTED;
        into.processes_unlisted = unlisted;
    }
    let listed = now.processes.is_some();
    into.valid |= if listed { valid::STUCK } else { 0 };
    into.processes_blocked = ranking.blocked.count;
    into.processes_zombie = ranking.zombies.count;
    into.blocked = stuck(&ranking.blocked);
    into.zombies = stuck(&ranking.zombies);
    let Interval { elapsed_ns, .. } = interval;
    let has_rates = listed && elapsed_ns > 0;
    let has_io = has_rates && abilities.io;
    into.valid |= if has_rates { valid::PROCESS_CPU } else { 0 };
    into.valid |= if has_io { valid::PROCESS_IO } else { 0 };
    into.valid |= if listed { valid::APPLICATIONS } else { 0 };
    into.io_read_bytes_per_s = per_second(ranking.read_bytes, elapsed_ns);
    into.io_write_bytes_per_s = per_second(ranking.write_bytes, elapsed_ns);

    let Ranking { user, kernel, .. } = ranking;
    let rows =
        |is_known, user, kernel| if is_known { merge(user, kernel, interval) } else { NO_ROWS };
    into.top_cpu = rows(has_rates, &user.cpu, &kernel.cpu);
    into.top_memory = rows(listed, &user.memory, &kernel.memory);
    into.top_io = rows(has_io, &user.io, &kernel.io);

    let lists = ranking.applications();
    let rows = |is_known, top| {
        if is_known { application_rows(top, names, interval) } else { Default::default() }
    };
    into.top_cpu_applications = rows(has_rates, &lists.cpu);
    into.top_memory_applications = rows(listed, &lists.memory);
    into.top_io_applications = rows(has_io, &lists.io);
}

type Processes = Top<Usage, TOP_EACH>;
type ApplicationRows = [Application; TOP_APPLICATIONS];

const NO_ROWS: [Process; TOP_ROWS] = [Process::EMPTY; TOP_ROWS];

/// Two lists, each in order, as one in order.
fn merge(user: &Processes, kernel: &Processes, interval: Interval) -> [Process; TOP_ROWS] {
    let mut rows = NO_ROWS;
    let (mut user, mut kernel) = (user.rows().peekable(), kernel.rows().peekable());
    for row in &mut rows {
        let value = |next: Option<&(u64, &Usage)>| next.map(|(value, _)| *value);
        let next =
            if value(user.peek()) >= value(kernel.peek()) { user.next() } else { kernel.next() };
        let Some((_, usage)) = next else { break };
        *row = process(usage, interval);
    }
    rows
}

fn process(usage: &Usage, interval: Interval) -> Process {
    Process {
        pid: usage.pid,
        count: usage.count.max(1),
        flags: flags(usage),
        cpu_ppm: cpu_ppm(usage, interval),
        rss_bytes: usage.rss_bytes,
        read_bytes_per_s: per_second(usage.read_bytes, interval.elapsed_ns),
        write_bytes_per_s: per_second(usage.write_bytes, interval.elapsed_ns),
        comm: usage.comm,
    }
}

fn application_rows(
    top: &Top<Usage, TOP_APPLICATIONS>,
    names: &Applications,
    interval: Interval,
) -> ApplicationRows {
    let mut rows = ApplicationRows::default();
    for (row, (_, usage)) in rows.iter_mut().zip(top.rows()) {
        *row = Application {
            count: usage.count.max(1),
            flags: flags(usage),
            cpu_ppm: cpu_ppm(usage, interval),
            reserved: 0,
            rss_bytes: usage.rss_bytes,
            read_bytes_per_s: per_second(usage.read_bytes, interval.elapsed_ns),
            write_bytes_per_s: per_second(usage.write_bytes, interval.elapsed_ns),
            name: names.name(usage.application),
        };
    }
    rows
}

fn stuck(processes: &ranking::Stuck) -> [Stuck; MAX_STUCK] {
    let mut rows = [Stuck::default(); MAX_STUCK];
    for (row, (_, usage)) in rows.iter_mut().zip(processes.named.rows()) {
        *row = Stuck { pid: usage.pid, threads: usage.blocked_threads, comm: usage.comm };
    }
    rows
}

fn flags(usage: &Usage) -> u32 {
    if usage.kernel_thread { Process::KERNEL_THREAD } else { 0 }
}

/// Not more than all CPUs, whatever a source says.
fn cpu_ppm(usage: &Usage, interval: Interval) -> u32 {
    let all = u64::from(interval.cpus).saturating_mul(WHOLE_PPM);
    let most = if interval.cpus == 0 { u64::from(u32::MAX) } else { all.min(u32::MAX.into()) };
    scale(usage.busy_ns, WHOLE_PPM, interval.elapsed_ns).min(most) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_within_the_cpus_that_there_are() {
        let check = |busy_ns, cpus, expected| {
            let usage = Usage { busy_ns, ..Usage::default() };
            let interval = Interval { elapsed_ns: 1_000_000_000, cpus };
            assert_eq!(cpu_ppm(&usage, interval), expected, "{busy_ns} on {cpus}");
        };
        check(1_500_000_000, 2, 1_500_000);
        check(1_190_000_000, 1, 1_000_000);
        check(1_190_000_000, 0, 1_190_000);
        check(u64::MAX, 8_192, u32::MAX);
    }
}
