//! Graphics cards that sleep, wake and vanish, whose counters wrap, and that are not read while
//! they idle.

use rstat_shm::snapshot::{Gpu, throttle};

use crate::daemon::Daemon;
use crate::tree::Tree;

const DEVICE: &str = "/sys/devices/pci0000:00/0000:00:02.0";
const CARD: &str = "/sys/devices/pci0000:00/0000:00:02.0/drm/card0";

fn card(test: &str) -> Tree {
    card_of("i915", test)
}

fn card_of(driver: &str, test: &str) -> Tree {
    let tree = Tree::new(test);
    tree.write(&format!("/sys/bus/pci/drivers/{driver}/bind"), "");
    tree.link(&format!("{DEVICE}/driver"), &format!("../../../bus/pci/drivers/{driver}"));
    tree.write(&format!("{DEVICE}/power/runtime_status"), "active\n");
    tree.link(&format!("{CARD}/device"), "../../../0000:00:02.0");
    tree.link("/sys/class/drm/card0", "../../devices/pci0000:00/0000:00:02.0/drm/card0");
    tree
}

fn residency(tree: &Tree, unit: u32, ms: u64) {
    tree.write(&format!("{CARD}/gt/gt{unit}/rc6_residency_ms"), format!("{ms}\n"));
}

/// The busy share of a second with that much idle time.
fn idle(idle_ms: u32) -> u32 {
    1_000_000 - idle_ms * 1_000
}

fn busy_ppm(gpu: &Gpu) -> Option<u32> {
    gpu.has(Gpu::BUSY).then_some(gpu.busy_ppm)
}

/// A card that is awake, without known figures.
fn awake(driver: u32) -> Gpu {
    Gpu { driver, state: Gpu::AWAKE, ..Gpu::default() }
}

fn asleep(driver: u32) -> Gpu {
    Gpu { driver, state: Gpu::ASLEEP, ..Gpu::default() }
}

/// The same card without the figures of one bit, which are 0.
fn without(gpu: &Gpu, bit: u32) -> Gpu {
    let mut gpu = *gpu;
    assert!(gpu.has(bit), "{gpu:?}");
    gpu.valid &= !bit;
    match bit {
        Gpu::BUSY => gpu.busy_ppm = 0,
        Gpu::FREQUENCY => gpu.frequency_mhz = 0,
        Gpu::FREQUENCY_LIMIT => gpu.frequency_limit_mhz = 0,
        Gpu::TEMPERATURE => gpu.temperature_mc = 0,
        Gpu::THROTTLE => gpu.throttle = 0,
        Gpu::POWER => gpu.power_uw = 0,
        Gpu::MEMORY => (gpu.memory_used_bytes, gpu.memory_total_bytes) = (0, 0),
        _ => panic!("no bit: {bit}"),
    }
    gpu
}

fn origin(daemon: &Daemon) -> String {
    let (_, origin) = daemon.sources.origins().find(|(entry, _)| entry.name == "gpu").unwrap();
    origin.unwrap_or_else(str::to_owned)
}

fn gpu(daemon: &mut Daemon) -> Gpu {
    daemon.tick().known_gpus()[0]
}

fn second_gpu(daemon: &mut Daemon) -> Gpu {
    daemon.tick().known_gpus()[1]
}

#[test]
fn a_card_that_sleeps_is_not_touched() {
    let tree = card("asleep");
    let status = format!("{DEVICE}/power/runtime_status");
    residency(&tree, 0, 1000);
    tree.write(&format!("{CARD}/gt/gt0/rps_act_freq_mhz"), "300\n");
    tree.write(&format!("{CARD}/gt/gt0/rc6_enable"), "1\n");
    tree.write(&status, "suspended\n");
    let mut daemon = Daemon::start(&tree);
    // A driver that reads the sleeping card finds that sleep is turned off, and does not look
    // again.
    tree.write(&format!("{CARD}/gt/gt0/rc6_enable"), "0\n");
    for state in ["suspended\n", "suspending\n"] {
        tree.write(&status, state);
        assert_eq!(gpu(&mut daemon), asleep(1));
    }
    tree.write(&format!("{CARD}/gt/gt0/rc6_enable"), "1\n");
    tree.write(&status, "active\n");
    let frequency_mhz = 300;
    let expected = Gpu { valid: Gpu::FREQUENCY, frequency_mhz, ..awake(1) };
    assert_eq!(gpu(&mut daemon), expected);
    residency(&tree, 0, 1700);
    assert_eq!(busy_ppm(&gpu(&mut daemon)), Some(idle(700)));
}

