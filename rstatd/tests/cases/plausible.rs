//! Properties of every sample, whatever the machine does.
//!
//! No bound here depends on time. A property that a busy machine can break is a finding of a case
//! (`window::extremes`).

use rstat_shm::snapshot::{MAX_CORES, Process, valid};
use rstat_shm::{Snapshot, View};

const SECOND_NS: u64 = 1_000_000_000;
const WHOLE_PPM: u32 = 1_000_000;
/// Faster than any storage, and slower than any counter that has jumped.
const STORAGE_BYTES_PER_S: u64 = 100 << 30;
/// More than a CPU can do in a second.
const SWITCHES_PER_S: u64 = 20_000_000;
/// More than `kernel.pid_max` can ever be.
const PROCESSES: u32 = 1 << 22;

/// Returns what is impossible in `now`, by itself or after `before`.
pub fn check(before: &Snapshot, now: &Snapshot) -> Result<(), String> {
    let number = now.sequence;
    ensure(number > before.sequence, || format!("sample {number} after {}", before.sequence))?;
    ensure(now.instance == before.instance, || format!("sample {number} of another daemon"))?;
    let times = [before.monotonic_ns, now.monotonic_ns, now.elapsed_ns];
    let in_order = before.monotonic_ns < now.monotonic_ns
        && (1..=now.monotonic_ns).contains(&now.elapsed_ns)
        && (number > before.sequence + 1
            || now.elapsed_ns == now.monotonic_ns - before.monotonic_ns);
    ensure(in_order, || format!("sample {number} has the times {times:?}"))?;
    by_itself(now).map_err(|fault| format!("sample {number}: {fault}"))
}

fn by_itself(now: &Snapshot) -> Result<(), String> {
    let always = valid::CPU | valid::MEMORY | valid::LOAD | valid::PROCESSES;
    let always = always | valid::PROCESS_CPU | valid::CONTEXT_SWITCHES | valid::SAMPLE_COST;
    ensure(now.has(always), || format!("groups {:#x} of {always:#x}", now.valid & always))?;
    ensure(now.sample_ns > 0 && View::age_ns(now) < 3600 * SECOND_NS, || {
        format!("took {} ns, {} ns ago", now.sample_ns, View::age_ns(now))
    })?;

    let cores = (0..MAX_CORES).filter_map(|cpu| now.core_busy_ppm(cpu));
    let most = cores.chain([now.cpu_busy_ppm]).max().unwrap_or_default();
    // A share below zero would be a very large number: the fields have no sign.
    ensure(most <= WHOLE_PPM, || format!("{most} ppm of a CPU"))?;
    let switches = SWITCHES_PER_S * u64::from(now.cpu_count);
    ensure(now.context_switches_per_s < switches, || {
        format!("{} switches a second", now.context_switches_per_s)
    })?;
    let memory = [now.memory_total_bytes, now.memory_available_bytes, now.memory_used_bytes];
    ensure(memory[0].checked_sub(memory[1]) == Some(memory[2]), || format!("memory {memory:?}"))?;
    ensure(now.processes > 0 && now.processes < PROCESSES && now.processes_unlisted == 0, || {
        format!("{} processes, {} unlisted", now.processes, now.processes_unlisted)
    })?;
    let io = [now.io_read_bytes_per_s, now.io_write_bytes_per_s];
    ensure(io.iter().all(|rate| *rate < STORAGE_BYTES_PER_S), || format!("storage {io:?}"))?;
    rows(now)
}

fn rows(sample: &Snapshot) -> Result<(), String> {
    let io = |row: &Process| row.read_bytes_per_s.saturating_add(row.write_bytes_per_s);
    let ordered = [
        (sample.top_cpu.map(|row| u64::from(row.cpu_ppm)), 0),
        (sample.top_memory.map(|row| row.rss_bytes), 0),
        // Read and written are rounded one by one after the sum was ranked.
        (sample.top_io.map(|row| io(&row)), 1),
    ];
    for (values, rounding) in ordered {
        let in_order = |higher: &u64, lower: &u64| higher + rounding >= *lower;
        ensure(values.is_sorted_by(in_order), || format!("not in order: {values:?}"))?;
    }
    for row in [sample.top_cpu, sample.top_memory, sample.top_io].iter().flatten() {
        let is_possible = row.rss_bytes <= sample.memory_total_bytes
            && io(row) < STORAGE_BYTES_PER_S
            && row.flags & !Process::KERNEL_THREAD == 0
            // A row stands for one process, or for several that are gone, or ends the list.
            && (row.count == 1 || row.pid == 0)
            && (row.count > 0 || *row == Process::default());
        ensure(is_possible, || format!("impossible: {row:?}"))?;
    }
    for row in sample.top_io {
        // Sums and rows are rounded apart.
        let is_part = row.read_bytes_per_s <= sample.io_read_bytes_per_s + 1
            && row.write_bytes_per_s <= sample.io_write_bytes_per_s + 1;
        ensure(is_part, || format!("more than all storage: {row:?}"))?;
    }
    let gone = sample.top_cpu.iter().filter(|row| row.count > 0 && row.pid == 0);
    let mut names: Vec<_> = gone.map(|row| (row.comm.bytes(), row.is_kernel_thread())).collect();
    names.sort_unstable();
    ensure(names.is_sorted_by(|a, b| a != b), || format!("two rows of a name: {names:?}"))
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
