//! The system calls that loads and their observers need and std lacks.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use std::{io, ptr};

/// The exit code of a child that cannot go on.
const NO_USE: libc::c_int = 127;

/// Sends a signal to a process that the caller has started and not waited for.
pub fn signal(pid: u32, signal: libc::c_int) {
    // SAFETY: the call takes numbers and returns a number.
    let _ = unsafe { libc::kill(pid.cast_signed(), signal) };
}

/// Sends a signal to all processes of a group. `pid` is the group's leader, which the caller
/// has started and not waited for.
pub fn signal_group(pid: u32, signal: libc::c_int) {
    // SAFETY: the call takes numbers and returns a number.
    let _ = unsafe { libc::kill(-pid.cast_signed(), signal) };
}

/// Makes the kernel kill this process at the end of the thread that started the process.
pub fn end_with_parent() -> io::Result<()> {
    // SAFETY: the call takes numbers and returns a number.
    result(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })
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
    let mut mask = [0_u64; 128];
    mask[cpu as usize / 64] = 1 << (cpu % 64);
    // SAFETY: the mask is an array of words, as the kernel expects, and the length is the
    // array's; 0 is this thread.
    result(unsafe { libc::sched_setaffinity(0, size_of_val(&mask), mask.as_ptr().cast()) })
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
    loop {
        if end_with_parent().is_err() {
            // SAFETY: the call ends this process and runs no exit handler of the parent's.
            unsafe { libc::_exit(NO_USE) };
        }
        // SAFETY: the call takes nothing and returns a number.
        let _ = unsafe { libc::pause() };
    }
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
    // SAFETY: with a null pointer the kernel writes no status.
    let _ = unsafe { libc::waitpid(pid.cast_signed(), ptr::null_mut(), 0) };
}

/// Waits until `file` has something to read, or has no writer any more, or `time` has passed.
/// Returns `false` in the last case.
pub fn wait_readable(file: &impl AsRawFd, time: Duration) -> io::Result<bool> {
    let mut wanted = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the kernel writes to one structure, which outlives the call.
    match unsafe { libc::poll(&raw mut wanted, 1, milliseconds) } {
        -1 => Err(io::Error::last_os_error()),
        ready => Ok(ready > 0),
    }
}

/// Maps a whole file into memory, until this process ends.
pub fn map_all_of(file: &File) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
    // SAFETY: the memory is new, and no Rust value refers to it.
    let memory =
        unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_READ, flags, file.as_raw_fd(), 0) };
    if memory == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Wakes threads that wait on this futex word, `most` of them at most.
pub fn wake(word: &AtomicU32, most: u32) {
    let word = word.as_ptr();
    // SAFETY: the word outlives the call, and FUTEX_WAKE does not read it.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, most) };
}

/// The size of a page of memory, bytes.
pub fn page_bytes() -> u64 {
    // SAFETY: the call takes a number and returns a number.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    bytes.cast_unsigned()
}

/// Writes all unsaved data of all files to storage.
pub fn sync() {
    // SAFETY: the call takes and returns nothing.
    unsafe { libc::sync() };
}

/// The time of a clock of clock_gettime(2); zero where the kernel lacks that clock.
pub fn clock(number: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to the given structure, which outlives the call.
    let _ = unsafe { libc::clock_gettime(number, &raw mut time) };
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
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
