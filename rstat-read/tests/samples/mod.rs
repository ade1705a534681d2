//! Samples of machines that do not exist, for the tests of what is printed.
#![allow(dead_code, reason = "each test program takes what it needs")]

use std::time::Duration;

use rstat_read::{Gpu, HistoryPoint, Process, Snapshot, valid};
use rstat_shm::View;
use rstat_shm::snapshot::{Comm, MAX_CORES, TOP_ROWS};

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// All groups of fields that exist.
const EVERYTHING: u64 = (valid::UNLISTED << 1) - 1;

fn process(name: &[u8], pid: u32, count: u32, cpu_ppm: u32, rss_bytes: u64) -> Process {
    let mut comm = Comm::default();
    comm.0[..name.len()].copy_from_slice(name);
    Process { pid, count, cpu_ppm, rss_bytes, comm, ..Process::default() }
}

/// CLOCK_MONOTONIC now: the age of a sample from the clock's beginning.
pub fn monotonic_ns() -> u64 {
    View::age_ns(&Snapshot::EMPTY)
}

/// The laptop of [`ordinary`], now, with that time between samples.
pub fn fresh(period: Duration) -> Snapshot {
    Snapshot { monotonic_ns: monotonic_ns(), period_ns: period.as_nanos() as u64, ..ordinary() }
}

/// A laptop at work: everything known, nothing unusual.
pub fn ordinary() -> Snapshot {
    let mut sample = Snapshot {
        sequence: 1_234,
        instance: 0x0123_4567_89ab_cdef,
        monotonic_ns: 5_000 * SECOND_NS,
        realtime_ns: 1_767_225_599 * SECOND_NS,
        elapsed_ns: 1_000_120_000,
        period_ns: SECOND_NS,
        valid: EVERYTHING & !valid::SWAP,
        sample_ns: 9_240,
        source: 1,
        cpu_count: 8,
        cpu_busy_ppm: 234_000,
        cpu_temperature_mc: 54_400,
        cpu_frequency_khz: 3_210_000,
        cpu_frequency_highest_khz: 4_100_000,
        cpu_frequency_limit_khz: 4_800_000,
        platform_profile: 4,
        load_1m_milli: 1_920,
        load_5m_milli: 1_401,
        load_15m_milli: 880,
        processes: 412,
        threads: 2_031,
        runnable: 3,
        gpu_count: 1,
        context_switches_per_s: 8_123,
        memory_total_bytes: 31 * GIB + 200 * MIB,
        memory_available_bytes: 14 * GIB + 800 * MIB,
        memory_used_bytes: 16 * GIB + 424 * MIB,
        memory_cached_bytes: 9 * GIB,
        io_read_bytes_per_s: 300_000,
        io_write_bytes_per_s: 1_900_000,
        cores_online: [0xff, 0, 0, 0],
        ..Snapshot::EMPTY
    };
    for (cpu, share) in
        [90_000, 20_000, 1_000_000, 130_000, 0, 510_000, 40_000, 82_000].into_iter().enumerate()
    {
        sample.cores[cpu] = share;
    }
    sample.top_cpu = [
        process(b"firefox", 2_001, 31, 752_000, 5_325 * MIB),
        process(b"rustc", 0, 8, 488_000, 700 * MIB),
        process(b"true", 0, 143, 176_000, MIB),
        process(b"Hyprland", 1_501, 1, 152_000, 180 * MIB),
        process(b"kworker/u16:3", 77, 1, 32_000, 0),
    ];
    sample.top_cpu[4].flags = Process::KERNEL_THREAD;
    sample.top_memory = [
        process(b"firefox", 2_001, 31, 752_000, 5_325 * MIB),
        process(b"rust-analyzer", 3_333, 1, 0, 2_970 * MIB),
        process(b"electron", 4_001, 12, 8_000, 1_843 * MIB),
        process(b"rustc", 0, 8, 488_000, 700 * MIB),
        process(b"Hyprland", 1_501, 1, 152_000, 180 * MIB),
    ];
    sample.top_io[0] = process(b"cargo", 5_001, 1, 8_000, 90 * MIB);
    sample.top_io[0].write_bytes_per_s = 1_677_000;
    sample.top_io[1] = process(b"systemd-journal", 301, 1, 0, 40 * MIB);
    sample.top_io[1].write_bytes_per_s = 210_000;
    sample.gpus[0] = Gpu {
        driver: 2,
        state: Gpu::AWAKE,
        valid: Gpu::BUSY | Gpu::FREQUENCY | Gpu::FREQUENCY_LIMIT,
        busy_ppm: 112_000,
        frequency_mhz: 450,
        frequency_limit_mhz: 2_050,
    };
    sample
}

