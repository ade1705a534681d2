//! Each recorded machine gives the values that are in its files, from the right
//! files.

use std::path::Path;
use std::process::{Command, Stdio};

use rstat_shm::Snapshot;
use rstat_shm::fields::PLATFORM_PROFILES;
use rstat_shm::snapshot::{Gpu, throttle, valid};
use rstatd::source::cpu::shares::Cpus;
use rstatd::source::{Draft, OnlineCpus, SOURCES, Sources};

use crate::daemon::Known;
use crate::tree::recorded;

pub const MACHINES: [&str; 6] =
    ["intel-laptop", "intel-xe", "amd-laptop", "hybrid-nvidia", "arm-board", "virtual-machine"];

fn draft(machine: &str) -> Draft {
    let mut draft = Draft::EMPTY;
    let mut sources = Sources::discover(&recorded(machine));
    sources.read_due(1, &mut draft, &mut |event| panic!("{machine}: {event}"));
    draft
}

fn read(machine: &str) -> Snapshot {
    let Draft { sample, known, .. } = draft(machine);
    Snapshot { valid: known, ..sample }
}

/// One line for each source: its origin, or what is missing.
fn origins(machine: &str) -> String {
    let sources = Sources::discover(&recorded(machine));
    let lines = sources.origins().map(|(entry, origin)| match origin {
        Ok(origin) => format!("{}: {origin}\n", entry.name),
        Err(missing) => format!("{}: - {missing}\n", entry.name),
    });
    lines.collect()
}

/// With `RSTAT_BLESS` set, the printed text becomes the expected text.
#[test]
fn origins_say_which_file_and_why() {
    for machine in MACHINES {
        let golden = recorded(machine).path("origins.txt");
        rstat_testbed::checked_in::compare(&golden, &origins(machine));
    }
}

#[test]
fn memory_is_counted_as_free_counts() {
    let kib = |kib: u64| kib * 1024;
    let sample = read("intel-laptop");
    assert!(sample.has(valid::MEMORY | valid::SWAP | valid::ZSWAP));
    assert_eq!(sample.memory_total_bytes, kib(16_000_000));
    assert_eq!(sample.memory_available_bytes, kib(9_000_000));
    assert_eq!(sample.memory_cached_bytes, kib(300_000 + 6_000_000 + 400_000));
    assert_eq!(sample.swap_total_bytes, kib(8_000_000));
    assert_eq!(sample.swap_used_bytes, kib(8_000_000 - 7_000_000 - 50_000));
    assert_eq!(sample.zswap_stored_bytes, kib(350_000));
    assert_eq!(sample.zswap_used_bytes, kib(100_000));
    let without_swap = read("amd-laptop");
    assert_eq!(without_swap.valid & (valid::MEMORY | valid::SWAP), valid::MEMORY);
}

#[test]
fn load_is_in_thousandths() {
    let sample = read("intel-laptop");
    assert!(sample.has(valid::LOAD));
    let averages = [sample.load_1m_milli, sample.load_5m_milli, sample.load_15m_milli];
    assert_eq!((averages, sample.runnable, sample.threads), ([1250, 750, 100], 3, 1234));
}

#[test]
fn cpu_temperature_is_of_the_package_not_of_the_hottest_sensor() {
    let temperature_mc =
        |machine| read(machine).known(valid::CPU_TEMPERATURE, |sample| sample.cpu_temperature_mc);
    assert_eq!(temperature_mc("intel-laptop"), Some(51_000));
    assert_eq!(temperature_mc("amd-laptop"), Some(61_250));
    // The hotter of two clusters, neither the GPU's zone nor the I2C sensor.
    assert_eq!(temperature_mc("arm-board"), Some(47_500));
    assert_eq!(temperature_mc("virtual-machine"), None);
}

