//! The system calls that std does not offer: futexes, OFD locks, clocks.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, Timespec, Wait, WaitFlags, WaitPtr, WaitvFlags};

/// The longest sleep that an interrupt cannot end.
const LONGEST_DEAF: Duration = Duration::from_secs(1);

/// Whether another open file holds the write lock (fcntl(2), `F_OFD_GETLK`).
pub fn is_locked_for_writing(file: &File) -> io::Result<bool> {
    // A read lock conflicts with write locks only, so another reader's lock is not found.
    let found = lock(file, libc::F_OFD_GETLK, libc::F_RDLCK)?;
    Ok(libc::c_int::from(found.l_type) == libc::F_WRLCK)
}

/// A command about a lock of the whole file, and the lock that the kernel returns.
fn lock(file: &File, command: libc::c_int, kind: libc::c_int) -> io::Result<libc::flock> {
    let mut lock = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    // SAFETY: the descriptor is open and `lock` is a valid flock.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(lock) }
}

/// The part of a word that is a futex: its low half.
fn low_half(word: &AtomicU64) -> &AtomicU32 {
    // SAFETY: the low half comes first on a little-endian machine, is aligned, and lives as
    // long as the word. Only the kernel looks at it by itself.
    unsafe { AtomicU32::from_ptr(word.as_ptr().cast()) }
}

/// Sleeps while the low half of `word` is `seen`, for `timeout` at most. Works on
/// a read-only mapping; may wake without reason.
pub fn futex_wait(word: &AtomicU64, seen: u32, timeout: Duration) {
    wait(low_half(word), Flags::empty(), seen, timeout);
}

/// Sleeps as [`futex_wait`] does, and no longer than `interrupt` is 0 (futex_waitv(2),
/// Linux 5.16). Where the kernel or a sandbox has no such call, the sleep ends within a
/// second, and the caller finds the interrupt then.
pub fn futex_wait_either(word: &AtomicU64, seen: u32, interrupt: &AtomicU32, timeout: Duration) {
    static CANNOT: AtomicBool = AtomicBool::new(false);
    if CANNOT.load(Relaxed) {
        return futex_wait(word, seen, timeout.min(LONGEST_DEAF));
    }
    let waiters = [
        waiter(low_half(word), seen, WaitFlags::SIZE_U32),
        waiter(interrupt, 0, WaitFlags::SIZE_U32 | WaitFlags::PRIVATE),
    ];
    // This call takes a time of the clock; without one it has no end.
    let now = Duration::from_nanos(monotonic_ns());
    let deadline = now.checked_add(timeout).map(timespec);
    let clock = futex::ClockId::Monotonic;
    match futex::waitv(&waiters, WaitvFlags::empty(), deadline.as_ref(), clock) {
        Ok(_) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => {}
        // Any other error is not about these words and this moment, and would come at once
        // each time.
        Err(_) => CANNOT.store(true, Relaxed),
    }
}

/// Sleeps while `interrupt` is 0, for `timeout` at most; may wake without reason.
pub fn private_wait(interrupt: &AtomicU32, timeout: Duration) {
    wait(interrupt, Flags::PRIVATE, 0, timeout);
}

/// Wakes all threads of this process that sleep on the word.
pub fn private_wake(interrupt: &AtomicU32) {
    // The call cannot fail for a word of ours.
    let _ = futex::wake(interrupt, Flags::PRIVATE, i32::MAX as u32);
}

fn wait(word: &AtomicU32, flags: Flags, seen: u32, timeout: Duration) {
    // The caller looks at the word again, whatever the call returns.
    let _ = futex::wait(word, flags, seen, Some(&timespec(timeout)));
}

fn waiter(word: &AtomicU32, expected: u32, flags: WaitFlags) -> Wait {
    let mut waiter = Wait::new();
    waiter.uaddr = WaitPtr::new(word.as_ptr().cast());
    waiter.val = expected.into();
    waiter.flags = flags;
    waiter
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// CLOCK_MONOTONIC of this process's time namespace: the clock of the kernel's deadlines.
pub fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid timespec; this clock always exists.
    let _ = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The effective user.
pub fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(feature = "writer")]
pub use writing::{allocate, futex_wake, lock_for_writing, random};

#[cfg(feature = "writer")]
mod writing {
    use rustix::rand::{GetRandomFlags, getrandom};

    use super::{AsRawFd, AtomicU64, File, Flags, futex, io, lock, low_half};

    /// Takes the file's write lock, for as long as this open file lives (`F_OFD_SETLK`).
    /// False: another open file holds a lock.
    pub fn lock_for_writing(file: &File) -> io::Result<bool> {
        match lock(file, libc::F_OFD_SETLK, libc::F_WRLCK) {
            Ok(_) => Ok(true),
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN | libc::EACCES) => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// Wakes up to `most` threads of any process that wait on the word, the longest sleepers
    /// first.
    pub fn futex_wake(word: &AtomicU64, most: i32) {
        // The call cannot fail for a word of ours.
        let _ = futex::wake(low_half(word), Flags::empty(), most as u32);
    }

    /// Makes the file `bytes` long, every block really there: no store can fail later.
    pub fn allocate(file: &File, bytes: usize) -> io::Result<()> {
        loop {
            // SAFETY: the descriptor is open.
            match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, bytes as libc::off_t) } {
                0 => return Ok(()),
                // A signal: each round has allocated something, so this ends.
                libc::EINTR => {}
                error => return Err(io::Error::from_raw_os_error(error)),
            }
        }
    }

    /// A random number.
    pub fn random() -> io::Result<u64> {
        let mut number = [0; 8];
        // So short a read is never partial.
        getrandom(&mut number, GetRandomFlags::empty())?;
        Ok(u64::from_ne_bytes(number))
    }
}