#[test]
fn residency_is_of_the_unit_that_slept_least_and_wraps() {
    let tree = card("residency");
    let last = u64::from(u32::MAX);
    let mut daemon = None;
    let mut work = |units: [u64; 2]| {
        residency(&tree, 0, units[0]);
        residency(&tree, 1, units[1]);
        busy_ppm(&gpu(daemon.get_or_insert_with(|| Daemon::start(&tree))))
    };
    assert_eq!(work([last - 500, 7000]), None);
    assert_eq!(work([last, 8000]), Some(idle(500)));
    assert_eq!(work([299, 8900]), Some(idle(300)));
}

#[test]
fn old_kernels_files_are_found_and_a_card_that_may_not_sleep_is_not_busy() {
    let tree = card("old-kernel");
    tree.write(&format!("{CARD}/power/rc6_residency_ms"), "1234\n");
    tree.write(&format!("{CARD}/gt_act_freq_mhz"), "0\n");
    tree.write(&format!("{CARD}/gt_RP0_freq_mhz"), "1150\n");
    let mut daemon = Daemon::start(&tree);
    daemon.tick();
    let gpu = gpu(&mut daemon);
    assert_eq!(busy_ppm(&gpu), Some(idle(0)));
    assert!(gpu.has(Gpu::FREQUENCY | Gpu::FREQUENCY_LIMIT));
    assert_eq!((gpu.frequency_mhz, gpu.frequency_limit_mhz), (0, 1150));

    tree.write(&format!("{CARD}/power/rc6_enable"), "0\n");
    assert_eq!(busy_ppm(&Daemon::start(&tree).ticks(2).known_gpus()[0]), None);
}

