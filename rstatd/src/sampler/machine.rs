//! Memory, load, temperatures, graphics: everything about the machine but its CPU time.

use rstat_shm::snapshot::{Gpu, MAX_GPUS, Snapshot, valid};

use super::{WHOLE_PPM, per_second, share_ppm};
use crate::reading::{GpuPower, GpuReading, GpuWork, Reading, Span};

/// Nanoseconds.
const MS: u64 = 1_000_000;

/// Fills in the machine's part of a snapshot, after that of the CPUs. What needs two
/// readings has them already, as sources that are read less often keep their own.
pub fn fill(now: &Reading, into: &mut Snapshot) {
    memory(now, into);
    compressed(now, into);
    gauges(now, into);
    cpu_frequency(now, into);
    cpu_throttle(now, into);
    pressure(now, into);
    power(now, into);
    disk(now, into);
    gpus(now, into);
}

fn memory(now: &Reading, into: &mut Snapshot) {
    let Some(memory) = &now.memory else { return };
    into.valid |= valid::MEMORY;
    into.memory_total_bytes = memory.total_bytes;
    into.memory_available_bytes = memory.available_bytes;
    let reclaimable_bytes = now.zfs_arc.map_or(0, |arc| arc.reclaimable_bytes);
    into.memory_used_bytes =
        memory.total_bytes.saturating_sub(memory.available_bytes).saturating_sub(reclaimable_bytes);
    into.memory_cached_bytes = memory.cached_bytes;
    if memory.swap_total_bytes > 0 {
        into.valid |= valid::SWAP;
        into.swap_total_bytes = memory.swap_total_bytes;
        into.swap_used_bytes = memory.swap_used_bytes;
    }
}

