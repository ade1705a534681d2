//! A recorded machine gives the figures of the machine, and nothing that names its owner.

use std::fs;

use rstatd::record;
use rstatd::source::{Draft, Entry, Root, Sources};

use crate::tree::{Tree, recorded};

/// The origin of each figure, and the sample of two ticks.
fn origins_and_figures(root: &Root) -> (Vec<String>, Draft) {
    let mut draft = Draft::EMPTY;
    let mut sources = Sources::discover(root);
    for second in 1..=2 {
        sources.read_due(second * 1_000_000_000, &mut draft, &mut |event| panic!("{event}"));
    }
    let origin = |(entry, origin): (&Entry, _)| format!("{}: {origin:?}", entry.name);
    (sources.origins().map(origin).collect(), draft)
}

/// Both are the same, so each entry names all files that its source reads.
#[test]
fn a_recording_has_the_same_sources_and_figures() {
    // All machines but the one with a sleeping card, whose files are left out.
    for machine in ["intel-laptop", "intel-xe", "hybrid-nvidia", "arm-board"] {
        let tree = Tree::new(&format!("record-{machine}"));
        let root = recorded(machine);
        record::run(&root, &tree.path(""), &mut Vec::new()).unwrap();
        let (origins, figures) = origins_and_figures(&root);
        let (recorded_origins, recorded_figures) = origins_and_figures(&tree.root());
        assert_eq!(recorded_origins, origins, "{machine}");
        assert_eq!(recorded_figures.known, figures.known, "{machine}");
        assert_eq!(recorded_figures.sample, figures.sample, "{machine}");
    }
}

#[test]
fn serial_numbers_and_cards_that_sleep_are_left_out() {
    let machine = Tree::of("amd-laptop", "record-from");
    let supply = "/sys/devices/LNXSYSTM:00/PNP0C0A:00/power_supply/BAT0";
    machine.write(&format!("{supply}/serial_number"), "12345\n");
    machine.write(&format!("{supply}/uevent"), "POWER_SUPPLY_SERIAL_NUMBER=12345\n");
    machine.write("/proc/1/cmdline", "secret\n");
    machine.write("/proc/77/stat", "secret\n");
    let tree = Tree::new("record-to");
    record::run(&machine.root(), &tree.path(""), &mut Vec::new()).unwrap();
    let there = |path: &str| tree.path(path).exists();
    assert!(there(&format!("{supply}/capacity")));
    assert!(!there(&format!("{supply}/serial_number")));
    assert!(!there(&format!("{supply}/uevent")));
    assert!(!there("/proc/1/cmdline") && !there("/proc/77"));
    let asleep = "/sys/devices/pci0000:00/0000:03:00.0";
    assert!(there(&format!("{asleep}/power/runtime_status")));
    assert!(!there(&format!("{asleep}/gpu_busy_percent")));
    assert!(!there(&format!("{asleep}/hwmon/hwmon5/fan1_input")));
    let link = fs::read_link(tree.path("/sys/class/drm/card0/device")).unwrap();
    assert!(link.is_relative());
}

#[test]
fn a_directory_that_is_not_empty_is_refused() {
    let tree = Tree::new("record-refused");
    tree.write("/x", "");
    let refused = record::run(&recorded("virtual-machine"), &tree.path(""), &mut Vec::new());
    assert!(refused.unwrap_err().ends_with("the directory is not empty"));
    assert_eq!(fs::read_dir(tree.path("")).unwrap().count(), 1);
}
