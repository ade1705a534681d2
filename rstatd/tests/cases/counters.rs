//! A disk and an energy counter for machines that have neither: files in memory, which the
//! check of a suspend makes jump.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;

use super::finding::{Bound, Finding, Unit};

const BLOCK: &str = "/sys/block";
const DISK: &str = "/sys/block/disk0";
const POWERCAP: &str = "/sys/class/powercap";
const PACKAGE: &str = "/sys/class/powercap/intel-rapl:0";

/// Sectors and microjoules: 2 TB and 4 kJ, both plausible within a second.
pub const JUMP: u64 = 4_000_000_000;

/// Puts the files where the kernel has those of real devices. `mount` mounts a file system in
/// memory.
pub fn make(mount: impl Fn(&str)) {
    mount(BLOCK);
    fs::create_dir(DISK).expect("create a directory in memory");
    symlink("../device", format!("{DISK}/device")).expect("create a link in memory");
    // Kernels without the class have no place for a package.
    if Path::new(POWERCAP).exists() {
        mount(POWERCAP);
        fs::create_dir(PACKAGE).expect("create a directory in memory");
        fs::write(format!("{PACKAGE}/name"), "package-0\n").expect("write in memory");
    }
    set(0);
}

/// Sets all counters.
pub fn set(count: u64) {
    let stat = format!("0 0 {count} 0 0 0 {count} 0 0 0 0\n");
    fs::write(format!("{DISK}/stat"), stat).expect("write in memory");
    if Path::new(PACKAGE).exists() {
        fs::write(format!("{PACKAGE}/energy_uj"), format!("{count}\n")).expect("write in memory");
    }
}

/// The rates of samples after a jump: first unknown, then known, and never the jump itself.
pub fn findings<'a>(samples: impl Iterator<Item = &'a Snapshot>) -> [Finding; 3] {
    let power = if Path::new(PACKAGE).exists() { valid::CPU_POWER } else { 0 };
    let (mut known, mut unknown, mut highest) = (0.0, 0.0, 0);
    for sample in samples {
        let is_known = sample.has(valid::DISK | power);
        *(if is_known { &mut known } else { &mut unknown }) += 1.0;
        let rates = [
            (valid::DISK, sample.disk_read_bytes_per_s),
            (valid::DISK, sample.disk_write_bytes_per_s),
            (valid::CPU_POWER, sample.cpu_power_uw),
        ];
        let rates = rates.into_iter().filter(|(group, _)| sample.has(*group));
        highest = rates.fold(highest, |highest, (_, rate)| highest.max(rate));
    }
    let one = |what, samples| Finding::new(what, Unit::Count, 1.0, samples, Bound::Below(0.0));
    let none = Bound::Distance(0.0);
    [
        Finding::new("rate over a suspend", Unit::Count, 0.0, highest as f64, none),
        one("samples without rates", unknown),
        one("samples with rates", known),
    ]
}
