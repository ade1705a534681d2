//! Each recorded machine gives the values that are in its files, from the right
//! files.

use rstat_shm::snapshot::{PLATFORM_PROFILES, throttle};
use rstatd::reading::{
    Battery, Compressed, Fans, GpuPower, GpuReading, GpuWork, Load, Memory, Pressure, Reading,
    ZfsArc,
};
use rstatd::source::{OnlineCpus, Sources};

use crate::tree::recorded;

const MACHINES: [&str; 6] =
    ["intel-laptop", "intel-xe", "amd-laptop", "hybrid-nvidia", "arm-board", "virtual-machine"];

fn read(machine: &str) -> Reading {
    let mut reading = Reading::EMPTY;
    reading.monotonic_ns = 1;
    let mut sources = Sources::discover(&recorded(machine));
    sources.read_due(&mut reading, &Reading::EMPTY, &mut |event| panic!("{machine}: {event}"));
    reading
}

/// One line a source: where it is or what is missing.
fn origins(machine: &str) -> String {
    let sources = Sources::discover(&recorded(machine));
    let lines = sources.origins().map(|(name, origin)| match origin {
        Ok(origin) => format!("{name}: {origin}\n"),
        Err(missing) => format!("{name}: - {missing}\n"),
    });
    lines.collect()
}

/// With `BLESS` set, what is printed becomes what is expected.
#[test]
fn origins_say_which_file_and_why() {
    for machine in MACHINES {
        let golden = recorded(machine).path("origins.txt");
        let origins = origins(machine);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, &origins).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&golden).unwrap(), origins, "{machine}");
    }
}

#[test]
fn memory_is_counted_as_free_counts() {
    let kib = |kib: u64| kib * 1024;
    assert_eq!(
        read("intel-laptop").memory,
        Some(Memory {
            total_bytes: kib(16_000_000),
            available_bytes: kib(9_000_000),
            cached_bytes: kib(300_000 + 6_000_000 + 400_000),
            swap_total_bytes: kib(8_000_000),
            swap_used_bytes: kib(8_000_000 - 7_000_000 - 50_000),
            zswap: Some(Compressed { stored_bytes: kib(350_000), used_bytes: kib(100_000) }),
        })
    );
    let without_swap = read("amd-laptop").memory.unwrap();
    assert_eq!((without_swap.swap_total_bytes, without_swap.swap_used_bytes), (0, 0));
}

#[test]
fn load_is_in_thousandths() {
    let load = Load { average_milli: [1250, 750, 100], runnable: 3, threads: 1234 };
    assert_eq!(read("intel-laptop").load, Some(load));
}

#[test]
fn cpu_temperature_is_of_the_package_not_of_the_hottest_sensor() {
    assert_eq!(read("intel-laptop").cpu_temperature_mc, Some(51_000));
    assert_eq!(read("amd-laptop").cpu_temperature_mc, Some(61_250));
    // The hotter of two clusters, neither the GPU's zone nor the I2C sensor.
    assert_eq!(read("arm-board").cpu_temperature_mc, Some(47_500));
    assert_eq!(read("virtual-machine").cpu_temperature_mc, None);
}

#[test]
fn cpu_frequency_counts_each_online_cpu() {
    let check = |machine, now_khz, limit_khz| {
        let frequency = read(machine).cpu_frequency;
        assert_eq!((frequency.now_khz, frequency.limit_khz), (now_khz, limit_khz), "{machine}");
    };
    check("intel-laptop", Some((1_125_000, 2_400_000)), Some(4_800_000));
    // The second CPU's frequency is unknown.
    check("amd-laptop", Some((3_000_000, 3_000_000)), Some(5_100_000));
    // Four CPUs at 1 GHz and three of four, one being offline, at 2.4 GHz.
    check("arm-board", Some((1_600_000, 2_400_000)), Some(2_400_000));
    check("virtual-machine", None, None);
    // CPU 5 is the one that is offline.
    let board = read("arm-board").cpu_frequency.each_khz;
    let (little, big) = (1_000_000, 2_400_000);
    assert_eq!(board[..8], [little, little, little, little, big, 0, big, big]);
}

#[test]
fn platform_profile_is_that_of_the_class_first() {
    let name = |machine| {
        let number = read(machine).platform_profile?;
        Some(PLATFORM_PROFILES[number as usize - 1])
    };
    assert_eq!(name("intel-laptop"), Some("balanced"));
    assert_eq!(name("amd-laptop"), Some("low-power"));
    assert_eq!(name("arm-board"), None);
    // Without a profile what the CPU driver was asked to prefer stands for it.
    assert_eq!(name("intel-xe"), Some("balanced"));
}

