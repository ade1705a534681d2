//! Power of the CPU packages, from their counters of energy (RAPL).
//!
//! Intel's and AMD's processors are both below `intel-rapl` in the powercap class. Only packages
//! count: `psys` is the whole board, and the memory-mapped interface (`intel-rapl-mmio`) counts the
//! same package again. Only root may read the files, as short-term power reveals data of the
//! computation (CVE-2020-8694). So the daemon publishes an average over at least a second.

use std::io;

use rstat_shm::snapshot::valid;

use crate::rate::{per_second, since};
use crate::source::entry::{Draft, Entry, Source, put, tried};
use crate::source::files::Root;
use crate::source::files::counter::Counter;
use crate::source::files::value::ValueFile;

/// All CPU packages together.
pub const ENTRY: Entry = Entry {
    name: "cpu_power",
    groups: valid::CPU_POWER,
    period_ms: 1000,
    discover,
    devices: |root| root.names(&[CLASS]),
    files: &[("sys/class/powercap/intel-rapl:*", &["name", "energy_uj", "max_energy_range_uj"])],
    check: "{cpu_power_uw}",
};

/// Where they are.
const CLASS: &str = "/sys/class/powercap";

/// A second, without the error of the daemon's timer.
const AVERAGED_NS: u64 = 950_000_000;

/// More than any package draws. A counter that started again during a suspend looks like one that
/// has wrapped, with a great deal of energy.
const MAX_UW: u64 = 10_000_000_000;

struct Rapl {
    packages: Vec<Package>,
    /// The time of the reading that the counters are from; 0 before the first tick.
    last_ns: u64,
    /// The figure that stays for a second, however often the source is read.
    power_uw: Option<u64>,
}

struct Package {
    energy: ValueFile,
    /// The highest value of the counter, after which it starts again at 0.
    highest_uj: u64,
    counter: Counter,
}

/// Opens the counter of each package.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut packages = Vec::new();
    let mut refused = None;
    for zone in root.list(CLASS).unwrap_or_default() {
        let directory = format!("{CLASS}/{zone}");
        let domain = zone.strip_prefix("intel-rapl:").is_some_and(|number| !number.contains(':'));
        let name = root.text(&format!("{directory}/name")).unwrap_or_default();
        if !domain || !name.starts_with("package-") {
            continue;
        }
        let highest = root.text(&format!("{directory}/max_energy_range_uj"));
        let highest_uj = highest.ok().and_then(|uj| uj.parse().ok()).unwrap_or(u64::MAX);
        match root.open(&format!("{directory}/energy_uj")) {
            Ok(energy) => {
                packages.push(Package { energy, highest_uj, counter: Counter::default() });
            }
            Err(error) => refused = Some(error.to_string()),
        }
    }
    match refused {
        // The power of only some packages is not the power of the CPU.
        Some(error) => Err(error),
        None if packages.is_empty() => Err(format!(
            "no energy counter of a CPU, as in virtual machines and without the module intel_rapl_msr: no {CLASS}/intel-rapl:* named package-*"
        )),
        None => tried(Rapl { packages, last_ns: 0, power_uw: None }),
    }
}

impl Source for Rapl {
    fn read(&mut self, now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let elapsed_ns = since(self.last_ns, now_ns);
        if self.last_ns == 0 || elapsed_ns >= AVERAGED_NS {
            self.power_uw = self.average(now_ns, elapsed_ns)?;
        }
        Ok(put(&mut draft.sample.cpu_power_uw, self.power_uw, valid::CPU_POWER))
    }

    fn forget(&mut self) {
        self.last_ns = 0;
    }

    fn origin(&self) -> String {
        let paths: Vec<_> = self.packages.iter().map(|package| package.energy.path()).collect();
        format!("{} (averaged over a second)", paths.join(" + "))
    }
}

impl Rapl {
    /// The power since the reading before; `None` after the first reading.
    fn average(&mut self, now_ns: u64, elapsed_ns: u64) -> io::Result<Option<u64>> {
        let mut sum = Some(0_u64);
        for Package { energy, highest_uj, counter } in &mut self.packages {
            let now_uj = energy.known(energy.unsigned())?;
            let added = counter.advance_wrapping(now_uj, *highest_uj);
            sum = sum.zip(added).map(|(sum, added)| sum.saturating_add(added));
        }
        self.last_ns = now_ns;
        let power_uw = sum.filter(|_| elapsed_ns > 0).map(|uj| per_second(uj, elapsed_ns));
        Ok(power_uw.filter(|uw| *uw <= MAX_UW))
    }
}
