//! The usage of processes: counts, sums and top lists.

use rstat_shm::snapshot::{
    Application, MAX_PROCESS_STATES, Process, ProcessState, Snapshot, TOP_APPLICATIONS, TOP_EACH,
    TOP_ROWS, valid,
};

use crate::application::Applications;
use crate::ranking::{self, Ranking, Top};
use crate::rate::{WHOLE_PPM, per_second, scale};
use crate::usage::{Census, Usage};

/// Fills in the processes' part of a sample; returns the groups that are known.
pub fn fill(census: Census, ranking: &Ranking, names: &Applications, sample: &mut Snapshot) -> u64 {
    let is_listed = census.processes.is_some();
    let has_rates = is_listed && census.elapsed_ns > 0;
    let has_io = has_rates && census.has_io;
    let groups = [
        (is_listed, valid::PROCESSES | valid::PROCESS_STATES | valid::APPLICATIONS),
        (census.unlisted.is_some(), valid::UNLISTED),
        (has_rates, valid::PROCESS_CPU),
        (has_io, valid::PROCESS_IO),
    ];
    sample.processes = census.processes.unwrap_or(0);
    sample.processes_unlisted = census.unlisted.unwrap_or(0);
    sample.processes_blocked = ranking.blocked.count;
    sample.processes_zombie = ranking.zombies.count;
    sample.blocked = states(&ranking.blocked);
    sample.zombies = states(&ranking.zombies);
    sample.io_read_bytes_per_s = per_second(ranking.read_bytes, census.elapsed_ns);
    sample.io_write_bytes_per_s = per_second(ranking.write_bytes, census.elapsed_ns);

    let Ranking { user, kernel, .. } = ranking;
    let rows =
        |is_known, user, kernel| if is_known { merge(user, kernel, census) } else { NO_ROWS };
    sample.top_cpu = rows(has_rates, &user.cpu, &kernel.cpu);
    sample.top_memory = rows(is_listed, &user.memory, &kernel.memory);
    sample.top_io = rows(has_io, &user.io, &kernel.io);

    let lists = ranking.applications();
    let rows = |is_known, top| {
        if is_known { application_rows(top, names, census) } else { Default::default() }
    };
    sample.top_cpu_applications = rows(has_rates, &lists.cpu);
    sample.top_memory_applications = rows(is_listed, &lists.memory);
    sample.top_io_applications = rows(has_io, &lists.io);
    groups.iter().filter(|(is_known, _)| *is_known).fold(0, |known, (_, bits)| known | bits)
}

type Processes = Top<Usage, TOP_EACH>;
type ApplicationRows = [Application; TOP_APPLICATIONS];

const NO_ROWS: [Process; TOP_ROWS] = Snapshot::EMPTY.top_cpu;

/// Merges two ordered lists into one.
fn merge(user: &Processes, kernel: &Processes, census: Census) -> [Process; TOP_ROWS] {
    let mut rows = NO_ROWS;
    let (mut user, mut kernel) = (user.rows().peekable(), kernel.rows().peekable());
    for row in &mut rows {
        let value = |next: Option<&(u64, &Usage)>| next.map(|(value, _)| *value);
        let next =
            if value(user.peek()) >= value(kernel.peek()) { user.next() } else { kernel.next() };
        let Some((_, usage)) = next else { break };
        *row = process(usage, census);
    }
    rows
}

fn process(usage: &Usage, census: Census) -> Process {
    Process {
        pid: usage.pid,
        count: usage.count.max(1),
        flags: flags(usage),
        cpu_ppm: cpu_ppm(usage, census),
        rss_bytes: usage.rss_bytes,
        read_bytes_per_s: per_second(usage.read_bytes, census.elapsed_ns),
        write_bytes_per_s: per_second(usage.write_bytes, census.elapsed_ns),
        comm: usage.comm,
    }
}

fn application_rows(
    top: &Top<Usage, TOP_APPLICATIONS>,
    names: &Applications,
    census: Census,
) -> ApplicationRows {
    let mut rows = ApplicationRows::default();
    for (row, (_, usage)) in rows.iter_mut().zip(top.rows()) {
        *row = Application {
            count: usage.count.max(1),
            flags: flags(usage),
            cpu_ppm: cpu_ppm(usage, census),
            reserved: 0,
            rss_bytes: usage.rss_bytes,
            read_bytes_per_s: per_second(usage.read_bytes, census.elapsed_ns),
            write_bytes_per_s: per_second(usage.write_bytes, census.elapsed_ns),
            name: names.name(usage.application),
        };
    }
    rows
}

fn states(processes: &ranking::StateList) -> [ProcessState; MAX_PROCESS_STATES] {
    let mut rows = [ProcessState::default(); MAX_PROCESS_STATES];
    for (row, (_, usage)) in rows.iter_mut().zip(processes.named.rows()) {
        *row = ProcessState { pid: usage.pid, threads: usage.blocked_threads, comm: usage.comm };
    }
    rows
}

fn flags(usage: &Usage) -> u32 {
    if usage.kernel_thread { Process::KERNEL_THREAD } else { 0 }
}

/// At most all CPUs, whatever a source says.
fn cpu_ppm(usage: &Usage, census: Census) -> u32 {
    let all = u64::from(census.cpus).saturating_mul(WHOLE_PPM);
    let most = if census.cpus == 0 { u64::from(u32::MAX) } else { all.min(u32::MAX.into()) };
    scale(usage.busy_ns, WHOLE_PPM, census.elapsed_ns).min(most) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_within_the_cpus_that_there_are() {
        let check = |busy_ns, cpus, expected| {
            let usage = Usage { busy_ns, ..Usage::default() };
            let census = Census { elapsed_ns: 1_000_000_000, cpus, ..Census::default() };
            assert_eq!(cpu_ppm(&usage, census), expected, "{busy_ns} on {cpus}");
        };
        check(1_500_000_000, 2, 1_500_000);
        check(1_190_000_000, 1, 1_000_000);
        check(1_190_000_000, 0, 1_190_000);
        check(u64::MAX, 8_192, u32::MAX);
    }
}
