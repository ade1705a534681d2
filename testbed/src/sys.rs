//! The system calls that loads and their observers need and std lacks.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use std::{io, mem};

use memmap2::MmapOptions;
use rustix::event::{PollFd, PollFlags, pause, poll};
use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, set_parent_process_death_signal,
    waitpid,
};
use rustix::thread::{CpuSet, futex, sched_setaffinity};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The exit code of a child that cannot go on.
const NO_USE: libc::c_int = 127;

/// Sends a signal to a process that the caller has started and not waited for.
pub fn signal(pid: u32, signal: libc::c_int) {
    let _ = Signal::from_named_raw(signal).map(|signal| kill_process(number(pid), signal));
}

/// Sends a signal to all processes of a group. `pid` is the group's leader, which the caller
/// has started and not waited for.
pub fn signal_group(pid: u32, signal: libc::c_int) {
    let _ = Signal::from_named_raw(signal).map(|signal| kill_process_group(number(pid), signal));
}

/// Makes the kernel kill this process at the end of the thread that started the process.
pub fn end_with_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Makes the kernel kill the process of `command` when this thread ends in any way.
pub fn ends_with_us(command: &mut Command) {
    // SAFETY: between fork and exec the closure makes one system call, and
    // neither allocates nor takes a lock.
    unsafe { command.pre_exec(end_with_parent) };
}

/// Gives the process of `command` the default action of every signal that ends programs.
/// nohup(1), and a shell for its background jobs, ignore some of these signals, and children
/// inherit that (signal(7)).
pub fn with_default_signals(command: &mut Command) {
    // SAFETY: between fork and exec the closure makes system calls only, and neither
    // allocates nor takes a lock.
    unsafe { command.pre_exec(reset_ending_signals) };
}

fn reset_ending_signals() -> io::Result<()> {
    for number in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        // SAFETY: the call installs no function of this program.
        if unsafe { libc::signal(number, libc::SIG_DFL) } == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Keeps this thread on one CPU, and with it all threads and processes that it starts later.
pub fn pin(cpu: u32) -> io::Result<()> {
    let mut cpus = CpuSet::new();
    cpus.set(cpu as usize);
    Ok(sched_setaffinity(None, &cpus)?)
}

/// Gives this thread real-time priority, so that it runs before all ordinary threads. Threads
/// and processes that it starts get ordinary priority.
pub fn be_real_time(priority: i32) -> io::Result<()> {
    let parameter = libc::sched_param { sched_priority: priority };
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: the parameter outlives the call; 0 is this thread.
    result(unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) })
}

/// Starts a child that sleeps until it is killed or this thread ends.
pub fn fork_a_sleeper() -> io::Result<u32> {
    // SAFETY: the child calls nothing but prctl, pause and _exit.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => sleep_as_a_child(),
        pid => Ok(pid.cast_unsigned()),
    }
}

/// Waits in state D: for a child that should execute a program and never does. Only a deadly
/// signal interrupts this wait. The child ends with this process.
pub fn wait_for_a_child_to_execute() -> io::Result<()> {
    // SAFETY: CLONE_VFORK stops this thread until the child is gone. The child has no stack of
    // its own, so it goes on in this function, and calls nothing but prctl, pause and _exit.
    let child =
        unsafe { libc::syscall(libc::SYS_clone, libc::CLONE_VFORK | libc::SIGCHLD, 0, 0, 0, 0) };
    match child {
        -1 => Err(io::Error::last_os_error()),
        0 => sleep_as_a_child(),
        _ => Ok(()),
    }
}

fn sleep_as_a_child() -> ! {
    while end_with_parent().is_ok() {
        pause();
    }
    // SAFETY: the call ends this process and runs no exit handler of the parent's.
    unsafe { libc::_exit(NO_USE) }
}

/// Ends the first thread of this process, whatever that thread does, and no other thread.
pub fn end_first_thread() -> io::Result<()> {
    extern "C" fn end(_: libc::c_int) {
        // SAFETY: exit(2) ends the thread here, and no code uses the thread's stack any more.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
    let handler: extern "C" fn(libc::c_int) = end;
    // SAFETY: the handler makes one system call.
    unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    let pid = process::id();
    // SAFETY: the call takes numbers and returns a number. A process has the number of its
    // first thread.
    let answer = unsafe { libc::syscall(libc::SYS_tgkill, pid, pid, libc::SIGUSR1) };
    result(answer as libc::c_int)
}

/// Waits for the end of a child.
pub fn reap(pid: u32) {
    let _ = waitpid(Some(number(pid)), WaitOptions::empty());
}

/// Waits until `file` has something to read, or has no writer any more, or `time` has passed.
/// Returns `false` in the last case.
pub fn wait_readable(file: &impl AsFd, time: Duration) -> io::Result<bool> {
    let time = Timespec::try_from(time).ok();
    Ok(poll(&mut [PollFd::new(file, PollFlags::IN)], time.as_ref())? > 0)
}

/// Maps a whole file into memory, until this process ends.
pub fn map_all_of(file: &File) -> io::Result<()> {
    mem::forget(MmapOptions::new().populate().map_raw_read_only(file)?);
    Ok(())
}

/// Wakes threads that wait on this futex word, `most` of them at most.
pub fn wake(word: &AtomicU32, most: u32) {
    let _ = futex::wake(word, futex::Flags::empty(), most);
}

/// The size of a page of memory, bytes.
pub fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

/// Writes all unsaved data of all files to storage.
pub use rustix::fs::sync;

/// The time of a clock of clock_gettime(2); zero where the kernel lacks that clock.
pub fn clock(number: libc::clockid_t) -> Duration {
    let time = ClockId::try_from(number).map(clock_gettime);
    time.ok().and_then(|time| time.try_into().ok()).unwrap_or_default()
}

fn number(pid: u32) -> Pid {
    Pid::from_raw(pid.cast_signed()).expect("no process has the number 0")
}

fn result(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;

    use super::with_default_signals;

    #[test]
    fn a_signal_that_came_ignored_ends_a_child_with_default_signals() {
        let mut command = Command::new("sh");
        command.args(["-c", "kill -HUP $$"]);
        // nohup(1) starts programs this way.
        // SAFETY: the call installs no function of this program.
        let ignore = || match unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) } {
            libc::SIG_ERR => Err(io::Error::last_os_error()),
            _ => Ok(()),
        };
        // SAFETY: the closure neither allocates nor takes a lock.
        unsafe { command.pre_exec(ignore) };
        assert!(command.status().unwrap().success());
        with_default_signals(&mut command);
        assert_eq!(command.status().unwrap().signal(), Some(libc::SIGHUP));
    }
}
