//! The machine's CPUs, as the probe needs to know them at its start.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rstat_probe::Cpu;

use crate::source::files::Root;
use crate::sys::{self, Priority};

const POSSIBLE: &str = "/sys/devices/system/cpu/possible";
/// More CPUs than any kernel is built for (`NR_CPUS`). A file with a higher number is wrong.
const MAX_CPUS: u32 = 1 << 16;
/// The number of visits over which the cost of a switch can be measured.
const VISITS: u32 = 64;
/// How long the daemon's start waits for the visits. Without a limit it would wait for ever when a
/// task of the highest real-time priority never leaves its CPU.
const VISIT_TIMEOUT: Duration = Duration::from_millis(500);

/// The longest time between two ticks of a CPU that is busy (`CONFIG_HZ_100`), twice.
const TICK_TIMEOUT: Duration = Duration::from_millis(20);
const TICK_POLL: Duration = Duration::from_millis(1);

/// The most CPUs that the machine can have: the highest number in the list, plus 1.
pub fn possible_cpus(root: &Root) -> Result<u32, String> {
    let text = root.text(POSSIBLE).map_err(|error| format!("read {POSSIBLE}: {error}"))?;
    let last = text.trim().rsplit([',', '-']).next().and_then(|last| last.parse::<u32>().ok());
    last.and_then(|last| last.checked_add(1))
        .filter(|count| *count <= MAX_CPUS)
        .ok_or_else(|| format!("read {POSSIBLE}: {:?} is no list of CPUs", text.trim()))
}

/// Runs for a moment on each CPU. The probe knows a CPU from its next switch on, and a CPU with a
/// lone task would not switch for seconds. The thread asks for the highest real-time priority, so
/// that such a task cannot keep the thread out. Offline CPUs refuse the thread. Where there are few
/// CPUs the thread goes round several times.
pub fn visit_each(possible: u32) {
    let (done, visited) = mpsc::channel();
    thread::spawn(move || {
        sys::raise_priority(Priority::Highest);
        for visit in 0..VISITS.next_multiple_of(possible.max(1)) {
            sys::move_to_cpu(visit % possible.max(1));
        }
        // After the timeout no receiver is left.
        let _ = done.send(());
    });
    let _ = visited.recv_timeout(VISIT_TIMEOUT);
}

/// Waits until the probe has found the ticks of all CPUs that run. An idle CPU sets its tick when
/// the thread visits, a busy CPU at its next tick. A kernel that keeps its accounts elsewhere never
/// sets a tick, so the wait ends after a while.
pub fn wait_for_ticks(cpus: &[Cpu]) {
    let start = Instant::now();
    while !follow_idle_account(cpus) && start.elapsed() < TICK_TIMEOUT {
        thread::sleep(TICK_POLL);
    }
}

/// Whether the ticks of all CPUs that run are found.
pub fn follow_idle_account(cpus: &[Cpu]) -> bool {
    let mut running = cpus.iter().filter(|cpu| cpu.switches.load(Relaxed) > 0);
    running.all(|cpu| cpu.tick_sched.load(Relaxed) != 0)
}
