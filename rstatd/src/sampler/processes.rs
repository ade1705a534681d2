//! What the processes used: counts, sums and top lists.

use rstat_shm::snapshot::{Process, Snapshot, TOP_ROWS, valid};

use super::{Abilities, WHOLE_PPM, per_second, scale};
use crate::ranking::{Ranking, Top};
use crate::reading::{Reading, Usage};

/// Fills in the processes' part of a snapshot.
pub fn fill(
    now: &Reading,
    ranking: &Ranking,
    abilities: Abilities,
    elapsed_ns: u64,
    into: &mut Snapshot,
) {
    if let Some(processes) = now.processes {
        into.valid |= valid::PROCESSES;
        into.processes = processes;
        into.top_memory = rows(&ranking.memory, elapsed_ns);
    }
    if let Some(unlisted) = now.unlisted {
        into.valid |= valid::UNLISTED;
        into.processes_unlisted = unlisted;
    }
    if elapsed_ns == 0 || now.processes.is_none() {
        into.top_cpu = Default::default();
        into.top_io = Default::default();
        return;
    }
    into.valid |= valid::PROCESS_CPU;
    into.top_cpu = rows(&ranking.cpu, elapsed_ns);
    if abilities.io {
        into.valid |= valid::PROCESS_IO;
        into.top_io = rows(&ranking.io, elapsed_ns);
        into.io_read_bytes_per_s = per_second(ranking.read_bytes, elapsed_ns);
        into.io_write_bytes_per_s = per_second(ranking.write_bytes, elapsed_ns);
    }
}

fn rows(top: &Top, elapsed_ns: u64) -> [Process; TOP_ROWS] {
    let mut rows = [Process::default(); TOP_ROWS];
    for (row, usage) in rows.iter_mut().zip(top.rows()) {
        *row = process(usage, elapsed_ns);
    }
    rows
}

fn process(usage: &Usage, elapsed_ns: u64) -> Process {
    Process {
        pid: usage.pid,
        count: usage.count.max(1),
        flags: if usage.kernel_thread { Process::KERNEL_THREAD } else { 0 },
        cpu_ppm: scale(usage.busy_ns, WHOLE_PPM, elapsed_ns).min(u64::from(u32::MAX)) as u32,
        rss_bytes: usage.rss_bytes,
        read_bytes_per_s: per_second(usage.read_bytes, elapsed_ns),
        write_bytes_per_s: per_second(usage.write_bytes, elapsed_ns),
        comm: usage.comm,
    }
}
