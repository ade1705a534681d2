//! Counters between two readings: what they went up by, wraps, devices that start
//! again or vanish, and content that is none.

use rstatd::reading::{CpuThrottle, Disk, Span};

use crate::daemon::{Daemon, SECOND_NS};
use crate::tree::Tree;

const DISK: &str = "/sys/devices/pci0000:00/0000:00:06.0/nvme/nvme0/block/nvme0n1/stat";
const ENERGY: &str = "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj";

fn span(count: u64) -> Span {
    Span { count, elapsed_ns: SECOND_NS }
}

/// A disk's own file, or that of anything else that has one.
fn stat(read: u64, written: u64) -> String {
    format!(" 100 1 {read} 3 4 5 {written} 6 7 8 9\n")
}

#[test]
fn disks_count_once_and_in_sectors_of_512_bytes() {
    let tree = Tree::of("intel-laptop", "disks");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(daemon.tick().disk, None, "nothing to compare with");
    for name in ["nvme0n1", "dm-0", "zram0", "loop0", "nvme0c0n1"] {
        tree.write(&format!("/sys/block/{name}/stat"), stat(2100, 6200));
    }
    let disk = Disk { read_bytes: span(100 * 512), write_bytes: span(200 * 512) };
    assert_eq!(daemon.tick().disk, Some(disk));
}

#[test]
fn a_disk_that_started_again_is_unknown_once() {
    let tree = Tree::of("intel-laptop", "disk-again");
    let mut daemon = Daemon::start(&tree);
    let mut read = |stat: &str| {
        tree.write(DISK, stat);
        Some(daemon.tick().disk?.read_bytes.count)
    };
    assert_eq!(read(&stat(1000, 1000)), None);
    assert_eq!(read(&stat(1001, 1000)), Some(512));
    assert_eq!(read(&stat(1, 1001)), None);
    assert_eq!(read(&stat(4, 1001)), Some(3 * 512));
    assert_eq!(read(&stat(u64::MAX, 1001)), Some(u64::MAX), "as many bytes as can be said");
}

#[test]
fn energy_wraps_and_a_counter_that_started_again_is_no_spike() {
    let tree = Tree::of("intel-laptop", "energy");
    let mut daemon = Daemon::start(&tree);
    let mut energy = |uj: u64| {
        tree.write(ENERGY, format!("{uj}\n"));
        daemon.tick().cpu_energy_uj
    };
    assert_eq!(energy(262_000_000_000), None);
    assert_eq!(energy(262_100_000_000), Some(span(100_000_000)));
    // 262,143,328,850 is the highest.
    assert_eq!(energy(6_671_149), Some(span(50_000_000)));
    // Reset by a suspend: it looks like a wrap of 260 kJ in a second.
    assert_eq!(energy(2_000_000), None);
    assert_eq!(energy(12_000_000), Some(span(10_000_000)));
}

#[test]
fn throttling_is_of_the_core_that_was_throttled_most() {
    let tree = Tree::of("intel-laptop", "throttle");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(daemon.tick().cpu_throttle, None);
    let none = CpuThrottle { count: 0, time_ms: Some(span(0)) };
    assert_eq!(daemon.tick().cpu_throttle, Some(none));
    let cpu2 = "/sys/devices/system/cpu/cpu2/thermal_throttle";
    tree.write(&format!("{cpu2}/core_throttle_count"), "8\n");
    tree.write(&format!("{cpu2}/core_throttle_total_time_ms"), "340\n");
    let five = CpuThrottle { count: 5, time_ms: Some(span(250)) };
    assert_eq!(daemon.tick().cpu_throttle, Some(five));
    assert_eq!(daemon.tick().cpu_throttle, Some(none));
    // A CPU that was offline starts again at 0.
    tree.write(&format!("{cpu2}/core_throttle_count"), "0\n");
    assert_eq!(daemon.tick().cpu_throttle, Some(none));
}

#[test]
fn bad_content_clears_its_source_alone_and_is_reported_once() {
    let sources = [
        ("disk", DISK),
        ("zram", "/sys/devices/virtual/block/zram0/mm_stat"),
        ("zfs_arc", "/proc/spl/kstat/zfs/arcstats"),
        ("pressure_io", "/proc/pressure/io"),
        ("cpu_throttle", "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count"),
        ("cpu_power", ENERGY),
        ("battery", "/sys/devices/LNXSYSTM:00/PNP0C0A:00/power_supply/BAT0/energy_now"),
    ];
    for (name, path) in sources {
        for bad in ["", "-5 -5 -5 -5 -5 -5 -5 -5 -5 -5\n", "x\n", "99999999999999999999999\n"] {
            let tree = Tree::of("intel-laptop", &format!("bad-{name}"));
            let mut daemon = Daemon::start(&tree);
            daemon.ticks(3);
            tree.write(path, bad);
            let reading = daemon.ticks(5);
            let known = [
                ("disk", reading.disk.is_some()),
                ("zram", reading.zram.is_some()),
                ("zfs_arc", reading.zfs_arc.is_some()),
                ("pressure_io", reading.pressure_io.is_some()),
                ("cpu_throttle", reading.cpu_throttle.is_some()),
                ("cpu_power", reading.cpu_energy_uj.is_some()),
                ("fans", reading.fans.is_some()),
                ("battery", reading.battery.is_some()),
            ];
            for (other, known) in known {
                assert_eq!(known, other != name, "{other} with {path}: {bad:?}");
            }
            let [event] = daemon.events.as_slice() else { panic!("{:?}", daemon.events) };
            assert!(event.starts_with(&format!("{name}: read ")), "{event}");
        }
    }
}

#[test]
fn a_fan_that_does_not_answer_is_left_out_the_next_time() {
    let tree = Tree::of("intel-laptop", "fan");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(daemon.tick().fans.unwrap().count, 2);
    for bad in ["", "-1\n", "fast\n", "5000000000\n"] {
        tree.write("/sys/devices/platform/thinkpad_hwmon/hwmon/hwmon5/fan1_input", bad);
        assert_eq!(daemon.ticks(8).fans.unwrap().count, 1, "{bad:?}");
    }
    assert_eq!(daemon.events.len(), 2, "{:?}", daemon.events);
}

#[test]
fn batteries_come_and_go() {
    let tree = Tree::of("intel-laptop", "battery-leaves");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(daemon.tick().battery.unwrap().charge, (40_000_000, 60_000_000));
    // The kernel answers ENODEV; here the file is empty.
    tree.write("/sys/devices/LNXSYSTM:00/PNP0C0A:01/power_supply/BAT1/energy_now", "");
    tree.remove("/sys/class/power_supply/BAT1");
    assert_eq!(daemon.ticks(8).battery.unwrap().charge, (30_000_000, 40_000_000));
}
