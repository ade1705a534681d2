//! Files that lie, vanish or hang cost their own fields and nothing else.

use std::io;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, valid};
use rstatd::source::{Draft, Entry, Source, Sources};

use crate::daemon::{Daemon, Known, SECOND_NS};
use crate::tree::Tree;

const SENSOR: &str = "/sys/class/hwmon/hwmon0/temp1_input";

fn temperature_mc(sample: &Snapshot) -> Option<i32> {
    sample.known(valid::CPU_TEMPERATURE, |sample| sample.cpu_temperature_mc)
}

fn profile(sample: &Snapshot) -> Option<u32> {
    sample.known(valid::PLATFORM_PROFILE, |sample| sample.platform_profile)
}

fn sensor(test: &str) -> Tree {
    let tree = Tree::new(test);
    tree.write("/sys/class/hwmon/hwmon0/name", "coretemp\n");
    tree.write("/sys/class/hwmon/hwmon0/temp1_label", "Package id 0\n");
    tree.write(SENSOR, "40000\n");
    tree
}

#[test]
fn bad_content_clears_the_field_and_is_reported_once() {
    let check = |test: &str, content: &[u8], why: &str| {
        let tree = sensor(test);
        let mut daemon = Daemon::start(&tree);
        assert_eq!(temperature_mc(daemon.tick()), Some(40_000), "{test}");
        tree.write(SENSOR, content);
        assert_eq!(temperature_mc(daemon.ticks(20)), None, "{test}");
        let event = format!("cpu_temperature: read {SENSOR}: {why}; looking for it again");
        assert_eq!(daemon.events, [event], "{test}");
    };
    check("empty", b"", "it is empty");
    check("blank", b" \n", "it is empty");
    check("word", b"hot\n", "not what is expected there");
    check("two-numbers", b"40000 41000\n", "not what is expected there");
    check("huge", b"99999999999999999999\n", "too large");
    check("long", &[b'1'; 100], "too large");
    check("binary", b"\xff\x00\n", "not what is expected there");
}

#[test]
fn a_negative_temperature_and_a_missing_line_feed_are_fine() {
    let tree = sensor("negative");
    let mut daemon = Daemon::start(&tree);
    tree.write(SENSOR, "-5000");
    assert_eq!(temperature_mc(daemon.tick()), Some(-5000));
    assert!(daemon.events.is_empty());
}

#[test]
fn an_error_of_the_system_call_is_named() {
    let tree = sensor("system-call");
    let mut daemon = Daemon::start(&tree);
    daemon.tick();
    // Reading address 0 of one's own memory is EIO.
    tree.remove(SENSOR);
    tree.link(SENSOR, "/proc/self/mem");
    tree.write("/sys/class/hwmon/hwmon0/temp2_input", "39000\n");
    assert_eq!(temperature_mc(daemon.tick()), Some(40_000), "the old file is still open");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(temperature_mc(daemon.tick()), Some(39_000), "the label's file does not answer");
}

#[test]
fn a_sensor_that_comes_back_under_another_number_is_found() {
    let tree = sensor("comes-back");
    let mut daemon = Daemon::start(&tree);
    daemon.tick();
    tree.write(SENSOR, "");
    tree.remove("/sys/class/hwmon/hwmon0");
    assert_eq!(temperature_mc(daemon.tick()), None);
    tree.write("/sys/class/hwmon/hwmon7/name", "coretemp\n");
    tree.write("/sys/class/hwmon/hwmon7/temp1_input", "45000\n");
    assert_eq!(temperature_mc(daemon.ticks(20)), Some(45_000));
    let [failed, found] = daemon.events.as_slice() else { panic!("{:?}", daemon.events) };
    assert!(failed.contains("it is empty"), "{failed}");
    assert_eq!(found, "cpu_temperature: found: /sys/class/hwmon/hwmon7/temp1_input (coretemp)");
}

#[test]
fn what_was_not_there_at_the_start_is_found_later() {
    let tree = Tree::new("later");
    let mut daemon = Daemon::start(&tree);
    assert_eq!(profile(daemon.tick()), None);
    tree.write("/sys/firmware/acpi/platform_profile", "quiet\n");
    assert_eq!(profile(daemon.tick()), None, "not looked for at each tick");
    assert_eq!(profile(daemon.ticks(10)), None);
    daemon.sources.resume();
    assert_eq!(profile(daemon.tick()), Some(3));
    assert_eq!(
        daemon.events,
        ["platform_profile: found: /sys/firmware/acpi/platform_profile (ACPI)"]
    );
}