#[test]
fn a_file_that_does_not_answer_costs_its_own_field_only() {
    let tree = Tree::of("amd-laptop", "bad-fields");
    let device = "/sys/devices/pci0000:00/0000:05:00.0";
    let mut daemon = Daemon::start(&tree);
    let known = second_gpu(&mut daemon);
    let fields = [
        ("gpu_busy_percent", Gpu::BUSY),
        ("hwmon/hwmon4/temp1_input", Gpu::TEMPERATURE),
        ("hwmon/hwmon4/power1_input", Gpu::POWER),
        ("mem_info_vram_used", Gpu::MEMORY),
        ("gpu_metrics", Gpu::THROTTLE),
    ];
    for (file, bit) in fields {
        let path = format!("{device}/{file}");
        let good = std::fs::read(tree.path(&path)).unwrap();
        for bad in ["", "\n", "nonsense\n", "99999999999999999999999\n"] {
            tree.write(&path, bad);
            assert_eq!(second_gpu(&mut daemon), without(&known, bit), "{file} {bad:?}");
        }
        tree.write(&path, good);
    }
    assert_eq!(second_gpu(&mut daemon), known);
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

#[test]
fn power_of_an_intel_card_is_the_energy_of_the_interval() {
    let tree = Tree::of("intel-xe", "xe-energy");
    let hwmon = "/sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0/hwmon/hwmon3";
    let mut daemon = Daemon::start(&tree);
    daemon.tick();
    tree.write(&format!("{hwmon}/energy1_input"), "153000000\n");
    let gpu = gpu(&mut daemon);
    assert!(gpu.has(Gpu::POWER));
    assert_eq!((gpu.power_uw, busy_ppm(&gpu)), (30_000_000, Some(idle(0))));
}

#[test]
fn a_card_that_idles_is_left_alone_until_it_could_have_fallen_asleep() {
    let tree = card("rest");
    tree.write(&format!("{DEVICE}/power/control"), "auto\n");
    tree.write(&format!("{DEVICE}/power/autosuspend_delay_ms"), "3000\n");
    tree.write("/sys/class/drm/card0-DP-1/enabled", "disabled\n");
    residency(&tree, 0, 0);
    tree.write(&format!("{CARD}/gt/gt0/rps_act_freq_mhz"), "0\n");
    let mut daemon = Daemon::start(&tree);
    let mut seen = Vec::new();
    for second in 1..=12_u64 {
        // The frequency shows when the files were read.
        tree.write(&format!("{CARD}/gt/gt0/rps_act_freq_mhz"), format!("{second}\n"));
        residency(&tree, 0, second * 1000);
        let gpu = gpu(&mut daemon);
        assert!(gpu.has(Gpu::FREQUENCY));
        seen.push(gpu.frequency_mhz);
    }
    // Read twice, then not for the card's three seconds and two more.
    assert_eq!(seen, [1, 2, 2, 2, 2, 2, 7, 8, 8, 8, 8, 8]);
    assert!(gpu(&mut daemon).has(Gpu::BUSY), "what it said last stands");

    tree.write("/sys/class/drm/card0-DP-1/enabled", "enabled\n");
    let mut daemon = Daemon::start(&tree);
    for second in 20..30_u64 {
        tree.write(&format!("{CARD}/gt/gt0/rps_act_freq_mhz"), format!("{second}\n"));
        residency(&tree, 0, second * 1000);
        assert_eq!(gpu(&mut daemon).frequency_mhz, second as u32, "it shows a picture");
    }
}

#[test]
fn a_driver_without_files_of_its_own_tells_what_any_device_does() {
    let hwmon = format!("{DEVICE}/hwmon/hwmon2");
    let check = |driver, files: &[(&str, &str)], expected: Gpu, files_told: &str| {
        let tree = card_of(driver, &format!("generic-{driver}"));
        for (file, content) in files {
            tree.write(file, content);
        }
        let mut daemon = Daemon::start(&tree);
        assert_eq!(gpu(&mut daemon), expected, "{driver}");
        let told = format!("/sys/class/drm/card0/device: {files_told} ({driver}, 0000:00:02.0)");
        assert_eq!(origin(&daemon), told);
        tree.write(&format!("{DEVICE}/power/runtime_status"), "suspended\n");
        assert_eq!(gpu(&mut daemon), asleep(expected.driver), "{driver}");
    };
    let temperature = (&*format!("{hwmon}/temp1_input"), "48000\n");
    let power = (&*format!("{hwmon}/power1_input"), "9000000\n");
    let radeon = Gpu { valid: Gpu::TEMPERATURE, temperature_mc: 48_000, ..awake(5) };
    check("radeon", &[temperature], radeon, "hwmon/hwmon2/temp1_input; no file tells its load");
    let valid = Gpu::TEMPERATURE | Gpu::POWER;
    let nouveau = Gpu { valid, power_uw: 9_000_000, ..radeon };
    let files = "hwmon/hwmon2/temp1_input, hwmon/hwmon2/power1_input; no file tells its load";
    check("nouveau", &[temperature, power], Gpu { driver: 6, ..nouveau }, files);
    let frequency = (&*format!("{DEVICE}/devfreq/gpu/cur_freq"), "500000000\n");
    let limit = (&*format!("{DEVICE}/devfreq/gpu/max_freq"), "900000000\n");
    let board = |driver| Gpu {
        valid: Gpu::FREQUENCY | Gpu::FREQUENCY_LIMIT,
        frequency_mhz: 500,
        frequency_limit_mhz: 900,
        ..awake(driver)
    };
    for (driver, number) in [("panfrost", 7), ("panthor", 8), ("lima", 9)] {
        let files = "devfreq/gpu/cur_freq; no file tells its load";
        check(driver, &[frequency, limit], board(number), files);
    }
    check("v3d", &[], awake(10), "only whether it sleeps, no file tells more");
}

#[test]
fn what_a_device_says_wrongly_is_unknown() {
    let tree = Tree::of("arm-board", "bad-devfreq");
    let known = gpu(&mut Daemon::start(&tree));
    let devfreq = "/sys/devices/platform/fde60000.gpu/devfreq/fde60000.gpu";
    let fields = [
        (format!("{devfreq}/cur_freq"), Gpu::FREQUENCY),
        (format!("{devfreq}/available_frequencies"), Gpu::FREQUENCY_LIMIT),
        ("/sys/class/thermal/thermal_zone0/temp".to_owned(), Gpu::TEMPERATURE),
    ];
    for (path, bit) in fields {
        let good = std::fs::read(tree.path(&path)).unwrap();
        for bad in ["", "\n", "nonsense\n", "99999999999999999999999\n", "9000000000000000000\n"] {
            tree.write(&path, bad);
            let mut daemon = Daemon::start(&tree);
            assert_eq!(gpu(&mut daemon), without(&known, bit), "{path} {bad:?}");
            assert!(daemon.events.is_empty(), "{:?}", daemon.events);
        }
        tree.write(&path, good);
    }
    tree.write(&format!("{devfreq}/cur_freq"), "-400000000\n");
    assert!(!gpu(&mut Daemon::start(&tree)).has(Gpu::FREQUENCY));
}

#[test]
fn with_qualcomm_the_processor_is_asked_not_the_display() {
    let tree = card_of("msm_dpu", "msm");
    let adreno = "/sys/devices/soc/3d00000.gpu";
    let driver = "/sys/bus/platform/drivers/adreno";
    tree.write(&format!("{driver}/bind"), "");
    tree.link(&format!("{driver}/3d00000.gpu"), "../../../../devices/soc/3d00000.gpu");
    tree.link(&format!("{driver}/module"), "../../../../module/msm");
    tree.link(&format!("{adreno}/driver"), "../../../bus/platform/drivers/adreno");
    tree.write(&format!("{adreno}/power/runtime_status"), "active\n");
    tree.write(&format!("{adreno}/devfreq/3d00000.gpu/cur_freq"), "315000000\n");
    let mut daemon = Daemon::start(&tree);
    let expected = Gpu { valid: Gpu::FREQUENCY, frequency_mhz: 315, ..awake(11) };
    assert_eq!(gpu(&mut daemon), expected);
    tree.write(&format!("{adreno}/power/runtime_status"), "suspended\n");
    assert_eq!(gpu(&mut daemon), asleep(11));
    // A display without a processor is no graphics processor.
    tree.remove(&format!("{driver}/3d00000.gpu"));
    let mut daemon = Daemon::start(&tree);
    assert!(daemon.tick().known_gpus().is_empty());
}

#[test]
fn a_card_of_another_driver_is_named() {
    let tree = card_of("virtio-pci", "other-driver");
    let daemon = Daemon::start(&tree);
    let origin = origin(&daemon);
    assert!(origin.starts_with("/sys/class/drm/card0 has the driver virtio-pci; known are i915, "));
}

#[test]
fn what_throttles_an_amd_card_is_told_with_the_version_that_was_seen() {
    let tree = Tree::of("amd-laptop", "gpu-metrics");
    let path = "/sys/devices/pci0000:00/0000:05:00.0/gpu_metrics";
    let mut daemon = Daemon::start(&tree);
    let mut read = |size: u16, format: u8, content: u8, cause: u32| {
        let mut table = vec![0; usize::from(size)];
        table[..2].copy_from_slice(&size.to_ne_bytes());
        table[2..4].copy_from_slice(&[format, content]);
        if let Some(field) = table.get_mut(240..244) {
            field.copy_from_slice(&cause.to_ne_bytes());
        }
        tree.write(path, table);
        let gpu = second_gpu(&mut daemon);
        let throttle = gpu.has(Gpu::THROTTLE).then_some(gpu.throttle);
        (throttle, origin(&daemon).split("gpu_metrics ").nth(1).unwrap().to_owned())
    };
    let of = |what: &str| format!("{what} (amdgpu, 0000:05:00.0)");
    assert_eq!(read(264, 3, 0, 10), (None, of("3.0")), "what went up, nobody knows");
    assert_eq!(read(264, 3, 0, 10), (Some(0), of("3.0")));
    assert_eq!(read(264, 3, 0, 11), (Some(throttle::POWER), of("3.0")));
    let unsaid = "does not say what throttles it";
    assert_eq!(read(292, 1, 4, 0), (None, of(&format!("1.4 ({unsaid})"))));
    assert_eq!(read(292, 1, 9, 0), (None, of(&format!("1.9 ({unsaid})"))));
}
