//! Graphics cards that sleep, wake, wrap, vanish and want to be left alone.

use rstat_shm::snapshot::throttle;
use rstatd::reading::{GpuPower, GpuReading, GpuWork, Span};

use crate::daemon::{Daemon, SECOND_NS};
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

fn idle(idle_ms: u64) -> GpuWork {
    GpuWork::IdleMs(Span { count: idle_ms, elapsed_ns: SECOND_NS })
}

/// Makes a field unknown.
type Clear = fn(&mut GpuReading);

fn origin(daemon: &Daemon) -> String {
    let (_, origin) = daemon.sources.origins().find(|(name, _)| *name == "gpu").unwrap();
    origin.unwrap_or_else(str::to_owned)
}

fn gpu(daemon: &mut Daemon) -> GpuReading {
    daemon.tick().gpus[0].unwrap()
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
    // Whoever looks finds that sleep is turned off, and asks no more.
    tree.write(&format!("{CARD}/gt/gt0/rc6_enable"), "0\n");
    for asleep in ["suspended\n", "suspending\n"] {
        tree.write(&status, asleep);
        let gpu = gpu(&mut daemon);
        assert_eq!(gpu, GpuReading { driver: 1, asleep: true, ..GpuReading::default() });
    }
    tree.write(&format!("{CARD}/gt/gt0/rc6_enable"), "1\n");
    tree.write(&status, "active\n");
    let awake = gpu(&mut daemon);
    assert_eq!((awake.asleep, awake.frequency_mhz, awake.work), (false, Some(300), None));
    residency(&tree, 0, 1700);
    assert_eq!(gpu(&mut daemon).work, Some(idle(700)));
}

