//! Samples of invented machines, for the tests of the outputs.
#![allow(dead_code, reason = "each test program takes what it needs")]

use std::time::Duration;

use rstat_read::{
    Application, Gpu, HistoryPoint, Process, ProcessState, Snapshot, throttle, valid,
};
pub use rstat_shm::monotonic_ns;
use rstat_shm::snapshot::{MAX_CORES, MAX_FANS, TOP_ROWS, Text};

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// All groups of fields that exist.
const EVERYTHING: u64 = (valid::APPLICATIONS << 1) - 1;

fn process(name: &[u8], pid: u32, count: u32, cpu_ppm: u32, rss_bytes: u64) -> Process {
    Process { pid, count, cpu_ppm, rss_bytes, comm: text(name), ..Process::default() }
}

fn application(name: &[u8], count: u32, cpu_ppm: u32, rss_bytes: u64) -> Application {
    Application { count, cpu_ppm, rss_bytes, name: text(name), ..Application::default() }
}

fn process_state(name: &[u8], pid: u32, threads: u32) -> ProcessState {
    ProcessState { pid, threads, comm: text(name) }
}

fn text<const N: usize>(bytes: &[u8]) -> Text<N> {
    let mut text = Text::default();
    text.0[..bytes.len()].copy_from_slice(bytes);
    text
}

/// Writes the first rows of a list.
fn fill<T: Copy, const N: usize>(list: &mut [T], rows: [T; N]) {
    list[..N].copy_from_slice(&rows);
}

/// The laptop of [`ordinary`] at this moment, with a given time between samples.
pub fn fresh(period: Duration) -> Snapshot {
    Snapshot { monotonic_ns: monotonic_ns(), period_ns: period.as_nanos() as u64, ..ordinary() }
}

/// A laptop at work: everything known, nothing unusual.
pub fn ordinary() -> Snapshot {
    let mut sample = ordinary_scalars();
    for (cpu, share) in
        [90_000, 20_000, 1_000_000, 130_000, 0, 510_000, 40_000, 82_000].into_iter().enumerate()
    {
        sample.cores[cpu] = share;
    }
    let mut kworker = process(b"kworker/u16:3", 77, 1, 640_000, 0);
    kworker.flags = Process::KERNEL_THREAD;
    fill(
        &mut sample.top_cpu,
        [
            process(b"firefox", 2_001, 31, 752_000, 5_325 * MIB),
            kworker,
            process(b"rustc", 0, 8, 488_000, 700 * MIB),
            process(b"true", 0, 143, 176_000, MIB),
            process(b"Hyprland", 1_501, 1, 152_000, 180 * MIB),
        ],
    );
    fill(
        &mut sample.top_memory,
        [
            process(b"firefox", 2_001, 31, 752_000, 5_325 * MIB),
            process(b"rust-analyzer", 3_333, 1, 0, 2_970 * MIB),
            process(b"electron", 4_001, 12, 8_000, 1_843 * MIB),
            process(b"rustc", 0, 8, 488_000, 700 * MIB),
            process(b"Hyprland", 1_501, 1, 152_000, 180 * MIB),
        ],
    );
    sample.top_io[0] = process(b"cargo", 5_001, 1, 8_000, 90 * MIB);
    sample.top_io[0].write_bytes_per_s = 1_677_000;
    sample.top_io[1] = process(b"systemd-journal", 301, 1, 0, 40 * MIB);
    sample.top_io[1].write_bytes_per_s = 210_000;
    ordinary_applications(&mut sample);
    sample.gpus[0] = Gpu {
        driver: 2,
        state: Gpu::AWAKE,
        valid: (Gpu::MEMORY << 1) - 1,
        busy_ppm: 112_000,
        frequency_mhz: 450,
        frequency_limit_mhz: 2_050,
        temperature_mc: 47_600,
        throttle: 0,
        power_uw: 6_300_000,
        memory_used_bytes: 1_300 * MIB,
        memory_total_bytes: 12 * GIB,
        ..Gpu::default()
    };
    sample.fans_rpm[0] = 2_310;
    sample
}

