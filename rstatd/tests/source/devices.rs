//! The daemon notices devices that come and go within the time between two readings of the number
//! of device events. It notices at once when a device that it reads is taken away.

use std::fs;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, valid};
use rstatd::source::files::devices::PERIOD_NS;

use crate::daemon::{Daemon, Known, SECOND_NS};
use crate::tree::Tree;

const EVENTS: &str = "/sys/kernel/uevent_seqnum";
const SUPPLIES: &str = "/sys/class/power_supply";

/// The ticks within which the daemon notices an event.
const NOTICED: usize = (PERIOD_NS / SECOND_NS) as usize;

/// A recorded machine whose kernel counts events, and a daemon that has read it twice.
fn machine(name: &str, test: &str) -> (Tree, Daemon) {
    let tree = Tree::of(name, test);
    tree.write(EVENTS, "100\n");
    let mut daemon = Daemon::start(&tree);
    daemon.ticks(2);
    (tree, daemon)
}

/// The kernel has sent an event to udev.
fn event(tree: &Tree) {
    let number: u64 = fs::read_to_string(tree.path(EVENTS)).unwrap().trim().parse().unwrap();
    tree.write(EVENTS, format!("{}\n", number + 1));
}

/// `/sys/block/sda`, with a number of read sectors.
fn plug_in(tree: &Tree, read: u64) {
    sda(tree, read);
    tree.link("/sys/devices/usb/block/sda/device", "../../../usb");
    tree.link("/sys/block/sda", "../devices/usb/block/sda");
}

fn sda(tree: &Tree, read: u64) {
    tree.write("/sys/devices/usb/block/sda/stat", format!("1 1 {read} 3 4 5 6 6 7 8 9\n"));
}

fn read_sectors(sample: &Snapshot) -> Option<u64> {
    sample.known(valid::DISK, |sample| sample.disk_read_bytes_per_s / 512)
}

fn zram_stored(sample: &Snapshot) -> Option<u64> {
    sample.known(valid::ZRAM, |sample| sample.zram_stored_bytes)
}

fn charge_ppm(sample: &Snapshot) -> u32 {
    sample.known(valid::BATTERY, |sample| sample.battery_charge_ppm).unwrap()
}

fn origin(daemon: &Daemon, source: &str) -> String {
    let (_, origin) = daemon.sources.origins().find(|(entry, _)| entry.name == source).unwrap();
    origin.unwrap_or_else(str::to_owned)
}

