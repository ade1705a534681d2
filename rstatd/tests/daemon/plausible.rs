//! What is true of every sample, whatever the machine does.

use rstat_shm::snapshot::{MAX_CORES, Process, source, valid};
use rstat_shm::{Snapshot, View};

use crate::stage::SECOND_NS;
use crate::truth::TICK_NS;

const WHOLE_PPM: u64 = 1_000_000;
/// Faster than any storage, and slower than any counter that has jumped.
const STORAGE_BYTES_PER_S: u64 = 100 << 30;
/// More than a CPU can do in a second.
const SWITCHES_PER_S: u64 = 20_000_000;
/// More than `kernel.pid_max` can ever be.
const PROCESSES: u32 = 1 << 22;
/// Between reading the clock and reading a process's sum it goes on running: on a
/// busy machine for as long as the daemon has to wait. The sample after that has
/// as much less. Here is no place for the last percent, only for what has jumped.
const READ_NS: u64 = 100_000_000;
/// Walking `/proc` takes a while, in which time is counted to early and late numbers.
const WALKS: u64 = 2;

/// Fails if a figure of `now` cannot be, by itself or after `before`.
#[track_caller]
pub fn check(before: &Snapshot, now: &Snapshot) {
    assert!(now.sequence > before.sequence, "{} after {}", now.sequence, before.sequence);
    assert_eq!(now.instance, before.instance);
    assert!(now.monotonic_ns > before.monotonic_ns);
    assert!(now.elapsed_ns > 0 && now.elapsed_ns <= now.monotonic_ns);
    if now.sequence == before.sequence + 1 {
        assert_eq!(now.elapsed_ns, now.monotonic_ns - before.monotonic_ns);
    }
    assert!(now.has(valid::CPU | valid::MEMORY | valid::LOAD | valid::PROCESSES));
    assert!(now.has(valid::PROCESS_CPU | valid::CONTEXT_SWITCHES | valid::SAMPLE_COST));
    assert!(now.sample_ns > 0 && View::age_ns(now) < 3600 * SECOND_NS);

    assert!(u64::from(now.cpu_busy_ppm) <= WHOLE_PPM);
    for cpu in 0..MAX_CORES {
        assert!(now.core_busy_ppm(cpu).is_none_or(|ppm| u64::from(ppm) <= WHOLE_PPM), "cpu {cpu}");
    }
    let switches = SWITCHES_PER_S * u64::from(now.cpu_count);
    assert!(now.context_switches_per_s < switches, "{} switches/s", now.context_switches_per_s);
    assert_eq!(now.memory_used_bytes, now.memory_total_bytes - now.memory_available_bytes);
    assert!(now.processes > 0 && now.processes < PROCESSES, "{} processes", now.processes);
    assert_eq!(now.processes_unlisted, 0);
    assert!(now.io_read_bytes_per_s < STORAGE_BYTES_PER_S);
    assert!(now.io_write_bytes_per_s < STORAGE_BYTES_PER_S);
    rows(now);
}

#[track_caller]
fn rows(sample: &Snapshot) {
    let walk_ns = WALKS * sample.sample_ns + 2 * TICK_NS;
    let is_probe = sample.source == source::BPF;
    let late_ns = if is_probe { READ_NS } else { READ_NS + walk_ns };
    let most_ns = u64::from(sample.cpu_count) * (sample.elapsed_ns + late_ns);
    let most_ppm = most_ns as f64 / sample.elapsed_ns as f64 * WHOLE_PPM as f64;
    let cpu_ppm: u64 = sample.top_cpu.iter().map(|row| u64::from(row.cpu_ppm)).sum();
    // Each row of `/proc` is late by another time.
    assert!(!is_probe || cpu_ppm as f64 <= most_ppm, "{cpu_ppm} ppm in {:?}", sample.top_cpu);

    let io = |row: &Process| row.read_bytes_per_s.saturating_add(row.write_bytes_per_s);
    let ordered = [
        (sample.top_cpu.map(|row| u64::from(row.cpu_ppm)), 0),
        (sample.top_memory.map(|row| row.rss_bytes), 0),
        // Read and written are rounded one by one after the sum was ranked.
        (sample.top_io.map(|row| io(&row)), 1),
    ];
    for (values, rounding) in ordered {
        let in_order = |higher: &u64, lower: &u64| higher + rounding >= *lower;
        assert!(values.is_sorted_by(in_order), "{values:?}");
    }
    for row in [sample.top_cpu, sample.top_memory, sample.top_io].iter().flatten() {
        assert!(f64::from(row.cpu_ppm) <= most_ppm, "{row:?}");
        assert!(row.rss_bytes <= sample.memory_total_bytes, "{row:?}");
        assert!(io(row) < STORAGE_BYTES_PER_S, "{row:?}");
        assert!(row.flags & !Process::KERNEL_THREAD == 0, "{row:?}");
        // A row stands for one process, or for several that are gone, or ends the list.
        assert!(row.count == 1 || row.pid == 0, "{row:?}");
        assert!(row.count > 0 || *row == Process::default(), "{row:?}");
    }
}
