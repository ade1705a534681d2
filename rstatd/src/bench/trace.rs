//! Counts the system calls of a piece of code by tracing a copy of this process.
//!
//! The copy is a fork that stops at each system call (ptrace(2)) while the
//! original counts; so a measurement of time is never one under tracing.
#![expect(unsafe_code, reason = "fork and ptrace are unsafe by their nature")]

use std::collections::BTreeMap;
use std::io;
use std::mem::{MaybeUninit, size_of};

/// A call that the code does not make: the copy begins and ends with it.
const MARK: u64 = libc::SYS_getppid as u64;

/// One kind of system call.
#[derive(Debug)]
pub struct SystemCall {
    /// Its name.
    pub name: &'static str,
    /// The file it is about, where its first argument is an open file.
    pub file: String,
    /// How often it is made, on average.
    pub per_sample: f64,
    /// Why it is made.
    pub reason: &'static str,
}

/// The calls that a tick may make: number, name, which file it is about, and why.
/// Others show up as unexpected.
const REASONS: &[(libc::c_long, &str, About, &str)] = &[
    (libc::SYS_pread64, "pread64", About::The(STATM), "the memory of a listed process"),
    (libc::SYS_pread64, "pread64", About::The(CGROUP), "a process in a new cgroup"),
    (libc::SYS_pread64, "pread64", About::AFile, "a source that is due"),
    (libc::SYS_futex, "futex", About::NoFile, "wake the readers that wait"),
    (libc::SYS_rt_sigtimedwait, "rt_sigtimedwait", About::NoFile, "sleep until the next tick"),
    (libc::SYS_kill, "kill", About::NoFile, "whether a zombie is still there"),
    (libc::SYS_getdents64, "getdents64", About::AFile, "list the processes, without the probe"),
    (libc::SYS_lseek, "lseek", About::AFile, "list the processes, without the probe"),
    (libc::SYS_read, "read", About::NoFile, "a process's files, without the probe"),
    (
        libc::SYS_openat,
        "openat",
        About::NoFile,
        "a process newly listed, or in a new cgroup; without the probe, any",
    ),
    (
        libc::SYS_close,
        "close",
        About::NoFile,
        "a process no longer listed, or in a new cgroup; without the probe, any",
    ),
    (libc::SYS_mmap, "mmap", About::NoFile, "more processes than ever before"),
    (libc::SYS_munmap, "munmap", About::NoFile, "more processes than ever before"),
];

/// Files of any process.
const STATM: &str = "/proc/PID/statm";
const CGROUP: &str = "/proc/PID/cgroup";

/// What a call's first argument is.
enum About {
    NoFile,
    AFile,
    /// This one.
    The(&'static str),
}

/// Runs `code` so many times in a copy of this process, and counts what it calls.
pub fn count(times: u64, mut code: impl FnMut()) -> io::Result<Vec<SystemCall>> {
    // SAFETY: no other thread of this process runs (the one that visited the
    // CPUs is gone, or blocked for good and without locks), so the copy may go on.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Err(io::Error::last_os_error());
    }
    if child == 0 {
        copy(times, &mut code);
    }
    let counted = follow(child);
    if counted.is_err() {
        // SAFETY: the child is ours and was not waited for yet.
        let _ = unsafe { libc::kill(child, libc::SIGKILL) };
        let _ = wait(child);
    }
    Ok(explain(counted?, times))
}

/// What the copy does: never returns.
fn copy(times: u64, code: &mut impl FnMut()) -> ! {
    // SAFETY: asks the parent to trace us; no pointers.
    let traced = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
    if traced == 0 {
        // SAFETY: a signal to ourselves.
        let _ = unsafe { libc::raise(libc::SIGSTOP) };
        code();
        mark();
        for _ in 0..times {
            code();
        }
        mark();
    }
    // SAFETY: ends this process without running what belongs to the original.
    unsafe { libc::_exit(i32::from(traced != 0)) }
}

fn mark() {
    // SAFETY: no arguments, always succeeds.
    let _ = unsafe { libc::getppid() };
}

type Counts = BTreeMap<(u64, String), u64>;