/// Processes that call themselves what no program should.
pub fn hostile() -> Snapshot {
    let mut sample = ordinary();
    let names: [&[u8]; TOP_ROWS] = [
        b"<b>&\"\\x2d",
        b"bad\xff\xfebytes\xf0\x9f",
        &"twelve bytes🦀".as_bytes()[..15],
        b"two\nlines\t\x1b[31m",
        "\u{202e}gpj.sh\u{200b}".as_bytes(),
    ];
    for (row, name) in names.into_iter().enumerate() {
        for list in [&mut sample.top_cpu, &mut sample.top_memory, &mut sample.top_io] {
            list[row] = process(name, 1, 1, 800_000, 5 * GIB);
            list[row].read_bytes_per_s = 5 * MIB;
        }
    }
    sample
}

/// A daemon's first sample where it can read nothing at all.
pub fn empty() -> Snapshot {
    Snapshot {
        sequence: 1,
        instance: 7,
        monotonic_ns: 5_000 * SECOND_NS,
        realtime_ns: 1_767_225_599 * SECOND_NS,
        period_ns: SECOND_NS,
        source: 2,
        cpu_count: 1,
        // Meaningless, because no validity bit is set: must not be seen.
        cpu_busy_ppm: 987_654,
        memory_total_bytes: 987_654,
        ..Snapshot::EMPTY
    }
}

/// Every bit of every field set, but for the lists' texts and the clocks.
pub fn huge() -> Snapshot {
    let mut sample = Snapshot::from_words([u64::MAX; rstat_shm::snapshot::SNAPSHOT_WORDS]);
    sample.cpu_count = MAX_CORES as u32;
    for list in [&mut sample.top_cpu, &mut sample.top_memory, &mut sample.top_io] {
        for row in list {
            row.comm = Comm(*b"WWWWWWWWWWWWWWW\0");
        }
    }
    sample
}

/// An idle machine whose GPU sleeps, on a kernel without BPF.
pub fn gpu_asleep() -> Snapshot {
    let mut sample = ordinary();
    sample.source = 2;
    sample.cpu_busy_ppm = 4_000;
    sample.cpu_temperature_mc = 38_000;
    sample.gpus[0] = Gpu { driver: 3, state: Gpu::ASLEEP, ..Gpu::default() };
    sample.top_cpu = [Process::default(); TOP_ROWS];
    sample.top_io = [Process::default(); TOP_ROWS];
    sample.io_read_bytes_per_s = 0;
    sample.io_write_bytes_per_s = 20_000;
    sample.cores = [1_000; MAX_CORES];
    sample
}

/// Hot, busy, and nearly out of memory and swap space.
pub fn critical() -> Snapshot {
    let mut sample = ordinary();
    sample.valid |= valid::SWAP;
    sample.cpu_busy_ppm = 998_000;
    sample.cpu_temperature_mc = 97_000;
    sample.memory_available_bytes = 600 * MIB;
    sample.memory_used_bytes = sample.memory_total_bytes - sample.memory_available_bytes;
    sample.swap_total_bytes = 8 * GIB;
    sample.swap_used_bytes = 7 * GIB + 300 * MIB;
    sample.processes_unlisted = 12;
    sample
}

/// Half a minute that ends with `sample`, with a pause in it.
pub fn history(sample: &Snapshot) -> Vec<HistoryPoint> {
    let step_ns = sample.period_ns.clamp(1, 60 * SECOND_NS);
    let point = |back: u64| {
        let wave = (back * 7 % 24).abs_diff(12);
        let mut point = HistoryPoint::from(sample);
        point.monotonic_ns = sample.monotonic_ns.saturating_sub(back * step_ns);
        if back > 0 {
            point.cpu_busy_ppm = (wave * 80_000) as u32;
            point.gpu_busy_ppm = (wave * 30_000) as u32;
            point.io_write_bytes_per_s = if back == 9 { 9 * MIB } else { 0 };
        }
        point
    };
    (0..30).rev().filter(|back| !(15..18).contains(back)).map(point).collect()
}
