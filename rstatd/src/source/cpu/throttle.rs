//! How often and for how long the CPU was throttled because it was too hot.
//!
//! Intel's thermal interrupt counts for each core and for the package
//! (`cpu*/thermal_throttle`); other processors do not tell. The threads of a core
//! count the same events, so the first of each is asked, and for the package the
//! first CPU of each. Published is the one that was throttled most: their sum
//! would count one event many times.

use std::io;

use crate::reading::{CpuThrottle, Reading, Span};
use crate::source::entry::{Source, tried};
use crate::source::files::Root;
use crate::source::files::counter::{Clock, Counter};
use crate::source::files::value::ValueFile;

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

/// The CPUs that are online: the files of one that goes off vanish.
pub fn devices(root: &Root) -> String {
    root.text(&format!("{CPUS}/online")).unwrap_or_default()
}

/// Opens the counters of each core and package.
pub fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
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

    /// What was added to the count and to the time.
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
    fn read(&mut self, reading: &mut Reading) -> io::Result<()> {
        let elapsed_ns = self.clock.advance(reading.monotonic_ns);
        let (mut count, mut time_ms) = (None, None);
        for place in &mut self.places {
            let (its_count, its_time_ms) = place.read()?;
            count = count.max(its_count);
            time_ms = time_ms.max(its_time_ms);
        }
        reading.cpu_throttle = elapsed_ns
            .and(count)
            .map(|count| CpuThrottle { count, time_ms: Span::new(time_ms, elapsed_ns) });
        Ok(())
    }

    fn origin(&self) -> String {
        let places = self.places.len();
        format!("{}/*_throttle_count, *_total_time_ms; {places} cores and packages", self.directory)
    }
}
