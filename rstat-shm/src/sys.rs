//! The system calls that std does not offer: futexes, OFD locks, clocks.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

fn whole_file(kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// Whether another open file holds the write lock (fcntl(2), `F_OFD_GETLK`).
pub fn is_locked_for_writing(file: &File) -> io::Result<bool> {
    // A read lock meets only write locks, so nobody else's read lock is mistaken for one.
    let mut lock = whole_file(libc::F_RDLCK);
    // SAFETY: the descriptor is open and `lock` is a valid flock.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(libc::c_int::from(lock.l_type) == libc::F_WRLCK)
}

/// Sleeps while the low half of `word` is `seen`, for `timeout` at most. Works on
/// a read-only mapping; may wake without reason.
pub fn futex_wait(word: &AtomicU64, seen: u32, timeout: Duration) {
    let timeout = libc::timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    // SAFETY: the word's address is mapped and aligned, its low half comes
    // first on a little-endian machine, and the timeout outlives the call.
    // Whatever the call says, the caller looks at the region again.
    let _ = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, seen, &raw const timeout)
    };
}

/// CLOCK_MONOTONIC, which the daemon's samples are stamped with.
pub fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid timespec; this clock always exists.
    let _ = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The effective user.
pub fn effective_uid() -> u32 {
    // SAFETY: always succeeds, touches no memory.
    unsafe { libc::geteuid() }
}

#[cfg(feature = "writer")]
pub use writing::{allocate, futex_wake, lock_for_writing, random};

#[cfg(feature = "writer")]
mod writing {
    use super::{AsRawFd, AtomicU64, File, io, whole_file};

    /// Takes the file's write lock, for as long as this open file lives (`F_OFD_SETLK`).
    /// False: somebody else holds a lock.
    pub fn lock_for_writing(file: &File) -> io::Result<bool> {
        let lock = whole_file(libc::F_WRLCK);
        // SAFETY: the descriptor is open and `lock` is a valid flock.
        let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
        if result == 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EAGAIN | libc::EACCES) => Ok(false),
            _ => Err(error),
        }
    }

    /// Wakes those who wait on the word, in any process: who has slept longest first, and
    /// `most` at most.
    pub fn futex_wake(word: &AtomicU64, most: libc::c_int) {
        // SAFETY: the word's address is mapped and aligned; the kernel does not write to it.
        // It cannot fail then, and nobody could help if it did.
        let _ = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, most) };
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
        let mut number = 0_u64;
        // SAFETY: the buffer is 8 bytes; so short a read is never partial.
        let got = unsafe { libc::getrandom((&raw mut number).cast(), size_of::<u64>(), 0) };
        if got == 8 { Ok(number) } else { Err(io::Error::last_os_error()) }
    }
}
