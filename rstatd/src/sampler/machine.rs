//! Memory, load, temperatures, graphics: everything about the machine but its CPU time.

use rstat_shm::snapshot::{Gpu, MAX_GPUS, Snapshot, valid};

use super::{WHOLE_PPM, share_ppm};
use crate::reading::{GpuReading, GpuWork, Memory, Reading};

/// Fills in the machine's part of a snapshot; `elapsed_ns` is 0 when there was no reading before.
pub fn fill(before: &Reading, now: &Reading, elapsed_ns: u64, into: &mut Snapshot) {
    memory(now.memory.as_ref(), into);
    gauges(now, into);
    gpus(before, now, elapsed_ns, into);
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
