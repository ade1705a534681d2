//! The daemon: publishes a sample each interval until an ending signal comes.

use std::io::{self, Write};
use std::time::Duration;

use rstat_shm::{Snapshot, Writer};

use crate::backend::Backend;
use crate::monitor::Monitor;
use crate::options::DaemonOptions;
use crate::source::{Root, entries};
use crate::sys::{self, EndingSignals};

/// Publishes until one of the ending signals comes.
pub fn run(options: &DaemonOptions) -> Result<(), String> {
    let signals = EndingSignals::hold();
    let (mut monitor, mut writer) = open(options)?;
    let mut schedule = Schedule::start(options.interval);
    let mut cost_ns = Some(tick(&mut monitor, &mut writer, options.interval, None));
    loop {
        monitor.sweep_if_due(&mut report);
        if signals.wait(schedule.until_next(sys::monotonic_ns())) {
            writer.stop();
            return Ok(());
        }
        cost_ns = Some(tick(&mut monitor, &mut writer, options.interval, cost_ns));
    }
}

/// Publishes one sample with rates over one interval, and leaves.
pub fn once(options: &DaemonOptions) -> Result<(), String> {
    let signals = EndingSignals::hold();
    let (mut monitor, mut writer) = open(options)?;
    monitor.sample(&mut report);
    if !signals.wait(options.interval) {
        tick(&mut monitor, &mut writer, options.interval, None);
    }
    writer.stop();
    Ok(())
}

/// Opens the chosen backend.
pub fn open_backend(options: &DaemonOptions) -> Result<Backend, String> {
    Backend::open(options.source, options.probe.as_deref(), &Root::default(), &mut report)
}

/// Prints a line for the user.
pub fn report(line: &str) {
    // If this fails, there is no other way to tell the user.
    let _ = writeln!(io::stderr(), "rstatd: {line}");
}

fn open(options: &DaemonOptions) -> Result<(Monitor, Writer), String> {
    // The region comes first: a second daemon ends here, before it touches the kernel.
    let writer = Writer::open(&options.shm).map_err(|error| error.to_string())?;
    sys::lift_file_limit();
    let monitor = Monitor::new(open_backend(options)?, &Root::default());
    Ok((monitor, writer))
}

/// Takes and publishes a sample. Returns its cost, which the next sample has.
fn tick(
    monitor: &mut Monitor,
    writer: &mut Writer,
    interval: Duration,
    cost_ns: Option<u64>,
) -> u64 {
    let begin = sys::monotonic_ns();
    let (sample, _) = monitor.sample(&mut report);
    publish(sample, writer, interval, cost_ns);
    sys::monotonic_ns() - begin
}

/// Publishes a sample with its interval and the cost of the sample before.
pub fn publish(
    sample: &mut Snapshot,
    writer: &mut Writer,
    interval: Duration,
    cost_ns: Option<u64>,
) {
    sample.period_ns = interval.as_nanos() as u64;
    if let Some(cost_ns) = cost_ns {
        sample.sample_ns = cost_ns;
        sample.valid |= entries::PUBLISHER;
    }
    writer.publish(sample);
}

/// The times of ticks: whole intervals from the start, whatever a tick takes.
struct Schedule {
    next_ns: u64,
    interval_ns: u64,
}

impl Schedule {
    fn start(interval: Duration) -> Self {
        let interval_ns = interval.as_nanos() as u64;
        Self { next_ns: sys::monotonic_ns() + interval_ns, interval_ns }
    }

    /// The time to sleep. Ticks that a busy machine has missed are left out. A tick soon after a
    /// late tick is left out as well: rates over the short time between the two would mean little.
    fn until_next(&mut self, now_ns: u64) -> Duration {
        let earliest_ns = now_ns + self.interval_ns / 2;
        if self.next_ns < earliest_ns {
            let missed = (earliest_ns - self.next_ns).div_ceil(self.interval_ns);
            self.next_ns += missed * self.interval_ns;
        }
        let sleep_ns = self.next_ns - now_ns;
        self.next_ns += self.interval_ns;
        Duration::from_nanos(sleep_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_keep_their_times_and_missed_ones_are_left_out() {
        let mut schedule = Schedule { next_ns: 1000, interval_ns: 100 };
        let mut check = |now_ns, sleep_ns| {
            assert_eq!(schedule.until_next(now_ns), Duration::from_nanos(sleep_ns), "{now_ns}");
        };
        check(902, 98);
        check(1001, 99);
        // Woken a little late: still in step.
        check(1149, 51);
        // Woken so late that the next tick would follow at once: the next tick is left out.
        check(1260, 140);
        // Several ticks late: in step again.
        check(1755, 145);
        check(1900, 100);
    }
}