fn compressed(now: &Reading, into: &mut Snapshot) {
    if let Some(zram) = now.zram {
        into.valid |= valid::ZRAM;
        into.zram_stored_bytes = zram.stored_bytes;
        into.zram_used_bytes = zram.used_bytes;
    }
    if let Some(zswap) = now.memory.and_then(|memory| memory.zswap) {
        into.valid |= valid::ZSWAP;
        into.zswap_stored_bytes = zswap.stored_bytes;
        into.zswap_used_bytes = zswap.used_bytes;
    }
    if let Some(arc) = now.zfs_arc {
        into.valid |= valid::ZFS_ARC;
        into.zfs_arc_bytes = arc.size_bytes;
        into.zfs_arc_reclaimable_bytes = arc.reclaimable_bytes;
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
    if let Some(profile) = now.platform_profile {
        into.valid |= valid::PLATFORM_PROFILE;
        into.platform_profile = profile;
    }
    if let Some(fans) = now.fans {
        into.valid |= valid::FANS;
        into.fan_count = fans.count;
        into.fans_rpm = fans.rpm;
    }
}

/// All three or none: of the busiest CPU nothing is known in a daemon's first
/// sample, nor if its own policy does not answer.
fn cpu_frequency(now: &Reading, into: &mut Snapshot) {
    let frequency = &now.cpu_frequency;
    if let Some(limit_khz) = frequency.limit_khz {
        into.valid |= valid::CPU_FREQUENCY_LIMIT;
        into.cpu_frequency_limit_khz = limit_khz;
    }
    let Some((average_khz, highest_khz)) = frequency.now_khz else { return };
    let busiest_khz = frequency.each_khz.get(into.cpu_busiest as usize);
    if let Some(&busiest_khz) = busiest_khz.filter(|&&khz| khz > 0 && into.has(valid::CPU)) {
        into.valid |= valid::CPU_FREQUENCY;
        into.cpu_frequency_khz = average_khz;
        into.cpu_frequency_highest_khz = highest_khz;
        into.cpu_frequency_busiest_khz = busiest_khz;
    }
}

fn cpu_throttle(now: &Reading, into: &mut Snapshot) {
    let Some(throttle) = now.cpu_throttle else { return };
    into.valid |= valid::CPU_THROTTLE;
    into.cpu_throttle_count = throttle.count.min(u64::from(u32::MAX)) as u32;
    if let Some(Span { count: time_ms, elapsed_ns }) = throttle.time_ms {
        into.valid |= valid::CPU_THROTTLED;
        into.cpu_throttled_ppm = share_ppm(time_ms.saturating_mul(MS), elapsed_ns);
    }
}

fn pressure(now: &Reading, into: &mut Snapshot) {
    if let Some(pressure) = now.pressure_cpu {
        into.valid |= valid::PRESSURE_CPU;
        into.pressure_cpu_some_ppm = pressure.some_ppm;
        into.pressure_cpu_full_ppm = pressure.full_ppm;
    }
    if let Some(pressure) = now.pressure_memory {
        into.valid |= valid::PRESSURE_MEMORY;
        into.pressure_memory_some_ppm = pressure.some_ppm;
        into.pressure_memory_full_ppm = pressure.full_ppm;
    }
    if let Some(pressure) = now.pressure_io {
        into.valid |= valid::PRESSURE_IO;
        into.pressure_io_some_ppm = pressure.some_ppm;
        into.pressure_io_full_ppm = pressure.full_ppm;
    }
}

fn power(now: &Reading, into: &mut Snapshot) {
    if let Some(energy_uj) = now.cpu_energy_uj {
        into.valid |= valid::CPU_POWER;
        into.cpu_power_uw = rate(energy_uj);
    }
    let Some(battery) = now.battery else { return };
    into.valid |= valid::BATTERY;
    into.battery_charge_ppm = share_ppm(battery.charge.0, battery.charge.1);
    into.battery_status = battery.status;
    if let Some(power_uw) = battery.power_uw {
        into.valid |= valid::BATTERY_POWER;
        into.battery_power_uw = power_uw;
    }
}

fn disk(now: &Reading, into: &mut Snapshot) {
    let Some(disk) = now.disk else { return };
    into.valid |= valid::DISK;
    into.disk_read_bytes_per_s = rate(disk.read_bytes);
    into.disk_write_bytes_per_s = rate(disk.write_bytes);
}

/// So much a second.
fn rate(span: Span) -> u64 {
    per_second(span.count, span.elapsed_ns)
}

fn gpus(now: &Reading, into: &mut Snapshot) {
    into.gpus = [Gpu::default(); MAX_GPUS];
    let mut count = 0;
    for now in now.gpus.iter().flatten() {
        into.gpus[count] = gpu(now);
        count += 1;
    }
    into.gpu_count = count as u32;
    if count > 0 {
        into.valid |= valid::GPU;
    }
}

fn gpu(now: &GpuReading) -> Gpu {
    let state = if now.asleep { Gpu::ASLEEP } else { Gpu::AWAKE };
    let mut gpu = Gpu { driver: now.driver, state, ..Gpu::default() };
    if let Some(temperature_mc) = now.temperature_mc {
        gpu.valid |= Gpu::TEMPERATURE;
        gpu.temperature_mc = temperature_mc;
    }
    if let Some(power) = now.power {
        gpu.valid |= Gpu::POWER;
        gpu.power_uw = match power {
            GpuPower::EnergyUj(span) => rate(span),
            GpuPower::Uw(power_uw) => power_uw,
        };
    }
    if let Some((used_bytes, total_bytes)) = now.memory_bytes {
        gpu.valid |= Gpu::MEMORY;
        gpu.memory_used_bytes = used_bytes;
        gpu.memory_total_bytes = total_bytes;
    }
    let mut set = |bit, field: fn(&mut Gpu) -> &mut u32, value: Option<u32>| {
        if let Some(value) = value {
            gpu.valid |= bit;
            *field(&mut gpu) = value;
        }
    };
    set(Gpu::BUSY, |gpu| &mut gpu.busy_ppm, now.work.map(gpu_busy_ppm));
    set(Gpu::FREQUENCY, |gpu| &mut gpu.frequency_mhz, now.frequency_mhz);
    set(Gpu::FREQUENCY_LIMIT, |gpu| &mut gpu.frequency_limit_mhz, now.frequency_limit_mhz);
    set(Gpu::THROTTLE, |gpu| &mut gpu.throttle, now.throttle);
    gpu
}

fn gpu_busy_ppm(work: GpuWork) -> u32 {
    match work {
        GpuWork::BusyPpm(ppm) => ppm.min(WHOLE_PPM as u32),
        GpuWork::IdleMs(Span { count: idle_ms, elapsed_ns }) => {
            share_ppm(elapsed_ns.saturating_sub(idle_ms.saturating_mul(MS)), elapsed_ns)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Battery, Compressed, CpuThrottle, Disk, Memory, ZfsArc};

    fn sampled(fill_in: impl FnOnce(&mut Reading)) -> Snapshot {
        let (mut reading, mut sample) = (Reading::EMPTY, Snapshot::EMPTY);
        fill_in(&mut reading);
        fill(&reading, &mut sample);
        sample
    }

    #[test]
    fn nothing_read_is_nothing_known() {
        assert_eq!(sampled(|_| {}).valid, 0);
    }

    #[test]
    fn what_zfs_gives_back_is_not_used() {
        let memory = Memory { total_bytes: 1000, available_bytes: 300, ..Memory::default() };
        let used = |reclaimable_bytes| {
            let sample = sampled(|reading| {
                reading.memory = Some(memory);
                reading.zfs_arc = Some(ZfsArc { size_bytes: 900, reclaimable_bytes });
            });
            sample.memory_used_bytes
        };
        assert_eq!(used(0), 700);
        assert_eq!(used(500), 200);
        // Not read at one moment: never less than nothing.
        assert_eq!(used(900), 0);
    }

    #[test]
    fn rates_are_over_the_time_of_their_own_source() {
        let span = |count| Span { count, elapsed_ns: 2_000_000_000 };
        let sample = sampled(|reading| {
            reading.disk = Some(Disk { read_bytes: span(1000), write_bytes: span(3) });
            reading.cpu_energy_uj = Some(span(30_000_000));
            reading.cpu_throttle = Some(CpuThrottle { count: 7, time_ms: Some(span(500)) });
        });
        assert_eq!((sample.disk_read_bytes_per_s, sample.disk_write_bytes_per_s), (500, 2));
        assert_eq!(sample.cpu_power_uw, 15_000_000);
        assert_eq!((sample.cpu_throttle_count, sample.cpu_throttled_ppm), (7, 250_000));
    }

    #[test]
    fn the_busiest_cpu_has_its_own_frequency_or_none() {
        let sample = |busiest, cpu_known| {
            let (mut reading, mut sample) = (Reading::EMPTY, Snapshot::EMPTY);
            reading.cpu_frequency.now_khz = Some((2_000_000, 3_000_000));
            reading.cpu_frequency.each_khz[..2].copy_from_slice(&[1_000_000, 3_000_000]);
            sample.cpu_busiest = busiest;
            sample.valid = if cpu_known { valid::CPU } else { 0 };
            fill(&reading, &mut sample);
            sample.has(valid::CPU_FREQUENCY).then_some(sample.cpu_frequency_busiest_khz)
        };
        assert_eq!(sample(0, true), Some(1_000_000));
        assert_eq!(sample(1, true), Some(3_000_000));
        assert_eq!(sample(2, true), None);
        assert_eq!(sample(9999, true), None);
        assert_eq!(sample(0, false), None);
    }

    #[test]
    fn a_gpu_has_what_its_driver_tells() {
        let sample = sampled(|reading| {
            reading.gpus[2] = Some(GpuReading {
                driver: 2,
                work: Some(GpuWork::IdleMs(Span { count: 250, elapsed_ns: 1_000_000_000 })),
                temperature_mc: Some(-1000),
                power: Some(GpuPower::EnergyUj(Span { count: 5, elapsed_ns: 500_000_000 })),
                throttle: Some(0),
                ..GpuReading::default()
            });
        });
        let gpu = sample.gpus[0];
        assert_eq!((sample.gpu_count, gpu.driver, gpu.state), (1, 2, Gpu::AWAKE));
        assert_eq!(gpu.valid, Gpu::BUSY | Gpu::TEMPERATURE | Gpu::POWER | Gpu::THROTTLE);
        assert_eq!((gpu.busy_ppm, gpu.temperature_mc, gpu.power_uw), (750_000, -1000, 10));
    }

    #[test]
    fn a_battery_is_never_more_than_full_and_may_have_no_power() {
        let charge = (70, 60);
        let battery = Battery { charge, status: 4, power_uw: None };
        let sample = sampled(|reading| reading.battery = Some(battery));
        assert_eq!((sample.battery_charge_ppm, sample.battery_status), (1_000_000, 4));
        assert!(!sample.has(valid::BATTERY_POWER));
    }

    #[test]
    fn compressed_memory_is_told_by_kind() {
        let packed = |stored_bytes| Compressed { stored_bytes, used_bytes: 1 };
        let sample = sampled(|reading| {
            reading.zram = Some(packed(5));
            reading.memory = Some(Memory { zswap: Some(packed(6)), ..Memory::default() });
        });
        assert_eq!((sample.zram_stored_bytes, sample.zswap_stored_bytes), (5, 6));
    }
}
