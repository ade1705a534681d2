//! The system calls that the measurement and its loads need and std does not offer.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{io, ptr};

/// Sends a signal to a process, or with a negative number to a group, that the
/// caller has started and not waited for.
pub fn signal(pid: i32, signal: libc::c_int) {
    // SAFETY: takes numbers, gives a number.
    let _ = unsafe { libc::kill(pid, signal) };
}

/// Has the kernel kill this process when the thread that started it ends.
fn end_with_parent() -> io::Result<()> {
    // SAFETY: takes numbers, gives a number.
    result(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })
}

/// Has the kernel kill what `command` starts when we end, however we end.
pub fn ends_with_us(command: &mut Command) {
    // SAFETY: between fork and exec the closure makes one system call, and
    // neither allocates nor takes a lock.
    unsafe { command.pre_exec(end_with_parent) };
}

/// Keeps this thread, and all that it starts from now on, on one CPU.
pub fn pin(cpu: usize) -> io::Result<()> {
    let mut mask = [0_u64; 128];
    mask[cpu / 64] = 1 << (cpu % 64);
    // SAFETY: the mask is an array of words as the kernel reads it, of the length
    // that we say; 0 is this thread.
    result(unsafe { libc::sched_setaffinity(0, size_of_val(&mask), mask.as_ptr().cast()) })
}

/// Lets this thread go before all ordinary ones; not those that it starts.
pub fn be_real_time(priority: i32) -> io::Result<()> {
    let parameter = libc::sched_param { sched_priority: priority };
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: the parameter outlives the call; 0 is this thread.
    result(unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) })
}

/// Starts a child that sleeps until it is killed or this thread ends.
pub fn fork_a_sleeper() -> io::Result<()> {
    // SAFETY: the child calls nothing but prctl, pause and _exit.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => loop {
            if end_with_parent().is_err() {
                // SAFETY: ends this process without running what belongs to the parent.
                unsafe { libc::_exit(1) };
            }
            // SAFETY: takes nothing, gives a number.
            let _ = unsafe { libc::pause() };
        },
        _ => Ok(()),
    }
}

/// Bytes of a page of memory.
pub fn page_bytes() -> u64 {
    // SAFETY: takes a number, gives a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as u64 }
}

/// Has all children that ended be forgotten without being waited for.
pub fn forget_children() {
    // SAFETY: sets no handler of ours, only what happens by default.
    let _ = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// Writes what is in memory of all files to storage.
pub fn sync() {
    // SAFETY: takes and gives nothing.
    unsafe { libc::sync() };
}

/// This thread's time on a CPU, nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes the structure that we hand it, which outlives the call.
    let _ = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, ptr::from_mut(&mut time)) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn result(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