#[test]
fn a_source_that_fails_after_each_discovery_is_left_alone_for_longer() {
    let tree = sensor("flapping");
    let mut daemon = Daemon::start(&tree);
    let mut answers = 0;
    for _ in 0..300 {
        // The device exists at most looks for it, and is gone soon after.
        tree.write(SENSOR, "40000\n");
        answers += u32::from(daemon.tick().has(valid::CPU_TEMPERATURE));
        answers += u32::from(daemon.tick().has(valid::CPU_TEMPERATURE));
        tree.write(SENSOR, "");
        daemon.tick();
    }
    assert!((3..30).contains(&answers), "{answers}");
    assert_eq!(daemon.events.len(), 2, "{:?}", daemon.events);
}

#[test]
fn a_fifo_does_not_block() {
    let tree = Tree::new("fifo");
    for path in ["/proc/meminfo", "/proc/loadavg", "/sys/firmware/acpi/platform_profile", SENSOR] {
        tree.write(path, "");
        tree.remove(path);
        assert!(Command::new("mkfifo").arg(tree.path(path)).status().unwrap().success());
    }
    let mut daemon = Daemon::start(&tree);
    let sample = daemon.ticks(3);
    assert_eq!(sample.valid & (valid::MEMORY | valid::LOAD | valid::PLATFORM_PROFILE), 0);
    assert_eq!(daemon.sources.origins().filter(|(_, origin)| origin.is_ok()).count(), 0);
}

#[test]
fn the_last_value_stands_while_a_source_is_not_due() {
    let tree = sensor("stands");
    let mut sources = Sources::discover(&tree.root());
    let mut draft = Draft::EMPTY;
    let mut temperatures = Vec::new();
    // Ticks of 250 ms and a period of a second.
    for tick in 0..9 {
        tree.write(SENSOR, format!("{tick}\n"));
        let now_ns = SECOND_NS + tick * SECOND_NS / 4;
        sources.read_due(now_ns, &mut draft, &mut |event| panic!("{event}"));
        assert_eq!(draft.known, valid::CPU_TEMPERATURE);
        temperatures.push(draft.sample.cpu_temperature_mc);
    }
    assert_eq!(temperatures, [0, 0, 0, 0, 4, 4, 4, 4, 8]);
}

#[test]
fn an_implausible_firmware_zone_is_not_believed() {
    let check = |test: &str, of: &str, content: &str, expected| {
        let tree = Tree::new(test);
        tree.write("/sys/class/thermal/thermal_zone0/type", of);
        tree.write("/sys/class/thermal/thermal_zone0/temp", content);
        assert_eq!(temperature_mc(Daemon::start(&tree).tick()), expected, "{test}");
    };
    check("firmware", "acpitz", "27800\n", Some(27_800));
    check("firmware-zero", "acpitz", "0\n", None);
    check("firmware-hot", "acpitz", "127000\n", None);
    check("firmware-cold", "acpitz", "-273200\n", None);
    check("sensor-hot", "x86_pkg_temp", "127000\n", Some(127_000));
    check("other", "iwlwifi_1", "50000\n", None);
}

#[test]
fn labels_decide_between_inputs() {
    let check = |test: &str, sensors: &[(&str, &str, &str)], expected, origin: &str| {
        let tree = Tree::new(test);
        for (number, (name, label, value)) in sensors.iter().enumerate() {
            let hwmon = format!("/sys/class/hwmon/hwmon{}", number / 2);
            tree.write(&format!("{hwmon}/name"), name);
            tree.write(&format!("{hwmon}/temp{number}_label"), label);
            tree.write(&format!("{hwmon}/temp{number}_input"), value);
        }
        let mut daemon = Daemon::start(&tree);
        assert_eq!(temperature_mc(daemon.tick()), Some(expected), "{test}");
        let mut origins = daemon.sources.origins();
        let found = origins.find(|(entry, _)| entry.name == "cpu_temperature").unwrap().1.unwrap();
        assert!(found.ends_with(origin), "{test}: {found}");
    };
    // The sensor of the die, not the number for the fan, which is higher.
    let zen = [("k10temp", "Tctl", "80000"), ("k10temp", "Tdie", "70000")];
    check("die", &zen, 70_000, "(k10temp, Tdie)");
    let cores = [("coretemp", "Core 0", "50000"), ("coretemp", "Core 1", "55000")];
    check("cores", &cores, 55_000, "temp0_input and 1 more, the hottest (coretemp, Core 0)");
    let packages = [
        ("coretemp", "Package id 0", "40000"),
        ("coretemp", "Core 0", "90000"),
        ("coretemp", "Package id 1", "45000"),
    ];
    check("packages", &packages, 45_000, "and 1 more, the hottest (coretemp, Package id 0)");
}

/// Sleeps for 20 ms, as some files do, and counts how often.
struct Slow {
    readings: u32,
}

impl Source for Slow {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        thread::sleep(Duration::from_millis(20));
        self.readings += 1;
        draft.sample.threads = self.readings;
        Ok(valid::LOAD)
    }

    fn origin(&self) -> String {
        "a clock".to_owned()
    }
}

