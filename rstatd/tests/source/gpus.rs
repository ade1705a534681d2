//! Graphics cards that sleep, wake, wrap, vanish and want to be left alone.

use rstatd::reading::{GpuPower, GpuReading, GpuWork, Span};

use crate::daemon::{Daemon, SECOND_NS};
use crate::tree::Tree;

const DEVICE: &str = "/sys/devices/pci0000:00/0000:00:02.0";
const CARD: &str = "/sys/devices/pci0000:00/0000:00:02.0/drm/card0";

fn card(test: &str) -> Tree {
    let tree = Tree::new(test);
    tree.write("/sys/bus/pci/drivers/i915/bind", "");
    tree.link(&format!("{DEVICE}/driver"), "../../../bus/pci/drivers/i915");
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