#[test]
fn gpus_are_in_the_order_of_their_bus_addresses() {
    let i915 = GpuReading {
        driver: 1,
        frequency_mhz: Some(650),
        // Not the limit that can be set, which is 900.
        frequency_limit_mhz: Some(2250),
        throttle: Some(throttle::POWER | throttle::THERMAL),
        ..GpuReading::default()
    };
    assert_eq!(read("intel-laptop").gpus, [Some(i915), None, None, None]);
    let asleep = GpuReading { driver: 3, asleep: true, ..GpuReading::default() };
    let amdgpu = GpuReading {
        driver: 3,
        asleep: false,
        work: Some(GpuWork::BusyPpm(370_000)),
        frequency_mhz: Some(1100),
        frequency_limit_mhz: Some(2700),
        temperature_mc: Some(52_000),
        throttle: Some(throttle::POWER | throttle::THERMAL),
        power: Some(GpuPower::Uw(11_000_000)),
        memory_bytes: Some((1 << 30, 4 << 30)),
    };
    assert_eq!(read("amd-laptop").gpus, [Some(asleep), Some(amdgpu), None, None]);
    let xe = GpuReading {
        driver: 2,
        frequency_mhz: Some(1950),
        frequency_limit_mhz: Some(2400),
        // The package, not the memory, which is hotter.
        temperature_mc: Some(61_000),
        throttle: Some(throttle::CURRENT),
        ..GpuReading::default()
    };
    assert_eq!(read("intel-xe").gpus, [Some(xe), None, None, None]);
    let i915 = GpuReading {
        driver: 1,
        frequency_mhz: Some(0),
        frequency_limit_mhz: Some(1500),
        ..GpuReading::default()
    };
    let nvidia = GpuReading { driver: 4, asleep: true, ..GpuReading::default() };
    assert_eq!(read("hybrid-nvidia").gpus, [Some(i915), Some(nvidia), None, None]);
    let panfrost = GpuReading {
        driver: 7,
        frequency_mhz: Some(400),
        // Not the limit that can be set, which is 600.
        frequency_limit_mhz: Some(800),
        temperature_mc: Some(88_000),
        ..GpuReading::default()
    };
    assert_eq!(read("arm-board").gpus, [Some(panfrost), None, None, None]);
    assert_eq!(read("virtual-machine").gpus, [None; 4]);
}

#[test]
fn pressure_is_the_average_of_ten_seconds() {
    let of = |machine| {
        let reading = read(machine);
        [reading.pressure_cpu, reading.pressure_memory, reading.pressure_io]
    };
    let pressure = |some_ppm, full_ppm| Some(Pressure { some_ppm, full_ppm });
    let expected = [pressure(15_000, 0), pressure(2_500, 1_000), pressure(120_000, 37_500)];
    assert_eq!(of("intel-laptop"), expected);
    // An older kernel, without a line `full` for the CPU.
    assert_eq!(of("amd-laptop"), [pressure(0, 0); 3]);
    assert_eq!(of("arm-board"), [None; 3]);
}

#[test]
fn compressed_memory_and_the_cache_of_zfs_are_known() {
    let zram = Compressed { stored_bytes: 1 << 30, used_bytes: 301_989_888 };
    assert_eq!(read("intel-laptop").zram, Some(zram));
    let both = Compressed { stored_bytes: 4096 + 8192, used_bytes: 2048 + 1024 };
    assert_eq!(read("arm-board").zram, Some(both));
    assert_eq!(read("virtual-machine").zram, None);
    let arc = ZfsArc { size_bytes: 3 << 29, reclaimable_bytes: 1 << 30 };
    assert_eq!(read("intel-laptop").zfs_arc, Some(arc));
    assert_eq!(read("amd-laptop").zfs_arc, None);
}

#[test]
fn batteries_of_the_machine_are_one() {
    let battery = |charge, status, power_uw| Some(Battery { charge, status, power_uw });
    // Two of them, one of which discharges; the mouse's does not count.
    let both = (40_000_000, 60_000_000);
    assert_eq!(read("intel-laptop").battery, battery(both, 2, Some(7_500_000)));
    // The product of a negative current and the voltage.
    let charge = (4_000_000, 5_000_000);
    assert_eq!(read("amd-laptop").battery, battery(charge, 1, Some(18_000_000)));
    assert_eq!(read("arm-board").battery, battery((42, 100), 0, None));
    assert_eq!(read("virtual-machine").battery, None);
}

#[test]
fn fans_are_neither_of_graphics_cards_nor_behind_a_slow_bus() {
    let fans = Fans { count: 2, rpm: [2900, 0, 0, 0] };
    assert_eq!(read("intel-laptop").fans, Some(fans));
    assert_eq!(read("amd-laptop").fans, None);
    assert_eq!(read("arm-board").fans, None);
}

#[test]
fn online_cpus_are_a_bitmap() {
    let check = |machine, count, online| {
        let mut cpus = Reading::EMPTY.cpus;
        OnlineCpus::open(&recorded(machine)).unwrap().read(&mut cpus).unwrap();
        assert_eq!((cpus.online_count, cpus.online), (count, [online, 0, 0, 0]), "{machine}");
    };
    check("intel-laptop", 4, 0b1111);
    check("arm-board", 7, 0b1101_1111);
    check("virtual-machine", 1, 0b1);
}
