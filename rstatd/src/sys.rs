//! The system calls of the daemon itself that std does not offer.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Signals that end the daemon, unless it was started with orders to ignore them.
const ENDING: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// Bytes of a page of memory.
pub fn page_bytes() -> u64 {
    // SAFETY: takes a number, gives a number.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(bytes).unwrap_or(4096)
}

/// Length of a tick of `USER_HZ`, the unit in which `/proc` counts time: 10 ms
/// wherever this daemon runs, but the kernel leaves it to the architecture.
pub fn clock_tick_ns() -> u64 {
    // SAFETY: takes a number, gives a number.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    1_000_000_000 / u64::try_from(per_second).unwrap_or(100).max(1)
}

/// Lets this process open as many files as the administrator allows: discovery holds
/// several for each CPU, disk and listed process, and programs get a thousand unasked.
pub fn lift_file_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    #[expect(unsafe_code, reason = "getrlimit has no safe binding")]
    // SAFETY: the limit outlives the call, which only writes to it.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0;
    limit.rlim_cur = limit.rlim_max;
    if known {
        #[expect(unsafe_code, reason = "setrlimit has no safe binding")]
        // SAFETY: the limit outlives the call, which only reads it. With the old one
        // there are fewer sources, each of which says why.
        unsafe {
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// Whether there is a process of that number.
pub fn process_exists(pid: u32) -> bool {
    // SAFETY: takes numbers, gives a number; signal 0 is only a question.
    let answer = unsafe { libc::kill(pid.cast_signed(), 0) };
    answer == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

/// CLOCK_MONOTONIC of the machine, which is the probe's clock too. Without a system call.
pub use rstat_shm::monotonic_ns;

/// CLOCK_REALTIME. Without a system call.
pub fn realtime_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid timespec; this clock always exists.
    let _ = unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Whether a file has urgent data, without waiting: sysfs says so of an attribute
/// whose driver has called `sysfs_notify` since it was read last.
pub fn has_priority_data(file: &File) -> bool {
    let mut poll = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLPRI, revents: 0 };
    // SAFETY: `poll` is one valid pollfd, and the descriptor is open.
    let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
    ready > 0 && poll.revents & libc::POLLPRI != 0
}

/// The signals that end the daemon, held back until [`EndingSignals::wait`] asks
/// for them: a tick is never interrupted, and no handler is needed.
pub struct EndingSignals {
    set: libc::sigset_t,
}

impl EndingSignals {
    /// Holds them back in this thread and those it starts from now on.
    pub fn hold() -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: the pointer is to a sigset_t, which the call initialises.
        let _ = unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        // SAFETY: initialised by the call above.
        let mut set = unsafe { set.assume_init() };
        // One that is ignored, as by nohup(1), ends nobody, and would if it was waited for.
        for signal in ENDING.into_iter().filter(|signal| !is_ignored(*signal)) {
            // SAFETY: `set` is initialised and the signal's number is valid.
            let _ = unsafe { libc::sigaddset(&raw mut set, signal) };
        }
        // SAFETY: `set` is initialised; the old mask is not asked for.
        let _ =
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
        Self { set }
    }

    /// Sleeps for `timeout`. True: one of the signals has come.
    pub fn wait(&self, timeout: Duration) -> bool {
        let timeout = libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos().into(),
        };
        // SAFETY: both pointers are to initialised values that outlive the call.
        let signal = unsafe {
            libc::sigtimedwait(&raw const self.set, std::ptr::null_mut(), &raw const timeout)
        };
        signal > 0
    }
}

fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is set, and there is room for what is.
    let known = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) } == 0;
    // SAFETY: zeros are an action, and so is what the kernel has put there.
    known && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Asks for a real-time priority for this thread, which its children do not
/// inherit; it may be refused.
pub fn raise_priority(priority: Priority) {
    let sched_priority = match priority {
        Priority::AboveOrdinary => 1,
        // SAFETY: takes a number, gives a number.
        Priority::Highest => unsafe { libc::sched_get_priority_max(libc::SCHED_FIFO) },
    };
    let parameter = libc::sched_param { sched_priority };
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: `parameter` is valid; 0 is this thread.
    let _ = unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) };
}

/// Before whom a thread wants to run.
#[derive(Clone, Copy, Debug)]
pub enum Priority {
    /// Before all that are not real-time themselves.
    AboveOrdinary,
    /// Before all that may be.
    Highest,
}

/// Moves this thread to a CPU. One that is offline, or that we may not use,
/// refuses it.
pub fn move_to_cpu(cpu: u32) {
    const WORDS: usize = 1 << 10;
    let mut mask = [0_u64; WORDS];
    let Some(word) = mask.get_mut(cpu as usize / 64) else { return };
    *word = 1 << (cpu % 64);
    let bytes = (cpu as usize / 64 + 1) * 8;
    // SAFETY: the mask is an array of words as the kernel reads it, and at least
    // `bytes` long; 0 is this thread.
    let _ = unsafe { libc::sched_setaffinity(0, bytes, mask.as_ptr().cast()) };
}
