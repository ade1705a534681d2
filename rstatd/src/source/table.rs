//! The sources of this machine at run time. Each tick reads the sources that are due, and
//! looks for sources that failed, are missing, or have other devices than before.
//!
//! A tick allocates nothing. A failure allocates, and so does looking for a source, so the time
//! between two looks doubles. Between two readings the fields of a source keep their values. After
//! an error none of its groups is known.

use std::io;
use std::time::Instant;

use super::entries::SOURCES;
use super::entry::{Draft, Entry, Source};
use super::files::Root;
use super::files::devices::DeviceEvents;

const MS: u64 = 1_000_000;

/// The first and the longest time until a source that has failed is looked for again. The time
/// doubles with each look.
const LOOK_FIRST_NS: u64 = 2_000 * MS;
const LOOK_LAST_NS: u64 = 256_000 * MS;

/// The first such time for a source that was missing at the start. Most machines will never have
/// the source; others load its driver a little after the start of the daemon.
const LOOK_ABSENT_NS: u64 = 16_000 * MS;

/// A source that fails within this time of its last failure fails again. The second failure
/// is not reported, and the time to the next look is longer.
const FORGET_NS: u64 = 4 * LOOK_LAST_NS;

/// How long a device's name may stay after its files are gone.
const GOING_NS: u64 = 1_000 * MS;

/// The part of its period by which a source is due early. Otherwise, a source with a multiple of
/// the daemon's period would miss every other tick by a microsecond.
const EARLY_PART: u64 = 8;

/// The least ratio of a slow source's period to the duration of a reading. So a slow source may be
/// read less often than its entry says: some files sleep or call into firmware.
const COST_PART: u64 = 100;
/// The time from which a reading is slow. No file that only formats a number takes so long.
const SLOW_NS: u64 = MS / 10;

/// All entries of the table, found or not.
pub struct Sources {
    root: Root,
    events: DeviceEvents,
    entries: Vec<Running>,
    at_every_tick: bool,
}

/// Receives a line for the user.
type Report<'r> = dyn FnMut(&str) + 'r;

/// An entry at run time.
struct Running {
    entry: &'static Entry,
    source: Result<Box<dyn Source>, String>,
    /// The devices that existed at the last look for the source.
    devices: String,
    /// CLOCK_MONOTONIC at which the source is next read or looked for, from the first tick on.
    next_ns: Option<u64>,
    /// The time that each of the last two readings took. One alone may have been interrupted.
    cost_ns: [u64; 2],
    look_delay_ns: u64,
    failed_ns: Option<u64>,
    /// The time at which a device's files were gone while its name was still there: the kernel
    /// removes the files first.
    going_ns: Option<u64>,
    /// Whether the user knows that the source is missing.
    reported: bool,
}

impl Sources {
    /// Looks for all [`SOURCES`] below `root`.
    pub fn discover(root: &Root) -> Self {
        Self::discover_entries(root, SOURCES)
    }

    /// Looks for the sources of another table.
    pub fn discover_entries(root: &Root, entries: &[&'static Entry]) -> Self {
        let events = DeviceEvents::watch(root);
        let entries = entries.iter().map(|entry| Running::discover(root, entry)).collect();
        Self { root: root.clone(), events, entries, at_every_tick: false }
    }

    /// Reads every source at every tick from now on, whatever its period: for `--bench` and
    /// `--check`.
    pub fn read_at_every_tick(&mut self) {
        self.at_every_tick = true;
    }

    /// Reads the sources that are due at the time `now_ns`, and fills in their figures.
    pub fn read_due(&mut self, now_ns: u64, draft: &mut Draft, report: &mut Report<'_>) {
        let events = self.events.happened(now_ns);
        for entry in &mut self.entries {
            if self.at_every_tick && entry.source.is_ok() {
                entry.next_ns = Some(0);
            }
            if events && entry.devices_differ(&self.root) {
                entry.next_ns = Some(0);
                entry.look(&self.root, now_ns, report);
            }
            entry.tick(&self.root, now_ns, draft, report);
        }
    }

    /// Prepares the first tick after a suspend, which looks for all missing sources and
    /// reads the others. Rates begin anew.
    pub fn resume(&mut self) {
        for entry in &mut self.entries {
            entry.next_ns = Some(0);
            entry.look_delay_ns = LOOK_FIRST_NS;
            if let Ok(source) = &mut entry.source {
                source.forget();
            }
        }
    }

    /// For `--check`: each entry with its origin, or with what is missing.
    pub fn origins(&self) -> impl Iterator<Item = (&'static Entry, Result<String, &str>)> {
        self.entries.iter().map(|running| {
            let origin = running.source.as_ref().map(|source| source.origin());
            (running.entry, origin.map_err(String::as_str))
        })
    }

    /// For `--bench`: each source that exists, and the duration of its last reading in nanoseconds.
    pub fn costs(&self) -> impl Iterator<Item = (&'static Entry, u64)> {
        let found = self.entries.iter().filter(|running| running.source.is_ok());
        found.map(|running| (running.entry, running.cost_ns[0]))
    }
}

impl Running {
    fn discover(root: &Root, entry: &'static Entry) -> Self {
        // The devices are listed before the look: a device that comes meanwhile is another
        // difference.
        let devices = (entry.devices)(root);
        let source = (entry.discover)(root);
        Self {
            entry,
            reported: source.is_err(),
            source,
            devices,
            next_ns: None,
            cost_ns: [0; 2],
            look_delay_ns: LOOK_ABSENT_NS,
            failed_ns: None,
            going_ns: None,
        }
    }