fn ordinary_applications(sample: &mut Snapshot) {
    let firefox = application(b"firefox", 31, 752_000, 5_325 * MIB);
    let mut alacritty = application(b"alacritty", 153, 688_000, 820 * MIB);
    alacritty.write_bytes_per_s = 1_677_000;
    let editor = application(b"com.example.SomeVeryLongEditorId", 4, 24_000, 3_400 * MIB);
    let mut journal = application(b"systemd-journald", 1, 0, 40 * MIB);
    journal.write_bytes_per_s = 210_000;
    let mut kworker = application(b"kworker", 9, 640_000, 0);
    kworker.flags = Process::KERNEL_THREAD;
    fill(
        &mut sample.top_cpu_applications,
        [firefox, alacritty, kworker, application(b"hyprland", 3, 152_000, 180 * MIB), editor],
    );
    fill(&mut sample.top_memory_applications, [firefox, editor, alacritty]);
    fill(&mut sample.top_io_applications, [alacritty, journal]);
}

fn ordinary_scalars() -> Snapshot {
    Snapshot {
        sequence: 1_234,
        instance: 0x0123_4567_89ab_cdef,
        monotonic_ns: 5_000 * SECOND_NS,
        realtime_ns: 1_767_225_599 * SECOND_NS,
        elapsed_ns: 1_000_120_000,
        period_ns: SECOND_NS,
        valid: EVERYTHING & !valid::SWAP & !valid::ZSWAP & !valid::ZFS_ARC,
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
        cpu_busiest: 2,
        cpu_frequency_busiest_khz: 4_100_000,
        probe_switch_ns: 112,
        probe_ppm: 910,
        pressure_cpu_some_ppm: 31_400,
        pressure_memory_some_ppm: 100,
        pressure_io_some_ppm: 42_000,
        pressure_io_full_ppm: 8_100,
        battery_charge_ppm: 803_000,
        battery_status: 2,
        fan_count: 1,
        context_switches_per_s: 8_123,
        memory_total_bytes: 31 * GIB + 200 * MIB,
        memory_available_bytes: 14 * GIB + 800 * MIB,
        memory_used_bytes: 16 * GIB + 424 * MIB,
        memory_cached_bytes: 9 * GIB,
        io_read_bytes_per_s: 300_000,
        io_write_bytes_per_s: 1_900_000,
        disk_read_bytes_per_s: 310_000,
        disk_write_bytes_per_s: 820_000,
        cpu_power_uw: 14_240_000,
        battery_power_uw: 19_800_000,
        zram_stored_bytes: 900 * MIB,
        zram_used_bytes: 210 * MIB,
        cores_online: [0xff, 0, 0, 0],
        ..Snapshot::EMPTY
    }
}

/// Processes with names that no program should have.
pub fn hostile() -> Snapshot {
    let mut sample = ordinary();
    sample.valid &= !valid::APPLICATIONS;
    let names: [&[u8]; 5] = [
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
        sample.blocked[row] = process_state(name, 1, 1);
        sample.zombies[row] = process_state(name, 1, 0);
    }
    sample
}

/// Applications with the same names, and a name that fills its field without a final zero.
pub fn hostile_applications() -> Snapshot {
    let mut sample = hostile();
    sample.valid |= valid::APPLICATIONS;
    for row in 0..sample.top_cpu_applications.len() {
        let Process { comm, cpu_ppm, rss_bytes, .. } = sample.top_cpu[row];
        let row_of = application(comm.bytes(), 1_234_567, cpu_ppm, rss_bytes);
        sample.top_cpu_applications[row] = row_of;
        sample.top_memory_applications[row] = row_of;
        sample.top_io_applications[row] = Application { read_bytes_per_s: 5 * MIB, ..row_of };
    }
    sample.top_cpu_applications[1].name = text(&"日本語の名前です🦀".as_bytes()[..28]);
    sample.top_memory_applications[1].name = Text([b'W'; 32]);
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
        // No validity bit is set, so no output may show these values.
        cpu_busy_ppm: 987_654,
        memory_total_bytes: 987_654,
        ..Snapshot::EMPTY
    }
}

