//! Each recorded machine gives the values that are in its files, from the right
//! files.

use rstat_shm::snapshot::PLATFORM_PROFILES;
use rstatd::reading::{CpuFrequency, GpuReading, GpuWork, Load, Memory, Reading};
use rstatd::source::{OnlineCpus, Sources};

use crate::tree::recorded;

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

#[test]
fn origins_say_which_file_and_why() {
    assert_eq!(
        origins("intel-laptop"),
        "memory: /proc/meminfo (used is MemTotal - MemAvailable)\n\
         load: /proc/loadavg\n\
         cpu_temperature: /sys/class/hwmon/hwmon10/temp1_input (coretemp, Package id 0)\n\
         cpu_frequency: /sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq and 3 more \
         policies (intel_pstate)\n\
         platform_profile: /sys/class/platform-profile/platform-profile-0/profile \
         (thinkpad-acpi)\n\
         gpu: /sys/class/drm/card1/gt/gt*: rc6_residency_ms, rps_act_freq_mhz, rps_RP0_freq_mhz \
         (i915, 0000:00:02.0)\n"
    );
    assert_eq!(
        origins("amd-laptop"),
        "memory: /proc/meminfo (used is MemTotal - MemAvailable)\n\
         load: /proc/loadavg\n\
         cpu_temperature: /sys/class/hwmon/hwmon3/temp1_input (k10temp, Tctl)\n\
         cpu_frequency: /sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq and 1 more \
         policies (amd-pstate-epp)\n\
         platform_profile: /sys/firmware/acpi/platform_profile (ACPI)\n\
         gpu: /sys/class/drm/card1/device/power/runtime_status (amdgpu, 0000:03:00.0); \
         /sys/class/drm/card0/device/power/runtime_status (amdgpu, 0000:05:00.0)\n"
    );
    assert_eq!(
        origins("arm-board"),
        "memory: /proc/meminfo (used is MemTotal - MemAvailable)\n\
         load: /proc/loadavg\n\
         cpu_temperature: /sys/class/thermal/thermal_zone1/temp and 1 more, the hottest \
         (thermal zone cpu-little-thermal)\n\
         cpu_frequency: /sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq and 1 more \
         policies (cpufreq-dt)\n\
         platform_profile: - no /sys/class/platform-profile/*/profile and no \
         /sys/firmware/acpi/platform_profile\n\
         gpu: - no /sys/class/drm/card* of a driver that we know\n"
    );
    assert_eq!(
        origins("virtual-machine"),
        "memory: /proc/meminfo (used is MemTotal - MemAvailable)\n\
         load: /proc/loadavg\n\
         cpu_temperature: - no hwmon named coretemp, k10temp, zenpower, k8temp, via_cputemp, \
         cpu_thermal, soc_thermal, littlecore_thermal, bigcore*_thermal, cpu#_thermal, \
         scpi_sensors and no thermal zone of type x86_pkg_temp, cpu*thermal, soc*, acpitz that \
         answers\n\
         cpu_frequency: - no /sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq\n\
         platform_profile: - no /sys/class/platform-profile/*/profile and no \
         /sys/firmware/acpi/platform_profile\n\
         gpu: - no /sys/class/drm/card* of a driver that we know\n"
    );
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
        let frequency = CpuFrequency { now_khz, limit_khz };
        assert_eq!(read(machine).cpu_frequency, frequency, "{machine}");
    };
    check("intel-laptop", Some((1_125_000, 2_400_000)), Some(4_800_000));
    // The second CPU's frequency is unknown.
    check("amd-laptop", Some((3_000_000, 3_000_000)), Some(5_100_000));
    // Four CPUs at 1 GHz and three of four, one being offline, at 2.4 GHz.
    check("arm-board", Some((1_600_000, 2_400_000)), Some(2_400_000));
    check("virtual-machine", None, None);
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
}

#[test]
fn gpus_are_in_the_order_of_their_bus_addresses() {
    let i915 = GpuReading {
        driver: 1,
        asleep: false,
        // The busier of the two units, which has slept less.
        work: Some(GpuWork::IdleMs { idle_ms: 123_456, wraps_at_ms: u64::from(u32::MAX) }),
        frequency_mhz: Some(650),
        // Not the limit that can be set, which is 900.
        frequency_limit_mhz: Some(2250),
    };
    assert_eq!(read("intel-laptop").gpus, [Some(i915), None, None, None]);
    let amdgpu = GpuReading { driver: 3, ..GpuReading::default() };
    let asleep = GpuReading { asleep: true, ..amdgpu };
    assert_eq!(read("amd-laptop").gpus, [Some(asleep), Some(amdgpu), None, None]);
    assert_eq!(read("arm-board").gpus, [None; 4]);
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