#[test]
fn cpu_frequency_counts_each_online_cpu() {
    let check = |machine, now_khz, limit_khz| {
        let sample = read(machine);
        let now = sample.known(valid::CPU_FREQUENCY, |sample| {
            (sample.cpu_frequency_khz, sample.cpu_frequency_highest_khz)
        });
        let limit =
            sample.known(valid::CPU_FREQUENCY_LIMIT, |sample| sample.cpu_frequency_limit_khz);
        assert_eq!((now, limit), (now_khz, limit_khz), "{machine}");
    };
    check("intel-laptop", Some((1_125_000, 2_400_000)), Some(4_800_000));
    // The second CPU's frequency is unknown.
    check("amd-laptop", Some((3_000_000, 3_000_000)), Some(5_100_000));
    // Four CPUs at 1 GHz and three of four, one being offline, at 2.4 GHz.
    check("arm-board", Some((1_600_000, 2_400_000)), Some(2_400_000));
    check("virtual-machine", None, None);
    // CPU 5 is offline.
    let board = draft("arm-board").cpu_khz;
    let (little, big) = (1_000_000, 2_400_000);
    assert_eq!(board[..8], [little, little, little, little, big, 0, big, big]);
}

#[test]
fn platform_profile_is_that_of_the_class_first() {
    let name = |machine| {
        let sample = read(machine);
        let number = sample.known(valid::PLATFORM_PROFILE, |sample| sample.platform_profile)?;
        Some(PLATFORM_PROFILES[number as usize - 1])
    };
    assert_eq!(name("intel-laptop"), Some("balanced"));
    assert_eq!(name("amd-laptop"), Some("low-power"));
    assert_eq!(name("arm-board"), None);
    // Without a profile, the preference of the CPU's driver stands for the profile.
    assert_eq!(name("intel-xe"), Some("balanced"));
}

#[test]
fn gpus_are_in_the_order_of_their_bus_addresses() {
    let row = |driver, valid| Gpu { driver, state: Gpu::AWAKE, valid, ..Gpu::default() };
    let asleep = |driver| Gpu { driver, state: Gpu::ASLEEP, ..Gpu::default() };
    let check = |machine, expected: &[Gpu]| {
        let sample = read(machine);
        assert_eq!(sample.known_gpus(), expected, "{machine}");
        let rest = &sample.gpus[expected.len()..];
        assert!(rest.iter().all(|row| *row == Gpu::default()), "{machine}: {rest:?}");
    };
    let clocks = Gpu::FREQUENCY | Gpu::FREQUENCY_LIMIT;
    let i915 = Gpu {
        frequency_mhz: 650,
        // Not the limit that can be set, which is 900.
        frequency_limit_mhz: 2250,
        throttle: throttle::POWER | throttle::THERMAL,
        ..row(1, clocks | Gpu::THROTTLE)
    };
    check("intel-laptop", &[i915]);
    let all = clocks | Gpu::BUSY | Gpu::TEMPERATURE | Gpu::THROTTLE | Gpu::POWER | Gpu::MEMORY;
    let amdgpu = Gpu {
        busy_ppm: 370_000,
        frequency_mhz: 1100,
        frequency_limit_mhz: 2700,
        temperature_mc: 52_000,
        throttle: throttle::POWER | throttle::THERMAL,
        power_uw: 11_000_000,
        memory_used_bytes: 1 << 30,
        memory_total_bytes: 4 << 30,
        ..row(3, all)
    };
    check("amd-laptop", &[asleep(3), amdgpu]);
    let xe = Gpu {
        frequency_mhz: 1950,
        frequency_limit_mhz: 2400,
        // The package, not the memory, which is hotter.
        temperature_mc: 61_000,
        throttle: throttle::CURRENT,
        ..row(2, clocks | Gpu::TEMPERATURE | Gpu::THROTTLE)
    };
    check("intel-xe", &[xe]);
    let i915 = Gpu { frequency_limit_mhz: 1500, ..row(1, clocks) };
    check("hybrid-nvidia", &[i915, asleep(4)]);
    let panfrost = Gpu {
        frequency_mhz: 400,
        // Not the limit that can be set, which is 600.
        frequency_limit_mhz: 800,
        temperature_mc: 88_000,
        ..row(7, clocks | Gpu::TEMPERATURE)
    };
    check("arm-board", &[panfrost]);
    check("virtual-machine", &[]);
}