/// A sample with every bit of every field set, except in the lists' texts and the clocks.
pub fn huge() -> Snapshot {
    let mut sample = Snapshot::from_words([u64::MAX; rstat_shm::snapshot::SNAPSHOT_WORDS]);
    sample.cpu_count = MAX_CORES as u32;
    for list in [&mut sample.top_cpu, &mut sample.top_memory, &mut sample.top_io] {
        for row in list {
            row.comm = Text(*b"WWWWWWWWWWWWWWW\0");
        }
    }
    for list in [
        &mut sample.top_cpu_applications,
        &mut sample.top_memory_applications,
        &mut sample.top_io_applications,
    ] {
        for row in list {
            row.name = Text([b'W'; 32]);
            // The outputs hide rows that are flagged as kernel threads.
            row.flags = 0;
        }
    }
    for list in [&mut sample.blocked, &mut sample.zombies] {
        for row in list {
            row.comm = Text(*b"WWWWWWWWWWWWWWW\0");
        }
    }
    sample
}

/// An idle machine with a sleeping GPU, on a kernel without BPF.
pub fn gpu_asleep() -> Snapshot {
    let mut sample = ordinary();
    sample.source = 2;
    sample.cpu_busy_ppm = 4_000;
    sample.cpu_temperature_mc = 38_000;
    sample.gpus[0] = Gpu { driver: 3, state: Gpu::ASLEEP, ..Gpu::default() };
    sample.top_cpu = [Process::default(); TOP_ROWS];
    sample.top_io = [Process::default(); TOP_ROWS];
    sample.top_cpu_applications = Default::default();
    sample.top_io_applications = Default::default();
    sample.battery_status = 4;
    sample.battery_charge_ppm = 1_000_000;
    sample.battery_power_uw = 0;
    sample.fans_rpm = [0; MAX_FANS];
    sample.fan_count = 2;
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
    sample.cpu_throttle_count = 7;
    sample.cpu_throttled_ppm = 124_000;
    sample.gpus[0].throttle = throttle::POWER | throttle::THERMAL;
    sample.pressure_memory_some_ppm = 31_400;
    sample.pressure_io_full_ppm = 412_000;
    sample.processes_blocked = 4;
    fill(
        &mut sample.blocked,
        [
            process_state(b"rsync", 812, 3),
            process_state(b"nfsd", 401, 1),
            process_state(b"jbd2/sda1-8", 210, 1),
            process_state(b"ls", 9_001, 1),
        ],
    );
    sample.processes_zombie = 1;
    sample.zombies[0] = process_state(b"defunct-helper", 7_001, 0);
    sample
}

/// A history of little more than two minutes that ends with `sample` and has a pause.
pub fn history(sample: &Snapshot) -> Vec<HistoryPoint> {
    let step_ns = sample.period_ns.clamp(1, 60 * SECOND_NS);
    let point = |back: u64| {
        let wave = (back / 3 * 7 % 24).abs_diff(12);
        let mut point = HistoryPoint::from(sample);
        point.monotonic_ns = sample.monotonic_ns.saturating_sub(back * step_ns);
        if back > 0 {
            point.cpu_busy_ppm = (wave * 80_000) as u32;
            point.gpu_busy_ppm = (wave * 30_000) as u32;
            point.io_write_bytes_per_s = if (40..50).contains(&back) { 9 * MIB } else { 0 };
        }
        point
    };
    (0..130).rev().filter(|back| !(70..82).contains(back)).map(point).collect()
}
