//! Counters between two readings: growth, wraps, devices that start again or vanish, and content
//! that is no number.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;
use rstatd::source::{Draft, Sources};

use crate::daemon::{Daemon, Known};
use crate::tree::Tree;

const DISK: &str = "/sys/devices/pci0000:00/0000:00:06.0/nvme/nvme0/block/nvme0n1/stat";
const ENERGY: &str = "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj";

/// Bytes read and written a second.
fn disk(sample: &Snapshot) -> Option<(u64, u64)> {
    sample
        .known(valid::DISK, |sample| (sample.disk_read_bytes_per_s, sample.disk_write_bytes_per_s))
}

fn fans(sample: &Snapshot) -> u32 {
    sample.known(valid::FANS, |sample| sample.fan_count).unwrap()
}

fn charge_ppm(sample: &Snapshot) -> u32 {
    sample.known(valid::BATTERY, |sample| sample.battery_charge_ppm).unwrap()
}

/// The file of a disk, or of another device with such a file.
fn stat(read: u64, written: u64) -> String {
    format!(" 100 1 {read} 3 4 5 {written} 6 7 8 9\n")
}

#[test]
fn disks_count_once_and_in_sectors_of_512_bytes() {
    let tree = Tree::of("intel-laptop", "disks");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(disk(daemon.tick()), None, "nothing to compare with");
    for name in ["nvme0n1", "dm-0", "zram0", "loop0", "nvme0c0n1"] {
        tree.write(&format!("/sys/block/{name}/stat"), stat(2100, 6200));
    }
    assert_eq!(disk(daemon.tick()), Some((100 * 512, 200 * 512)));
}

#[test]
fn a_disk_that_started_again_is_unknown_once() {
    let tree = Tree::of("intel-laptop", "disk-again");
    let mut daemon = Daemon::start(&tree);
    let mut read = |stat: &str| {
        tree.write(DISK, stat);
        Some(disk(daemon.tick())?.0)
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
        daemon.tick().known(valid::CPU_POWER, |sample| sample.cpu_power_uw)
    };
    assert_eq!(energy(262_000_000_000), None);
    assert_eq!(energy(262_100_000_000), Some(100_000_000));
    // The counter's highest value is 262,143,328,850.
    assert_eq!(energy(6_671_149), Some(50_000_000));
    // Reset by a suspend: it looks like a wrap of 260 kJ in a second.
    assert_eq!(energy(2_000_000), None);
    assert_eq!(energy(12_000_000), Some(10_000_000));
}