    fn tick(&mut self, root: &Root, now_ns: u64, draft: &mut Draft, report: &mut Report<'_>) {
        if !self.is_due(now_ns) {
            return;
        }
        if self.source.is_err() {
            self.look(root, now_ns, report);
        }
        let mut result = self.read(now_ns, draft);
        if matches!(result, Some(Err(_))) && self.devices_differ(root) {
            // One of the devices was taken away, which is no failure of the others.
            self.look(root, now_ns, report);
            result = self.read(now_ns, draft);
        }
        match result {
            Some(Ok(cost_ns)) => self.was_read(now_ns, cost_ns),
            Some(Err(error)) => {
                let since_ns = *self.going_ns.get_or_insert(now_ns);
                let may_go = now_ns.saturating_sub(since_ns) < GOING_NS;
                if error.kind() == io::ErrorKind::NotFound && may_go {
                    self.next_ns = Some(0);
                } else {
                    self.has_failed(now_ns, &error, report);
                }
            }
            None => {}
        }
    }

    /// The duration of the reading, if the source exists and did not fail.
    fn read(&mut self, now_ns: u64, draft: &mut Draft) -> Option<io::Result<u64>> {
        let source = self.source.as_mut().ok()?;
        let begin = Instant::now();
        let known = source.read(now_ns, draft);
        draft.settle(self.entry.groups, &known);
        if known.is_err() {
            // Some counters of the source may be newer than others.
            source.forget();
        }
        Some(known.map(|_| begin.elapsed().as_nanos() as u64))
    }

    /// Whether the source's devices have come or gone. Notes the present devices.
    fn devices_differ(&mut self, root: &Root) -> bool {
        let now = (self.entry.devices)(root);
        let differ = now != self.devices;
        self.devices = now;
        differ
    }

    fn is_due(&mut self, now_ns: u64) -> bool {
        if self.next_ns.is_none() && self.source.is_err() {
            // The look for the source was just before the first tick.
            self.leave_alone(now_ns);
        }
        self.next_ns.is_none_or(|next_ns| next_ns <= now_ns)
    }

    fn look(&mut self, root: &Root, now_ns: u64, report: &mut Report<'_>) {
        match (self.entry.discover)(root) {
            Ok(source) => {
                if self.reported {
                    report(&format!("{}: found: {}", self.entry.name, source.origin()));
                    self.reported = false;
                }
                self.source = Ok(source);
            }
            Err(missing) if self.source.is_err() => {
                self.source = Err(missing);
                self.leave_alone(now_ns);
            }
            // The last of the source's devices has gone: the next reading reports this.
            Err(_) => {}
        }
    }

    fn was_read(&mut self, now_ns: u64, cost_ns: u64) {
        self.going_ns = None;
        self.cost_ns = [cost_ns, self.cost_ns[0]];
        let usual_ns = self.cost_ns[0].min(self.cost_ns[1]);
        let rest_ns = if usual_ns > SLOW_NS { usual_ns * COST_PART } else { 0 };
        let period_ns = (self.entry.period_ms * MS).max(rest_ns);
        // A source without a period is due at every tick, unless it is slow.
        self.next_ns = Some(now_ns + period_ns - period_ns / EARLY_PART);
    }

    fn has_failed(&mut self, now_ns: u64, error: &io::Error, report: &mut Report<'_>) {
        self.going_ns = None;
        let before = self.failed_ns.replace(now_ns);
        if before.is_none_or(|before_ns| now_ns.saturating_sub(before_ns) > FORGET_NS) {
            report(&format!("{}: {error}; looking for it again", self.entry.name));
            self.reported = true;
            self.look_delay_ns = LOOK_FIRST_NS;
        }
        self.source = Err(error.to_string());
        self.leave_alone(now_ns);
    }

    fn leave_alone(&mut self, now_ns: u64) {
        self.next_ns = Some(now_ns + self.look_delay_ns);
        self.look_delay_ns = (self.look_delay_ns * 2).min(LOOK_LAST_NS);
    }
}
