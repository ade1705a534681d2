//! Two readings and what the processes used in between become a snapshot.
//!
//! A pure function: no clock, no file, no allocation. All division happens here.

use rstat_shm::snapshot::{Gpu, MAX_CORES, MAX_GPUS, Process, Snapshot, TOP_ROWS, valid};

use crate::ranking::{Ranking, Top};
use crate::reading::{GpuReading, GpuWork, Memory, Reading, Usage};

const WHOLE_PPM: u64 = 1_000_000;
const SECOND_NS: u64 = 1_000_000_000;

/// Which figures about processes the source can give.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    /// Number under which the source is published.
    pub source: rstat_shm::snapshot::Source,
    /// Bytes read and written.
    pub io: bool,
}

/// Fills in a snapshot. `before` has never been read when its time is 0; then
/// everything that needs two readings is unknown. Leaves alone what the
/// publisher fills in: sequence, instance, period and cost.
pub fn sample(
    before: &Reading,
    now: &Reading,
    ranking: &Ranking,
    abilities: Abilities,
    into: &mut Snapshot,
) {
    let elapsed_ns = match before.monotonic_ns {
        0 => 0,
        before_ns => now.monotonic_ns.saturating_sub(before_ns),
    };
    into.monotonic_ns = now.monotonic_ns;
    into.realtime_ns = now.realtime_ns;
    into.elapsed_ns = elapsed_ns;
    into.source = abilities.source as u32;
    into.cpu_count = now.cpus.online_count;
    into.valid = 0;
    if elapsed_ns > 0 {
        cpu(before, now, elapsed_ns, into);
    }
    memory(now.memory.as_ref(), into);
    gauges(now, into);
    gpus(before, now, elapsed_ns, into);
    processes(now, ranking, abilities, elapsed_ns, into);
}

fn cpu(before: &Reading, now: &Reading, elapsed_ns: u64, into: &mut Snapshot) {
    into.valid |= valid::CPU;
    let busy_ns = now.cpus.all_busy_ns.saturating_sub(before.cpus.all_busy_ns);
    let capacity_ns = elapsed_ns.saturating_mul(u64::from(now.cpus.online_count));
    into.cpu_busy_ppm = share_ppm(busy_ns, capacity_ns);
    // A CPU that was not there before has no interval to average over.
    for (word, (now, before)) in
        into.cores_online.iter_mut().zip(now.cpus.online.iter().zip(&before.cpus.online))
    {
        *word = now & before;
    }
    for cpu in 0..MAX_CORES {
        let busy_ns = now.cpus.busy_ns[cpu].saturating_sub(before.cpus.busy_ns[cpu]);
        into.cores[cpu] = share_ppm(busy_ns, elapsed_ns);
    }
    if let (Some(now), Some(before)) = (now.cpus.context_switches, before.cpus.context_switches) {
        into.valid |= valid::CONTEXT_SWITCHES;
        into.context_switches_per_s = per_second(now.wrapping_sub(before), elapsed_ns);
    }
}

fn memory(memory: Option<&Memory>, into: &mut Snapshot) {
    let Some(memory) = memory else { return };
    into.valid |= valid::MEMORY;
    into.memory_total_bytes = memory.total_bytes;
    into.memory_available_bytes = memory.available_bytes;
    into.memory_used_bytes = memory.total_bytes.saturating_sub(memory.available_bytes);
    into.memory_cached_bytes = memory.cached_bytes;
    if memory.swap_total_bytes > 0 {
        into.valid |= valid::SWAP;
        into.swap_total_bytes = memory.swap_total_bytes;
        into.swap_used_bytes = memory.swap_used_bytes;
    }
}