static SLOW: Entry = Entry {
    name: "slow",
    period_ms: 0,
    discover: |_| Ok(Box::new(Slow { readings: 0 })),
    devices: |_| String::new(),
    groups: valid::LOAD,
    files: &[],
    check: "",
};

#[test]
fn a_slow_source_is_read_less_often() {
    let tree = Tree::new("slow");
    let mut sources = Sources::discover_entries(&tree.root(), &[&SLOW]);
    let mut draft = Draft::EMPTY;
    // Within two seconds: two readings at first, then one after a hundred times 20 ms.
    for tick in 0..20 {
        let now_ns = SECOND_NS + tick * SECOND_NS / 10;
        sources.read_due(now_ns, &mut draft, &mut |event| panic!("{event}"));
        assert_eq!(draft.known, valid::LOAD);
    }
    let readings = draft.sample.threads;
    assert!(readings <= 3, "{readings}");
    assert!(sources.costs().all(|(entry, ns)| entry.name == "slow" && ns >= 20_000_000));
}

#[test]
fn a_file_that_cannot_be_read_costs_its_own_field() {
    let tree = Tree::of("arm-board", "unreadable");
    let disk = "/sys/devices/platform/fe310000.mmc/mmc0:0001/block/mmcblk0/stat";
    let gpu = "/sys/devices/platform/fde60000.gpu/devfreq/fde60000.gpu/cur_freq";
    tree.write("/sys/kernel/uevent_seqnum", "1\n");
    for path in [disk, gpu, "/sys/kernel/uevent_seqnum"] {
        tree.remove(path);
        // Reading address 0 of one's own memory is EIO.
        tree.link(path, "/proc/self/mem");
    }
    let mut daemon = Daemon::start(&tree);
    let sample = daemon.ticks(10);
    assert!(!sample.has(valid::DISK));
    let [board] = sample.known_gpus() else { panic!("{:?}", sample.known_gpus()) };
    assert!(!board.has(Gpu::FREQUENCY) && board.has(Gpu::TEMPERATURE), "{board:?}");
    assert_eq!(board.temperature_mc, 88_000);
    let (_, origin) = daemon.sources.origins().find(|(entry, _)| entry.name == "disk").unwrap();
    let error = "Input/output error (os error 5)";
    assert_eq!(origin.unwrap_err(), format!("read /sys/block/mmcblk0/stat: {error}"));
    assert!(daemon.events.is_empty(), "{:?}", daemon.events);
}

/// A source that loses a device at its third reading. It counts its readings until its counters are
/// forgotten.
struct Leaving {
    name: String,
    readings: u32,
    counted: u32,
}

impl Source for Leaving {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        self.readings += 1;
        self.counted += 1;
        let is_away = match self.name.as_str() {
            "two" => self.readings > 2,
            "blinking" => self.readings == 3,
            _ => false,
        };
        if is_away {
            return Err(io::Error::new(io::ErrorKind::NotFound, "it has gone"));
        }
        draft.sample.threads = self.counted;
        Ok(valid::LOAD)
    }

    fn forget(&mut self) {
        self.counted = 0;
    }

    fn origin(&self) -> String {
        self.name.clone()
    }
}

const NAMES: &str = "/names";

static LEAVING: Entry = Entry {
    name: "leaving",
    period_ms: 0,
    discover: |root| {
        let name = root.text(NAMES).map_err(|error| error.to_string())?;
        Ok(Box::new(Leaving { name, readings: 0, counted: 0 }))
    },
    devices: |root| root.text(NAMES).unwrap_or_default(),
    groups: valid::LOAD,
    files: &[],
    check: "",
};

#[test]
fn a_device_whose_files_go_before_its_name_is_no_failure() {
    let check =
        |test: &str, name: &str, name_goes: bool, expected: &[Option<u32>], events: usize| {
            let tree = Tree::new(test);
            tree.write(NAMES, name);
            let mut sources = Sources::discover_entries(&tree.root(), &[&LEAVING]);
            let (mut draft, mut seen, mut reported) = (Draft::EMPTY, Vec::new(), 0);
            for tick in 0..5 {
                if tick == 3 && name_goes {
                    tree.write(NAMES, "one");
                }
                sources.read_due(SECOND_NS + tick * SECOND_NS, &mut draft, &mut |_| reported += 1);
                seen.push((draft.known == valid::LOAD).then_some(draft.sample.threads));
            }
            assert_eq!((seen.as_slice(), reported), (expected, events), "{test}");
        };
    check("name-goes", "two", true, &[Some(1), Some(2), None, Some(1), Some(2)], 0);
    check("name-stays", "two", false, &[Some(1), Some(2), None, None, None], 1);
    // The source answers again. Its count over the gap belongs to no interval.
    check("comes-back", "blinking", false, &[Some(1), Some(2), None, Some(1), Some(2)], 0);
}
