//! How often and for how long the CPU was throttled because it was too hot.
//!
//! Intel's thermal interrupt counts for each core and for the package
//! (`cpu*/thermal_throttle`); other processors have no such counters. The threads of a core
//! count the same events, so the source reads the first thread of each core, and the first
//! CPU of each package. The sample has the place that was throttled most: a sum would count
//! one event many times.

use std::io;

use rstat_shm::snapshot::valid;

use crate::rate::share_ppm;
use crate::source::entry::{Draft, Entry, Source, put, tried};
use crate::source::files::Root;
use crate::source::files::counter::{Clock, Counter};
use crate::source::files::value::ValueFile;

/// The package or the core that was throttled most.
pub const ENTRY: Entry = Entry {
    name: "cpu_throttle",
    groups: valid::CPU_THROTTLE | valid::CPU_THROTTLED,
    period_ms: 1000,
    discover,
    // The files of a CPU that goes offline vanish.
    devices: |root| root.text(&format!("{CPUS}/online")).unwrap_or_default(),
    files: &[
        ("sys/devices/system/cpu", &["online"]),
        ("sys/devices/system/cpu/cpu*/topology", &["physical_package_id", "core_id"]),
        ("sys/devices/system/cpu/cpu*/thermal_throttle", &["*_count", "*_total_time_ms"]),
    ],
    check: "{cpu_throttle_count} times[, {cpu_throttled_ppm}]",
};

const MS: u64 = 1_000_000;

const CPUS: &str = "/sys/devices/system/cpu";

struct Throttle {
    places: Vec<Place>,
    clock: Clock,
    directory: String,
}

/// A core or a package.
struct Place {
    count_file: ValueFile,
    count: Counter,
    /// Absent before Linux 5.6.
    time_file: Option<ValueFile>,
    time_ms: Counter,
}

/// Opens the counters of each core and package.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut source =
        Throttle { places: Vec::new(), clock: Clock::default(), directory: String::new() };
    let mut seen = Vec::new();
    for cpu in root.list(CPUS).unwrap_or_default() {
        let directory = format!("{CPUS}/{cpu}/thermal_throttle");
        let topology = |file: &str| root.text(&format!("{CPUS}/{cpu}/topology/{file}")).ok();
        let package = topology("physical_package_id");
        for (level, id) in [("core", topology("core_id")), ("package", None)] {
            let place = (level, package.clone(), id);
            if place.1.is_some() && seen.contains(&place) {
                continue;
            }
            if let Some(open) = Place::open(root, &format!("{directory}/{level}_throttle")) {
                source.places.push(open);
                seen.push(place);
                if source.directory.is_empty() {
                    source.directory.clone_from(&directory);
                }
            }
        }
    }
    if source.places.is_empty() {
        return Err(format!(
            "the kernel does not count it, which it does for Intel's CPUs only: no {CPUS}/cpu*/thermal_throttle"
        ));
    }
    tried(source)
}

impl Place {
    fn open(root: &Root, prefix: &str) -> Option<Self> {
        Some(Self {
            count_file: root.open(&format!("{prefix}_count")).ok()?,
            count: Counter::default(),
            time_file: root.open(&format!("{prefix}_total_time_ms")).ok(),
            time_ms: Counter::default(),
        })
    }

    /// The growth of the count and of the time.
    fn read(&mut self) -> io::Result<(Option<u64>, Option<u64>)> {
        let count = self.count_file.known(self.count_file.unsigned())?;
        let time_ms = match &self.time_file {
            Some(file) => file.known(file.unsigned())?,
            None => None,
        };
        Ok((self.count.advance(count), self.time_ms.advance(time_ms)))
    }
}

impl Source for Throttle {
    fn read(&mut self, now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let elapsed_ns = self.clock.advance(now_ns);
        let (mut count, mut time_ms) = (None, None);
        for place in &mut self.places {
            let (its_count, its_time_ms) = place.read()?;
            count = count.max(its_count);
            time_ms = time_ms.max(its_time_ms);
        }
        let Some((count, elapsed_ns)) = count.zip(elapsed_ns) else { return Ok(0) };
        let throttled_ppm = time_ms.map(|ms| share_ppm(ms.saturating_mul(MS), elapsed_ns));
        let Draft { sample, .. } = draft;
        sample.cpu_throttle_count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(valid::CPU_THROTTLE
            | put(&mut sample.cpu_throttled_ppm, throttled_ppm, valid::CPU_THROTTLED))
    }

    fn forget(&mut self) {
        self.clock = Clock::default();
    }

    fn origin(&self) -> String {
        let places = self.places.len();
        format!("{}/*_throttle_count, *_total_time_ms; {places} cores and packages", self.directory)
    }
}