/// Follows the copy from its first mark to its last.
fn follow(child: libc::pid_t) -> io::Result<Counts> {
    if !libc::WIFSTOPPED(wait(child)?) {
        return Err(io::Error::other("this process must not be traced"));
    }
    // Stops at system calls are told from others, and nothing outlives the bench.
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    // SAFETY: the child is stopped; no pointers.
    if unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, child, 0, options) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut counts = Counts::new();
    let mut marks = 0;
    loop {
        // SAFETY: the child is stopped; no pointers.
        if unsafe { libc::ptrace(libc::PTRACE_SYSCALL, child, 0, 0) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let status = wait(child)?;
        if libc::WIFEXITED(status) {
            return Ok(counts);
        }
        if !libc::WIFSTOPPED(status) {
            return Err(io::Error::other("the traced copy was killed"));
        }
        let Some((number, argument)) = entered(child)? else { continue };
        if number == MARK {
            marks += 1;
        } else if marks == 1 {
            let file = file_of(child, number, argument);
            *counts.entry((number, file)).or_default() += 1;
        }
    }
}

/// The system call that the child is about to make, with its first argument.
fn entered(child: libc::pid_t) -> io::Result<Option<(u64, u64)>> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = size_of::<libc::ptrace_syscall_info>();
    // SAFETY: the child is stopped and the buffer is as long as we say.
    let got =
        unsafe { libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, child, size, info.as_mut_ptr()) };
    if got < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed before, and filled in as far as the call says.
    let info = unsafe { info.assume_init() };
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: at an entry this is the member of the union that is set.
    let entry = unsafe { info.u.entry };
    Ok(Some((entry.nr, entry.args[0])))
}

fn wait(child: libc::pid_t) -> io::Result<libc::c_int> {
    let mut status = 0;
    // SAFETY: the child is ours and `status` is valid.
    if unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(status)
}

fn file_of(child: libc::pid_t, number: u64, argument: u64) -> String {
    let mut rows = REASONS.iter().filter(|(known, ..)| *known as u64 == number);
    if rows.all(|(_, _, about, _)| matches!(about, About::NoFile)) {
        return String::new();
    }
    let link = std::fs::read_link(format!("/proc/{child}/fd/{argument}"));
    link.map(|path| without_number(path.display().to_string())).unwrap_or_default()
}

/// The files of one name of all processes are one.
fn without_number(path: String) -> String {
    let file = path.strip_prefix("/proc/").and_then(|rest| rest.split_once('/'));
    match file {
        Some((pid, name)) if pid.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("/proc/PID/{name}")
        }
        _ => path,
    }
}

fn explain(counts: Counts, times: u64) -> Vec<SystemCall> {
    let explained = counts.into_iter().map(|((number, file), count)| {
        let per_sample = count as f64 / times as f64;
        let row = REASONS.iter().find(|(known, _, about, _)| {
            *known as u64 == number && !matches!(about, About::The(other) if *other != file)
        });
        match row {
            Some((_, name, _, reason)) => SystemCall { name, file, per_sample, reason },
            None => SystemCall {
                name: "unexpected call",
                file: number.to_string(),
                per_sample,
                reason: "none is known",
            },
        }
    });
    explained.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_processes_are_one_and_have_their_own_reason() {
        let check = |path: &str, expected: &str, reason: &str| {
            let file = without_number(path.to_owned());
            assert_eq!(file, expected);
            let counts = Counts::from([((libc::SYS_pread64 as u64, file), 50)]);
            let calls = explain(counts, 100);
            let call = &calls[0];
            assert_eq!((call.name, call.per_sample, call.reason), ("pread64", 0.5, reason));
        };
        check("/proc/123/statm", STATM, "the memory of a listed process");
        check("/proc/123/cgroup", CGROUP, "a process in a new cgroup");
        check("/proc/meminfo", "/proc/meminfo", "a source that is due");
        check("/proc/pressure/cpu", "/proc/pressure/cpu", "a source that is due");
        check("/sys/1/statm", "/sys/1/statm", "a source that is due");
    }
}