#[test]
fn pressure_is_the_average_of_ten_seconds() {
    let of = |machine| {
        let sample = read(machine);
        [
            sample.known(valid::PRESSURE_CPU, |sample| {
                (sample.pressure_cpu_some_ppm, sample.pressure_cpu_full_ppm)
            }),
            sample.known(valid::PRESSURE_MEMORY, |sample| {
                (sample.pressure_memory_some_ppm, sample.pressure_memory_full_ppm)
            }),
            sample.known(valid::PRESSURE_IO, |sample| {
                (sample.pressure_io_some_ppm, sample.pressure_io_full_ppm)
            }),
        ]
    };
    let expected = [Some((15_000, 0)), Some((2_500, 1_000)), Some((120_000, 37_500))];
    assert_eq!(of("intel-laptop"), expected);
    // An older kernel, without a line `full` for the CPU.
    assert_eq!(of("amd-laptop"), [Some((0, 0)); 3]);
    assert_eq!(of("arm-board"), [None; 3]);
}

#[test]
fn compressed_memory_and_the_cache_of_zfs_are_known() {
    let zram = |machine| {
        let figures = |sample: &Snapshot| (sample.zram_stored_bytes, sample.zram_used_bytes);
        read(machine).known(valid::ZRAM, figures)
    };
    assert_eq!(zram("intel-laptop"), Some((1 << 30, 301_989_888)));
    assert_eq!(zram("arm-board"), Some((4096 + 8192, 2048 + 1024)));
    assert_eq!(zram("virtual-machine"), None);
    let arc = |machine| {
        let figures = |sample: &Snapshot| (sample.zfs_arc_bytes, sample.zfs_arc_reclaimable_bytes);
        read(machine).known(valid::ZFS_ARC, figures)
    };
    assert_eq!(arc("intel-laptop"), Some((3 << 29, 1 << 30)));
    assert_eq!(arc("amd-laptop"), None);
}

#[test]
fn batteries_of_the_machine_are_one() {
    let battery = |machine| {
        let sample = read(machine);
        let power_uw = sample.known(valid::BATTERY_POWER, |sample| sample.battery_power_uw);
        let figures =
            |sample: &Snapshot| (sample.battery_charge_ppm, sample.battery_status, power_uw);
        sample.known(valid::BATTERY, figures)
    };
    // Two batteries with 40 of 60 Wh, one of which discharges; the battery of the mouse does not
    // count.
    assert_eq!(battery("intel-laptop"), Some((666_667, 2, Some(7_500_000))));
    // 4 of 5 Ah; the product of a negative current and the voltage.
    assert_eq!(battery("amd-laptop"), Some((800_000, 1, Some(18_000_000))));
    assert_eq!(battery("arm-board"), Some((420_000, 0, None)));
    assert_eq!(battery("virtual-machine"), None);
}

#[test]
fn fans_are_neither_of_graphics_cards_nor_behind_a_slow_bus() {
    assert_eq!(read("intel-laptop").known_fans_rpm(), [2900, 0]);
    assert!(!read("amd-laptop").has(valid::FANS));
    assert!(!read("arm-board").has(valid::FANS));
}

#[test]
fn online_cpus_are_a_bitmap() {
    let check = |machine, count, online| {
        let mut cpus = Cpus::EMPTY;
        OnlineCpus::open(&recorded(machine)).unwrap().read(&mut cpus).unwrap();
        assert_eq!((cpus.online_count, cpus.online), (count, [online, 0, 0, 0]), "{machine}");
    };
    check("intel-laptop", 4, 0b1111);
    check("arm-board", 7, 0b1101_1111);
    check("virtual-machine", 1, 0b1);
}

#[test]
fn check_has_a_value_of_every_source_that_answers() {
    let start = |machine: &&str| {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources").join(machine);
        let mut check = Command::new(env!("CARGO_BIN_EXE_rstatd"));
        check.args(["--check", "--root"]).arg(root).stdout(Stdio::piped()).spawn().unwrap()
    };
    let checks: Vec<_> = MACHINES.iter().map(start).collect();
    for (machine, check) in MACHINES.iter().zip(checks) {
        let output = check.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().count() > SOURCES.len(), "{machine}: {text}");
        let silent: Vec<_> = text.lines().filter(|line| line.contains("at this moment")).collect();
        assert!(silent.is_empty(), "{machine}: {silent:#?}");
    }
}