#[test]
fn a_disk_that_is_plugged_in_counts_from_then_on() {
    let (tree, mut daemon) = machine("intel-laptop", "disk-in");
    plug_in(&tree, 7000);
    event(&tree);
    daemon.ticks(NOTICED);
    assert_eq!(origin(&daemon, "disk"), "/sys/block/*/stat (nvme0n1, sda)");
    sda(&tree, 7003);
    assert_eq!(read_sectors(daemon.tick()), Some(3), "not what it did before");
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

#[test]
fn a_disk_that_is_pulled_out_is_no_failure_of_the_others() {
    let (tree, _) = machine("intel-laptop", "disk-out");
    plug_in(&tree, 7000);
    let mut daemon = Daemon::start(&tree);
    daemon.ticks(2);
    // The kernel answers ENODEV; here the file is empty.
    tree.write("/sys/devices/usb/block/sda/stat", "");
    tree.remove("/sys/block/sda");
    daemon.tick();
    assert_eq!(origin(&daemon, "disk"), "/sys/block/nvme0n1/stat");
    let sample = daemon.tick();
    let disk = (sample.disk_read_bytes_per_s, sample.disk_write_bytes_per_s);
    assert_eq!((sample.has(valid::DISK), disk), (true, (0, 0)));
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

#[test]
fn volumes_and_loops_that_come_and_go_do_not_disturb_the_disks() {
    let (tree, mut daemon) = machine("intel-laptop", "volumes");
    for number in 1..6 {
        tree.link(&format!("/sys/block/dm-{number}"), "../devices/virtual/block/dm-0");
        event(&tree);
        assert_eq!(read_sectors(daemon.tick()), Some(0), "{number}");
    }
}

#[test]
fn an_event_before_its_device_is_there_is_enough() {
    let (tree, mut daemon) = machine("intel-laptop", "early-event");
    event(&tree);
    daemon.ticks(NOTICED);
    plug_in(&tree, 0);
    daemon.ticks(NOTICED);
    assert_eq!(origin(&daemon, "disk"), "/sys/block/*/stat (nvme0n1, sda)");
}

#[test]
fn the_first_disk_and_the_last_are_reported() {
    let (tree, mut daemon) = machine("intel-xe", "only-disk");
    plug_in(&tree, 0);
    event(&tree);
    daemon.ticks(NOTICED);
    tree.write("/sys/devices/usb/block/sda/stat", "");
    tree.remove("/sys/block/sda");
    assert_eq!(read_sectors(daemon.tick()), None);
    assert_eq!(
        daemon.events,
        [
            "disk: found: /sys/block/sda/stat",
            "disk: read /sys/block/sda/stat: it is empty; looking for it again"
        ]
    );
}

#[test]
fn without_the_number_of_events_what_is_there_is_read_on() {
    let tree = Tree::of("amd-laptop", "no-number");
    let mut daemon = Daemon::start(&tree);
    plug_in(&tree, 0);
    assert_eq!(read_sectors(daemon.ticks(10)), Some(0));
    assert_eq!(origin(&daemon, "disk"), "/sys/block/nvme0n1/stat");
}

#[test]
fn a_number_of_events_that_is_none_disturbs_nothing() {
    for bad in ["", "x\n", "-1\n", "99999999999999999999\n", "18446744073709551615\n"] {
        let (tree, mut daemon) = machine("intel-laptop", "bad-number");
        tree.write(EVENTS, bad);
        assert_eq!(read_sectors(daemon.ticks(10)), Some(0), "{bad:?}");
        assert!(daemon.events.is_empty(), "{bad:?}: {:?}", daemon.events);
    }
}

#[test]
fn a_zram_that_is_added_counts_and_one_that_is_removed_does_not() {
    let (tree, mut daemon) = machine("virtual-machine", "zram");
    let add = |number: u32, line: &str| {
        tree.write(&format!("/sys/block/zram{number}/mm_stat"), line);
        event(&tree);
    };
    assert_eq!(zram_stored(daemon.tick()), None);
    add(0, "4096 1 2048 0 0 0 0 0 0\n");
    assert_eq!(zram_stored(daemon.ticks(NOTICED)), Some(4096));
    add(1, "100 1 50 0 0 0 0 0 0\n");
    assert_eq!(zram_stored(daemon.ticks(NOTICED)), Some(4196));
    tree.write("/sys/block/zram0/mm_stat", "");
    tree.remove("/sys/block/zram0");
    // The files are read every other tick.
    assert_eq!(zram_stored(daemon.ticks(2)), Some(100));
    tree.write("/sys/block/zram1/mm_stat", "");
    tree.remove("/sys/block/zram1");
    assert_eq!(zram_stored(daemon.ticks(2)), None);
    assert_eq!(daemon.events.len(), 2, "{:?}", daemon.events);
}

#[test]
fn of_a_core_whose_first_cpu_goes_off_the_other_is_asked() {
    let (tree, mut daemon) = machine("intel-laptop", "hotplug");
    let online = "/sys/devices/system/cpu/online";
    let count = |cpu: u32, count: u32| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/thermal_throttle/core_throttle_count");
        tree.write(&path, format!("{count}\n"));
    };
    let throttled = |daemon: &mut Daemon| {
        daemon.tick().known(valid::CPU_THROTTLE, |sample| sample.cpu_throttle_count)
    };
    count(2, 5);
    count(3, 5);
    daemon.ticks(2);
    // The kernel answers ENODEV; here the file is empty.
    tree.write("/sys/devices/system/cpu/cpu2/thermal_throttle/core_throttle_count", "");
    tree.remove("/sys/devices/system/cpu/cpu2/thermal_throttle");
    tree.write(online, "0-1,3\n");
    assert_eq!(throttled(&mut daemon), None, "another CPU's count, from here on");
    count(3, 7);
    assert_eq!(throttled(&mut daemon), Some(2));
    count(2, 0);
    tree.write(online, "0-3\n");
    event(&tree);
    daemon.ticks(NOTICED);
    count(2, 4);
    assert_eq!(throttled(&mut daemon), Some(4));
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

#[test]
fn a_battery_that_is_put_in_counts_also_in_a_compartment_that_was_empty() {
    let (tree, mut daemon) = machine("intel-laptop", "battery-in");
    assert_eq!(charge_ppm(daemon.tick()), 666_667);
    let supply = format!("{SUPPLIES}/BAT2");
    let file = |name: &str, content: &str| tree.write(&format!("{supply}/{name}"), content);
    file("type", "Battery\n");
    file("present", "0\n");
    event(&tree);
    assert_eq!(charge_ppm(daemon.ticks(NOTICED)), 666_667);
    file("energy_now", "1000000\n");
    file("energy_full", "2000000\n");
    file("present", "1\n");
    event(&tree);
    assert_eq!(charge_ppm(daemon.ticks(NOTICED)), 661_290);
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

#[test]
fn fans_of_a_driver_that_is_loaded_later_are_found() {
    let (tree, mut daemon) = machine("virtual-machine", "fans");
    tree.write("/sys/class/hwmon/hwmon9/name", "nct6775\n");
    tree.write("/sys/class/hwmon/hwmon9/fan2_input", "900\n");
    event(&tree);
    assert_eq!(daemon.ticks(NOTICED).known_fans_rpm(), [900]);
    assert_eq!(
        daemon.events,
        ["fans: found: /sys/class/hwmon/hwmon9/fan2_input (nct6775)".to_owned()]
    );
}

#[test]
fn a_card_in_a_dock_comes_and_goes_without_disturbing_the_other() {
    let (tree, mut daemon) = machine("intel-laptop", "dock");
    let before = daemon.tick().gpus;
    let device = "/sys/devices/pci0000:00/0000:07:00.0";
    let status = format!("{device}/power/runtime_status");
    tree.link(&format!("{device}/driver"), "../../../bus/pci/drivers/amdgpu");
    tree.write(&status, "active\n");
    tree.write(&format!("{device}/gpu_busy_percent"), "50\n");
    tree.link(&format!("{device}/drm/card2/device"), "../../../0000:07:00.0");
    tree.link("/sys/class/drm/card2", "../../devices/pci0000:00/0000:07:00.0/drm/card2");
    event(&tree);
    let docked = daemon.ticks(NOTICED).gpus;
    assert_eq!((docked[0].driver, docked[1].driver), (1, 3));
    tree.write(&status, "");
    tree.remove("/sys/class/drm/card2");
    let sample = daemon.ticks(2);
    assert_eq!(sample.known_gpus().len(), 1);
    assert!(sample.gpus[1..].iter().all(|row| *row == Gpu::default()), "{:?}", sample.gpus);
    assert_eq!(sample.gpus[0].frequency_mhz, before[0].frequency_mhz);
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

#[test]
fn a_device_that_flaps_costs_no_more_than_a_look_a_tick() {
    let (tree, mut daemon) = machine("intel-laptop", "flaps");
    for _ in 0..20 {
        plug_in(&tree, 0);
        event(&tree);
        daemon.ticks(NOTICED);
        tree.write("/sys/devices/usb/block/sda/stat", "");
        tree.remove("/sys/block/sda");
        tree.remove("/sys/devices/usb");
        daemon.tick();
    }
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
    assert_eq!(read_sectors(daemon.ticks(2)), Some(0));
}

#[test]
fn of_very_many_disks_the_first_count_and_that_is_told() {
    let tree = Tree::of("virtual-machine", "many-disks");
    for number in 0..300 {
        tree.link(
            &format!("/sys/block/sd{number}"),
            "../devices/pci0000:00/0000:00:04.0/virtio2/block/vda",
        );
    }
    let daemon = Daemon::start(&tree);
    assert_eq!(origin(&daemon, "disk"), "/sys/block/*/stat of 256 disks; 45 more are left out");
}