fn gauges(now: &Reading, into: &mut Snapshot) {
    if let Some(load) = now.load {
        into.valid |= valid::LOAD;
        [into.load_1m_milli, into.load_5m_milli, into.load_15m_milli] = load.average_milli;
        into.threads = load.threads;
        into.runnable = load.runnable;
    }
    if let Some(temperature_mc) = now.cpu_temperature_mc {
        into.valid |= valid::CPU_TEMPERATURE;
        into.cpu_temperature_mc = temperature_mc;
    }
    if let Some((average_khz, highest_khz)) = now.cpu_frequency.now_khz {
        into.valid |= valid::CPU_FREQUENCY;
        into.cpu_frequency_khz = average_khz;
        into.cpu_frequency_highest_khz = highest_khz;
    }
    if let Some(limit_khz) = now.cpu_frequency.limit_khz {
        into.valid |= valid::CPU_FREQUENCY_LIMIT;
        into.cpu_frequency_limit_khz = limit_khz;
    }
    if let Some(profile) = now.platform_profile {
        into.valid |= valid::PLATFORM_PROFILE;
        into.platform_profile = profile;
    }
}

fn gpus(before: &Reading, now: &Reading, elapsed_ns: u64, into: &mut Snapshot) {
    into.gpus = [Gpu::default(); MAX_GPUS];
    let mut count = 0;
    for (before, now) in before.gpus.iter().zip(&now.gpus) {
        let Some(now) = now else { continue };
        into.gpus[count] = gpu(before.as_ref(), now, elapsed_ns);
        count += 1;
    }
    into.gpu_count = count as u32;
    if count > 0 {
        into.valid |= valid::GPU;
    }
}

fn gpu(before: Option<&GpuReading>, now: &GpuReading, elapsed_ns: u64) -> Gpu {
    let state = if now.asleep { Gpu::ASLEEP } else { Gpu::AWAKE };
    let mut gpu = Gpu { driver: now.driver, state, ..Gpu::default() };
    let mut set = |bit, field: fn(&mut Gpu) -> &mut u32, value: Option<u32>| {
        if let Some(value) = value {
            gpu.valid |= bit;
            *field(&mut gpu) = value;
        }
    };
    set(Gpu::BUSY, |gpu| &mut gpu.busy_ppm, gpu_busy_ppm(before, now, elapsed_ns));
    set(Gpu::FREQUENCY, |gpu| &mut gpu.frequency_mhz, now.frequency_mhz);
    set(Gpu::FREQUENCY_LIMIT, |gpu| &mut gpu.frequency_limit_mhz, now.frequency_limit_mhz);
    gpu
}

fn gpu_busy_ppm(before: Option<&GpuReading>, now: &GpuReading, elapsed_ns: u64) -> Option<u32> {
    match (before.and_then(|before| before.work), now.work?) {
        (_, GpuWork::BusyPpm(ppm)) => Some(ppm.min(WHOLE_PPM as u32)),
        (
            Some(GpuWork::IdleMs { idle_ms: before, .. }),
            GpuWork::IdleMs { idle_ms, wraps_at_ms },
        ) => {
            let idle_ms = match idle_ms.checked_sub(before) {
                Some(idle_ms) => idle_ms,
                None => wraps_at_ms.saturating_sub(before).saturating_add(idle_ms + 1),
            };
            let busy_ns = elapsed_ns.saturating_sub(idle_ms.saturating_mul(1_000_000));
            (elapsed_ns > 0).then(|| share_ppm(busy_ns, elapsed_ns))
        }
        _ => None,
    }
}

fn processes(
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

fn share_ppm(part: u64, whole: u64) -> u32 {
    scale(part, WHOLE_PPM, whole).min(WHOLE_PPM) as u32
}

fn per_second(count: u64, elapsed_ns: u64) -> u64 {
    scale(count, SECOND_NS, elapsed_ns)
}

/// `count * factor / divisor`, rounded to nearest; 0 when there is nothing to divide by.
fn scale(count: u64, factor: u64, divisor: u64) -> u64 {
    let product = u128::from(count) * u128::from(factor) + u128::from(divisor / 2);
    product
        .checked_div(u128::from(divisor))
        .map_or(0, |quotient| u64::try_from(quotient).unwrap_or(u64::MAX))
}
