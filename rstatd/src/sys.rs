//! The system calls of the daemon itself that std does not offer.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::fs::{self, File};
use std::ptr;
use std::time::{Duration, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit, test_kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};

/// CLOCK_MONOTONIC of the machine, which is also the probe's clock. Takes no system call.
pub use rstat_shm::monotonic_ns;

/// Signals that end the daemon, unless its parent ignores them (nohup).
const ENDING: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// The highest real-time priority (sched(7)).
const HIGHEST_PRIORITY: libc::c_int = 99;

/// Bytes of a page of memory.
pub fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

/// Length of a tick of `USER_HZ`, the unit of times in `/proc`. It is 10 ms wherever this
/// daemon runs, but the architecture decides.
pub fn clock_tick_ns() -> u64 {
    1_000_000_000 / rustix::param::clock_ticks_per_second().max(1)
}

/// Lets this process open as many files as the administrator allows. The daemon keeps several open
/// for each CPU, disk and listed process, and the default limit is a thousand.
pub fn lift_file_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    // With the old limit some sources are missing, and say why.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// Whether a process has this number.
pub fn process_exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// CLOCK_REALTIME. Takes no system call.
pub fn realtime_ns() -> u64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_1970.unwrap_or_default().as_nanos() as u64
}

/// CLOCK_BOOTTIME. Takes no system call from Linux 5.3 on.
pub fn boottime_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to a valid timespec; this clock always exists.
    let _ = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Whether a file has urgent data, without waiting. An attribute of sysfs has, if its driver
/// has called `sysfs_notify` since the last reading.
pub fn has_priority_data(file: &File) -> bool {
    let mut polled = [PollFd::new(file, PollFlags::PRI)];
    let ready = poll(&mut polled, Some(&Timespec::default()));
    ready.is_ok() && polled[0].revents().contains(PollFlags::PRI)
}

/// The signals that end the daemon, held back until [`EndingSignals::wait`] asks for them: a
/// tick is never interrupted, and no handler is needed.
pub struct EndingSignals {
    set: SignalSet,
}

/// The kernel's `sigset_t` of 64-bit machines: the lowest bit is signal 1.
type SignalSet = u64;

impl EndingSignals {
    /// Holds the signals back in this thread, and in threads that it starts from now on. Leaves
    /// ignored signals alone (nohup): the kernel would deliver them to a thread that waits for
    /// them.
    pub fn hold() -> Self {
        let ending = ENDING.iter().fold(0, |set, signal| set | 1 << (signal - 1));
        let set: SignalSet = ending & !ignored_signals();
        let (old, bytes) = (ptr::null_mut::<SignalSet>(), size_of::<SignalSet>());
        // SAFETY: the set outlives the call, has this size, and is not written to. The old
        // mask is not asked for.
        let _ = unsafe {
            libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, &raw const set, old, bytes)
        };
        Self { set }
    }

    /// Sleeps for `timeout`. True: one of the signals has come.
    pub fn wait(&self, timeout: Duration) -> bool {
        let timeout = libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos().into(),
        };
        let (set, bytes) = (&raw const self.set, size_of::<SignalSet>());
        let information = ptr::null_mut::<libc::siginfo_t>();
        // SAFETY: set and timeout outlive the call, which only reads them, and the set has
        // this size. No information about the signal is asked for.
        let signal = unsafe {
            libc::syscall(libc::SYS_rt_sigtimedwait, set, information, &raw const timeout, bytes)
        };
        signal > 0
    }
}

/// The signals that this process ignores; none where `/proc` does not say.
fn ignored_signals() -> SignalSet {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| SignalSet::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Asks for a real-time priority for this thread, which its children do not inherit. The
/// kernel may refuse it.
pub fn raise_priority(priority: Priority) {
    let sched_priority = match priority {
        Priority::AboveOrdinary => 1,
        Priority::Highest => HIGHEST_PRIORITY,
    };
    let parameter = libc::sched_param { sched_priority };
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: the parameter outlives the call, which only reads it; 0 is this thread.
    let _ = unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) };
}

/// The real-time priority of a thread.
#[derive(Clone, Copy, Debug)]
pub enum Priority {
    /// Before all ordinary threads, behind other real-time threads.
    AboveOrdinary,
    /// Before all threads.
    Highest,
}

/// Moves this thread to a CPU, of the first 1,024. The kernel refuses a CPU that is offline,
/// or that the process may not use.
pub fn move_to_cpu(cpu: u32) {
    let cpu = cpu as usize;
    if cpu < CpuSet::MAX_CPU {
        let mut cpus = CpuSet::new();
        cpus.set(cpu);
        let _ = sched_setaffinity(None, &cpus);
    }
}
