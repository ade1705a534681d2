//! Busy time of each CPU, from the idle time in `/proc/stat`.
//!
//! Busy time is the time on the clock without the time of idling and of waiting for I/O. The sum of
//! the other columns will not do: on a virtual machine that sum runs ahead of the clock by the time
//! that the host stole. The kernel also measures idle time, and only samples the rest. The file
//! lists the CPUs that are online, so that no other file needs to agree with it.

use std::io;

use rstat_shm::snapshot::MAX_CORES;

use crate::source::cpu::shares::Cpus;
use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};
use crate::sys::clock_tick_ns;

const PATH: &str = "/proc/stat";

/// How far busy time may seem to go back, in ticks: two columns are rounded down to a tick each,
/// and the clock is read before the file. A larger step is the kernel's correction of its own
/// counter, which busy time does not follow.
const DOUBT_TICKS: u64 = 5;

/// The first number that no CPU has: `NR_CPUS` is at most 8192.
const CPU_NUMBERS: u64 = 65_536;

/// `/proc/stat`, which stays open, and each CPU's times at the last reading.
#[derive(Debug)]
pub struct CpuTimes {
    file: ValueFile,
    text: Vec<u8>,
    /// The CPUs, by number.
    clocks: Vec<Clock>,
    all_busy_ns: u64,
    last_ns: u64,
    tick_ns: u64,
}

/// The times of a CPU.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    /// Ticks since boot of idling and waiting for I/O, if the CPU is online.
    idle_ticks: Option<u64>,
    /// The same, at the reading before.
    idle_ticks_before: Option<u64>,
    /// The CPU's busy time since the first reading. It only grows.
    busy_ns: u64,
    /// How far `busy_ns` is ahead of elapsed minus idle time.
    ahead_ns: u64,
}

impl CpuTimes {
    /// Opens the file and makes room for twice its present text.
    pub fn open(root: &Root) -> io::Result<Self> {
        let file = root.open(PATH)?;
        let mut text = Vec::new();
        let length = file.whole(&mut text).map_err(|error| file.failure(error))?.len();
        let mut clocks = Vec::new();
        parse(&text[..length], &mut clocks).map_err(|error| file.failure(error))?;
        clocks.fill(Clock::default());
        text.resize(length * 2, 0);
        Ok(Self { file, text, clocks, all_busy_ns: 0, last_ns: 0, tick_ns: clock_tick_ns() })
    }

    /// Fills in all of `cpus`.
    pub fn read(&mut self, now_ns: u64, cpus: &mut Cpus) -> io::Result<()> {
        for clock in &mut self.clocks {
            clock.idle_ticks = None;
        }
        let text = self.file.whole(&mut self.text);
        let context_switches = text
            .and_then(|text| parse(text, &mut self.clocks))
            .map_err(|error| self.file.failure(error))?;
        let elapsed_ns = now_ns.saturating_sub(self.last_ns);
        self.last_ns = now_ns;
        cpus.context_switches = context_switches;
        cpus.online_count = 0;
        cpus.online = [0; MAX_CORES / 64];
        for (cpu, clock) in self.clocks.iter_mut().enumerate() {
            let busy_ns = clock.advance(elapsed_ns, self.tick_ns);
            self.all_busy_ns = self.all_busy_ns.wrapping_add(busy_ns);
            let online = clock.idle_ticks.is_some();
            cpus.online_count += u32::from(online);
            if let Some(busy_ns) = cpus.busy_ns.get_mut(cpu) {
                *busy_ns = clock.busy_ns;
                cpus.online[cpu / 64] |= u64::from(online) << (cpu % 64);
            }
        }
        cpus.all_busy_ns = self.all_busy_ns;
        Ok(())
    }
}

impl Clock {
    /// Advances to the present reading, and returns the busy time since the reading before.
    ///
    /// Elapsed minus idle time swings by the rounding of the columns. Busy time follows the upper
    /// edge of this swing, which is ahead of the truth by a constant. So over several readings
    /// nothing is counted twice and nothing is lost.
    fn advance(&mut self, elapsed_ns: u64, tick_ns: u64) -> u64 {
        let before = std::mem::replace(&mut self.idle_ticks_before, self.idle_ticks);
        // A CPU that was offline has no reading to compare with: on some kernels its counter starts
        // again at 0 when the CPU comes back.
        let (Some(before), Some(now)) = (before, self.idle_ticks) else {
            self.ahead_ns = 0;
            return 0;
        };
        // The time spent waiting for I/O can go back a little (proc_stat(5)).
        let idle_ticks = now.max(before);
        self.idle_ticks_before = Some(idle_ticks);
        let idle_ns = (idle_ticks - before).saturating_mul(tick_ns).saturating_add(self.ahead_ns);
        let busy_ns = elapsed_ns.saturating_sub(idle_ns);
        self.ahead_ns = idle_ns.saturating_sub(elapsed_ns).min(DOUBT_TICKS * tick_ns);
        self.busy_ns = self.busy_ns.wrapping_add(busy_ns);
        busy_ns
    }
}