#[test]
fn throttling_is_of_the_core_that_was_throttled_most() {
    let tree = Tree::of("intel-laptop", "throttle");
    let mut daemon = Daemon::start(&tree);
    let throttled = |sample: &Snapshot| {
        sample.known(valid::CPU_THROTTLE | valid::CPU_THROTTLED, |sample| {
            (sample.cpu_throttle_count, sample.cpu_throttled_ppm)
        })
    };
    assert_eq!(daemon.tick().valid & (valid::CPU_THROTTLE | valid::CPU_THROTTLED), 0);
    let none = (0, 0);
    assert_eq!(throttled(daemon.tick()), Some(none));
    let cpu2 = "/sys/devices/system/cpu/cpu2/thermal_throttle";
    tree.write(&format!("{cpu2}/core_throttle_count"), "8\n");
    tree.write(&format!("{cpu2}/core_throttle_total_time_ms"), "340\n");
    let five = (5, 250_000);
    assert_eq!(throttled(daemon.tick()), Some(five));
    assert_eq!(throttled(daemon.tick()), Some(none));
    // A CPU that was offline starts again at 0.
    tree.write(&format!("{cpu2}/core_throttle_count"), "0\n");
    assert_eq!(throttled(daemon.tick()), Some(none));
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
            let sample = daemon.ticks(5);
            let known = [
                ("disk", sample.has(valid::DISK)),
                ("zram", sample.has(valid::ZRAM)),
                ("zfs_arc", sample.has(valid::ZFS_ARC)),
                ("pressure_io", sample.has(valid::PRESSURE_IO)),
                ("cpu_throttle", sample.has(valid::CPU_THROTTLE)),
                ("cpu_power", sample.has(valid::CPU_POWER)),
                ("fans", sample.has(valid::FANS)),
                ("battery", sample.has(valid::BATTERY)),
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
    assert_eq!(fans(daemon.tick()), 2);
    for bad in ["", "-1\n", "fast\n", "5000000000\n"] {
        tree.write("/sys/devices/platform/thinkpad_hwmon/hwmon/hwmon5/fan1_input", bad);
        assert_eq!(fans(daemon.ticks(8)), 1, "{bad:?}");
    }
    assert_eq!(daemon.events.len(), 2, "{:?}", daemon.events);
}

#[test]
fn batteries_come_and_go() {
    let tree = Tree::of("intel-laptop", "battery-leaves");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(charge_ppm(daemon.tick()), 666_667);
    // The kernel answers ENODEV; here the file is empty.
    tree.write("/sys/devices/LNXSYSTM:00/PNP0C0A:01/power_supply/BAT1/energy_now", "");
    tree.remove("/sys/class/power_supply/BAT1");
    assert_eq!(charge_ppm(daemon.ticks(8)), 750_000);
}

#[test]
fn after_a_suspend_each_rate_is_unknown_once() {
    let tree = Tree::of("intel-laptop", "suspend");
    let mut daemon = Daemon::start(&tree);
    let rates = valid::DISK | valid::CPU_POWER | valid::CPU_THROTTLE | valid::CPU_THROTTLED;
    let counted = |read: u64| {
        tree.write(DISK, stat(read, 0));
        tree.write(ENERGY, format!("{}\n", read * 1_000));
    };
    counted(1_000);
    daemon.tick();
    counted(1_010);
    assert_eq!(daemon.tick().valid & rates, rates);
    // The disk was written to and energy was used on the way to sleep and back.
    counted(5_000);
    daemon.sources.resume();
    let sample = daemon.tick();
    assert_eq!(sample.valid & rates, 0);
    assert!(sample.has(valid::MEMORY | valid::FANS), "what is no rate is known at once");
    counted(5_010);
    let sample = daemon.tick();
    assert_eq!(sample.valid & rates, rates);
    assert_eq!((disk(sample), sample.cpu_power_uw), (Some((10 * 512, 0)), 10_000));
}

#[test]
fn a_rate_is_over_the_time_between_two_readings_of_its_own_source() {
    let tree = Tree::of("intel-laptop", "own-time");
    let mut sources = Sources::discover(&tree.root());
    let mut draft = Draft::EMPTY;
    let mut tick = |at_ms: u64, sectors: u64, uj: u64, every: bool| {
        tree.write(DISK, stat(sectors, 0));
        tree.write(ENERGY, format!("{uj}\n"));
        if every {
            sources.read_at_every_tick();
        }
        sources.read_due(at_ms * 1_000_000, &mut draft, &mut |event| panic!("{event}"));
        let of = |group, rate| (draft.known & group != 0).then_some(rate);
        let Draft { sample, .. } = &draft;
        let sectors_per_s = sample.disk_read_bytes_per_s / 512;
        (of(valid::DISK, sectors_per_s), of(valid::CPU_POWER, sample.cpu_power_uw))
    };
    assert_eq!(tick(1_000, 100, 1_000, false), (None, None));
    // Neither source is due: counts of this tick are of the next interval.
    assert_eq!(tick(1_500, 150, 9_000, false), (None, None));
    assert_eq!(tick(2_000, 300, 11_000, false), (Some(200), Some(10_000)));
    assert_eq!(tick(2_500, 900, 99_000, false), (Some(200), Some(10_000)));
    assert_eq!(tick(4_000, 700, 31_000, false), (Some(200), Some(10_000)));
    // Power is an average over a second, however often the source is read.
    assert_eq!(tick(4_500, 800, 90_000, true), (Some(200), Some(10_000)));
    assert_eq!(tick(5_000, 900, 81_000, true), (Some(200), Some(50_000)));
}
