//! The system calls that the tests and their programs need and std does not offer.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::ffi::{CStr, CString};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{io, ptr};

/// A process that cannot go on in the same program says so with this exit code.
const NO_EXEC: libc::c_int = 127;

/// Sends a signal to a process that the caller has started and not waited for.
pub fn signal(pid: u32, signal: libc::c_int) {
    // SAFETY: takes numbers, gives a number.
    let _ = unsafe { libc::kill(pid.cast_signed(), signal) };
}

/// Has the kernel kill this process when the thread that started it ends.
pub fn end_with_parent() -> io::Result<()> {
    // SAFETY: takes numbers, gives a number.
    match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Has the kernel kill what `command` starts when we end, however we end.
pub fn ends_with_us(command: &mut Command) {
    // SAFETY: between fork and exec the closure makes one system call, and
    // neither allocates nor takes a lock.
    unsafe { command.pre_exec(end_with_parent) };
}

/// Keeps this thread, and all that it starts from now on, on one CPU.
pub fn pin(cpu: u32) -> io::Result<()> {
    let mut mask = [0_u64; 64];
    mask[cpu as usize / 64] = 1 << (cpu % 64);
    // SAFETY: the mask is an array of words as the kernel reads it, of the length
    // that we say; 0 is this thread.
    match unsafe { libc::sched_setaffinity(0, size_of_val(&mask), mask.as_ptr().cast()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Has all of a file in memory, for as long as this process lives.
pub fn map_all_of(file: &File) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
    // SAFETY: new memory, which nothing of Rust's refers to.
    let memory =
        unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_READ, flags, file.as_raw_fd(), 0) };
    if memory == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Waits for a child to execute a program, which
/// this one never does: nothing but a deadly signal interrupts that
/// (state D). The child ends with us.
pub fn wait_for_a_child_to_execute() -> io::Result<()> {
    // SAFETY: CLONE_VFORK stops this thread until the child is gone; without a
    // stack of its own the child goes on in this function, and calls nothing but
    // prctl and pause.
    let child =
        unsafe { libc::syscall(libc::SYS_clone, libc::CLONE_VFORK | libc::SIGCHLD, 0, 0, 0, 0) };
    match child {
        -1 => Err(io::Error::last_os_error()),
        0 => loop {
            if end_with_parent().is_err() {
                // SAFETY: ends this process without running what belongs to the parent.
                unsafe { libc::_exit(NO_EXEC) };
            }
            // SAFETY: takes nothing, gives a number.
            let _ = unsafe { libc::pause() };
        },
        _ => Ok(()),
    }
}

/// Starts a child that sleeps, until it is killed or this process ends.
pub fn fork_a_sleeper() -> io::Result<u32> {
    // SAFETY: the child calls nothing but prctl, pause and _exit.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => loop {
            if end_with_parent().is_err() {
                // SAFETY: ends this process without running what belongs to the parent.
                unsafe { libc::_exit(NO_EXEC) };
            }
            // SAFETY: takes nothing, gives a number.
            let _ = unsafe { libc::pause() };
        },
        pid => Ok(pid.cast_unsigned()),
    }
}

/// Waits for the end of a child.
pub fn reap(pid: u32) {
    // SAFETY: the status is not asked for.
    let _ = unsafe { libc::waitpid(pid.cast_signed(), ptr::null_mut(), 0) };
}

/// Starts a program under a number of our choice, and waits for its end.
pub fn run_numbered(pid: u32, argv: &[CString], environment: &CStr) -> io::Result<()> {
    let mut arguments: Vec<_> = argv.iter().map(|argument| argument.as_ptr()).collect();
    arguments.push(ptr::null());
    let environment = [environment.as_ptr(), ptr::null()];
    // `struct clone_args` (clone3(2)) up to `set_tid_size`, all words of 64 bits.
    let set_tid = [pid.cast_signed()];
    let mut clone = [0_u64; 10];
    clone[4] = libc::SIGCHLD as u64;
    clone[8] = set_tid.as_ptr() as u64;
    clone[9] = set_tid.len() as u64;
    let size = size_of_val(&clone);
    // SAFETY: as fork: the child has no stack or memory of the parent's to share.
    // It makes two system calls, and then it is another program or none.
    match unsafe { libc::syscall(libc::SYS_clone3, clone.as_mut_ptr(), size) } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {
            if end_with_parent().is_ok() {
                // SAFETY: both arrays end with a null and outlive the call.
                let _ =
                    unsafe { libc::execve(arguments[0], arguments.as_ptr(), environment.as_ptr()) };
            }
            // SAFETY: ends this process without running what belongs to the parent.
            unsafe { libc::_exit(NO_EXEC) }
        }
        _ => {}
    }
    reap(pid);
    Ok(())
}

/// Makes a FIFO.
pub fn make_fifo(path: &CStr) -> io::Result<()> {
    // SAFETY: the path ends with a zero and outlives the call.
    match unsafe { libc::mkfifo(path.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