#[test]
fn residency_is_of_the_unit_that_slept_least_and_wraps() {
    let tree = card("residency");
    let last = u64::from(u32::MAX);
    let mut daemon = None;
    let mut work = |units: [u64; 2]| {
        residency(&tree, 0, units[0]);
        residency(&tree, 1, units[1]);
        gpu(daemon.get_or_insert_with(|| Daemon::start(&tree))).work
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
    let gpu = daemon.tick().gpus[0].unwrap();
    assert_eq!(gpu.work, Some(idle(0)));
    assert_eq!((gpu.frequency_mhz, gpu.frequency_limit_mhz), (Some(0), Some(1150)));

    tree.write(&format!("{CARD}/power/rc6_enable"), "0\n");
    assert_eq!(Daemon::start(&tree).ticks(2).gpus[0].unwrap().work, None);
}

#[test]
fn a_file_that_does_not_answer_costs_its_own_field_only() {
    let tree = Tree::of("amd-laptop", "bad-fields");
    let device = "/sys/devices/pci0000:00/0000:05:00.0";
    let mut daemon = Daemon::start(&tree);
    let known = daemon.tick().gpus[1].unwrap();
    let fields: [(&str, Clear); 5] = [
        ("gpu_busy_percent", |gpu| gpu.work = None),
        ("hwmon/hwmon4/temp1_input", |gpu| gpu.temperature_mc = None),
        ("hwmon/hwmon4/power1_input", |gpu| gpu.power = None),
        ("mem_info_vram_used", |gpu| gpu.memory_bytes = None),
        ("gpu_metrics", |gpu| gpu.throttle = None),
    ];
    for (file, clear) in fields {
        let path = format!("{device}/{file}");
        let good = std::fs::read(tree.path(&path)).unwrap();
        for bad in ["", "\n", "nonsense\n", "99999999999999999999999\n"] {
            tree.write(&path, bad);
            let mut expected = known;
            clear(&mut expected);
            assert_eq!(daemon.tick().gpus[1], Some(expected), "{file} {bad:?}");
        }
        tree.write(&path, good);
    }
    assert_eq!(daemon.tick().gpus[1], Some(known));
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

#[test]
fn power_of_an_intel_card_is_the_energy_of_the_interval() {
    let tree = Tree::of("intel-xe", "xe-energy");
    let hwmon = "/sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0/hwmon/hwmon3";
    let mut daemon = Daemon::start(&tree);
    daemon.tick();
    tree.write(&format!("{hwmon}/energy1_input"), "153000000\n");
    let gpu = daemon.tick().gpus[0].unwrap();
    let span = Span { count: 30_000_000, elapsed_ns: SECOND_NS };
    assert_eq!((gpu.power, gpu.work), (Some(GpuPower::EnergyUj(span)), Some(idle(0))));
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
        // The frequency tells when the files were read.
        tree.write(&format!("{CARD}/gt/gt0/rps_act_freq_mhz"), format!("{second}\n"));
        residency(&tree, 0, second * 1000);
        seen.push(gpu(&mut daemon).frequency_mhz.unwrap());
    }
    // Read twice, then not for the card's three seconds and two more.
    assert_eq!(seen, [1, 2, 2, 2, 2, 2, 7, 8, 8, 8, 8, 8]);
    assert!(gpu(&mut daemon).work.is_some(), "what it said last stands");

    tree.write("/sys/class/drm/card0-DP-1/enabled", "enabled\n");
    let mut daemon = Daemon::start(&tree);
    for second in 20..30_u64 {
        tree.write(&format!("{CARD}/gt/gt0/rps_act_freq_mhz"), format!("{second}\n"));
        residency(&tree, 0, second * 1000);
        assert_eq!(gpu(&mut daemon).frequency_mhz, Some(second as u32), "it shows a picture");
    }
}

#[test]
fn a_driver_without_files_of_its_own_tells_what_any_device_does() {
    let awake = |driver| GpuReading { driver, ..GpuReading::default() };
    let hwmon = format!("{DEVICE}/hwmon/hwmon2");
    let check = |driver, files: &[(&str, &str)], expected, files_told: &str| {
        let tree = card_of(driver, &format!("generic-{driver}"));
        for (file, content) in files {
            tree.write(file, content);
        }
        let mut daemon = Daemon::start(&tree);
        assert_eq!(gpu(&mut daemon), expected, "{driver}");
        let told = format!("/sys/class/drm/card0/device: {files_told} ({driver}, 0000:00:02.0)");
        assert_eq!(origin(&daemon), told);
        tree.write(&format!("{DEVICE}/power/runtime_status"), "suspended\n");
        let asleep = GpuReading { asleep: true, ..awake(expected.driver) };
        assert_eq!(gpu(&mut daemon), asleep, "{driver}");
    };
    let temperature = (&*format!("{hwmon}/temp1_input"), "48000\n");
    let power = (&*format!("{hwmon}/power1_input"), "9000000\n");
    let radeon = GpuReading { temperature_mc: Some(48_000), ..awake(5) };
    check("radeon", &[temperature], radeon, "hwmon/hwmon2/temp1_input; no file tells its load");
    let nouveau = GpuReading { power: Some(GpuPower::Uw(9_000_000)), ..radeon };
    let files = "hwmon/hwmon2/temp1_input, hwmon/hwmon2/power1_input; no file tells its load";
    check("nouveau", &[temperature, power], GpuReading { driver: 6, ..nouveau }, files);
    let frequency = (&*format!("{DEVICE}/devfreq/gpu/cur_freq"), "500000000\n");
    let limit = (&*format!("{DEVICE}/devfreq/gpu/max_freq"), "900000000\n");
    let board = |driver| GpuReading {
        frequency_mhz: Some(500),
        frequency_limit_mhz: Some(900),
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
    let fields: [(String, Clear); 3] = [
        (format!("{devfreq}/cur_freq"), |gpu| gpu.frequency_mhz = None),
        (format!("{devfreq}/available_frequencies"), |gpu| gpu.frequency_limit_mhz = None),
        ("/sys/class/thermal/thermal_zone0/temp".to_owned(), |gpu| gpu.temperature_mc = None),
    ];
    for (path, clear) in fields {
        let good = std::fs::read(tree.path(&path)).unwrap();
        for bad in ["", "\n", "nonsense\n", "99999999999999999999999\n", "9000000000000000000\n"] {
            tree.write(&path, bad);
            let mut expected = known;
            clear(&mut expected);
            let mut daemon = Daemon::start(&tree);
            assert_eq!(gpu(&mut daemon), expected, "{path} {bad:?}");
            assert!(daemon.events.is_empty(), "{:?}", daemon.events);
        }
        tree.write(&path, good);
    }
    tree.write(&format!("{devfreq}/cur_freq"), "-400000000\n");
    assert_eq!(gpu(&mut Daemon::start(&tree)).frequency_mhz, None);
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
    let awake = GpuReading { driver: 11, frequency_mhz: Some(315), ..GpuReading::default() };
    assert_eq!(gpu(&mut daemon), awake);
    tree.write(&format!("{adreno}/power/runtime_status"), "suspended\n");
    let asleep = GpuReading { driver: 11, asleep: true, ..GpuReading::default() };
    assert_eq!(gpu(&mut daemon), asleep);
    // A display without a processor is no graphics processor.
    tree.remove(&format!("{driver}/3d00000.gpu"));
    let mut daemon = Daemon::start(&tree);
    assert_eq!(daemon.tick().gpus[0], None);
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
        let throttle = daemon.tick().gpus[1].unwrap().throttle;
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