/// Notes the idle time of each CPU in the list, and returns the number in the line `ctxt`.
fn parse(text: &[u8], clocks: &mut Vec<Clock>) -> Result<Option<u64>, ValueError> {
    let mut context_switches = None;
    let mut listed = false;
    for line in text.split(|&byte| byte == b'\n') {
        if let Some(number) = line.strip_prefix(b"ctxt ") {
            context_switches = Some(parse_unsigned(number)?);
            // The line `ctxt` comes after the line of all interrupts. No later line is needed.
            break;
        }
        match line.strip_prefix(b"cpu") {
            // The line `cpu ` is the sum of all CPUs.
            Some(columns) if columns.first().is_some_and(u8::is_ascii_digit) => {
                parse_cpu(columns, clocks)?;
                listed = true;
            }
            _ => {}
        }
    }
    if listed { Ok(context_switches) } else { Err(ValueError::Malformed) }
}

/// `0 490 0 711 130768 31 …`: number, user, nice, system, idle, iowait.
fn parse_cpu(columns: &[u8], clocks: &mut Vec<Clock>) -> Result<(), ValueError> {
    let mut columns = columns.split(|&byte| byte == b' ');
    let mut column = |skipped| parse_unsigned(columns.nth(skipped).ok_or(ValueError::Malformed)?);
    let cpu = column(0)?;
    if cpu >= CPU_NUMBERS {
        return Err(ValueError::TooLarge);
    }
    let (idle, iowait) = (column(3)?, column(0)?);
    let cpu = cpu as usize;
    if cpu >= clocks.len() {
        clocks.resize(cpu + 1, Clock::default());
    }
    clocks[cpu].idle_ticks = Some(idle.checked_add(iowait).ok_or(ValueError::TooLarge)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK_NS: u64 = 10_000_000;

    /// The busy time in each of some intervals of 100 ms, by the clock's idle time
    /// at their ends; `None` is offline.
    fn busy_ms(idle_ticks: &[Option<u64>]) -> Vec<u64> {
        let mut clock = Clock::default();
        let mut busy = idle_ticks.iter().map(|&idle_ticks| {
            clock.idle_ticks = idle_ticks;
            clock.advance(10 * TICK_NS, TICK_NS) / 1_000_000
        });
        // The first reading is the beginning of the first interval.
        assert_eq!(busy.next(), Some(0));
        busy.collect()
    }

    #[test]
    fn busy_is_what_idle_leaves() {
        let check = |idle: &[u64], expected: &[u64]| {
            let idle: Vec<Option<u64>> = idle.iter().copied().map(Some).collect();
            assert_eq!(busy_ms(&idle), expected, "{idle:?}");
        };
        check(&[5, 15, 25], &[0, 0]);
        check(&[5, 5, 5], &[100, 100]);
        check(&[5, 10, 15], &[50, 50]);
        // An idle CPU whose columns are rounded down: the first ticks are doubtful.
        check(&[5, 14, 25, 34, 45, 54], &[10, 0, 0, 0, 0]);
        // Half busy, rounded: nothing is counted twice.
        check(&[5, 9, 15, 19, 25], &[60, 40, 60, 40]);
        // iowait goes back: not busy twice.
        check(&[50, 48, 60], &[100, 0]);
        // The kernel corrects its counter by much: at most the doubt is made up for.
        check(&[5, 500, 500, 500], &[0, 50, 100]);
    }

    #[test]
    fn a_cpu_that_comes_back_starts_anew() {
        assert_eq!(
            busy_ms(&[Some(500), Some(505), None, None, Some(3), Some(6)]),
            [50, 0, 0, 0, 70]
        );
        assert_eq!(busy_ms(&[None, None, Some(1000), Some(1009)]), [0, 0, 10]);
    }

    #[test]
    fn what_is_not_stat_is_refused_and_what_is_read() {
        let check = |text: &str, expected: Result<Option<u64>, ValueError>| {
            assert_eq!(parse(text.as_bytes(), &mut Vec::new()), expected, "{text:?}");
        };
        check("cpu  9 9 9 9 9\ncpu0 1 0 2 3 4 0 0 0 0 0\nintr 1 2\nctxt 77\n", Ok(Some(77)));
        check("cpu0 1 0 2 3 4\n", Ok(None));
        check("", Err(ValueError::Malformed));
        check("cpu  1 0 2 3 4\nctxt 77\n", Err(ValueError::Malformed));
        check("cpu0 1 0 2 3\n", Err(ValueError::Malformed));
        check("cpu0 1 0 2 -3 4\n", Err(ValueError::Negative));
        check("cpu0x 1 0 2 3 4\n", Err(ValueError::Malformed));
        check("cpu65536 1 0 2 3 4\n", Err(ValueError::TooLarge));
        check("cpu0 1 0 2 18446744073709551615 4\n", Err(ValueError::TooLarge));
    }
}
