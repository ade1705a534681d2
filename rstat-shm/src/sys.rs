//! The system calls that std does not offer: futexes, OFD locks, clocks.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::time::Duration;

/// `FUTEX2_SIZE_U32` of the kernel's `include/uapi/linux/futex.h`.
const FUTEX2_SIZE_U32: u32 = 2;
/// futex(2): of this process only, which costs the kernel less to look up.
const PRIVATE: libc::c_int = libc::FUTEX_PRIVATE_FLAG;
/// The longest sleep in which an interrupt is not noticed.
const LONGEST_DEAF: Duration = Duration::from_secs(1);

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
    let timeout = timespec(timeout);
    // SAFETY: the word's address is mapped and aligned, its low half comes
    // first on a little-endian machine, and the timeout outlives the call.
    // Whatever the call says, the caller looks at the region again.
    let _ = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, seen, &raw const timeout)
    };
}

/// Sleeps as [`futex_wait`] does, and no longer than `interrupt` is 0 (futex_waitv(2),
/// Linux 5.16). A kernel that cannot wait for two words, or a sandbox that does not
/// let us, leaves the interrupt to be seen when the sleep is over: within a second.
pub fn futex_wait_either(word: &AtomicU64, seen: u32, interrupt: &AtomicU32, timeout: Duration) {
    static CANNOT: AtomicBool = AtomicBool::new(false);
    if CANNOT.load(Relaxed) {
        return futex_wait(word, seen, timeout.min(LONGEST_DEAF));
    }
    let waiters = [
        Waiter::new(word.as_ptr().cast(), seen, FUTEX2_SIZE_U32),
        Waiter::new(interrupt.as_ptr(), 0, FUTEX2_SIZE_U32 | PRIVATE as u32),
    ];
    // This call takes a time of the clock; without one it has no end.
    let now = Duration::from_nanos(monotonic_ns());
    let deadline = now.checked_add(timeout).map(timespec);
    let deadline = deadline.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: both addresses are mapped and aligned as in `futex_wait`, the list has
    // as many entries as it is said to have, and it and the deadline outlive the call.
    let result = unsafe {
        let count = waiters.len();
        libc::syscall(
            libc::SYS_futex_waitv,
            waiters.as_ptr(),
            count,
            0,
            deadline,
            libc::CLOCK_MONOTONIC,
        )
    };
    let error = io::Error::last_os_error().raw_os_error();
    // Any other error is not about these words and this moment, and would come at once
    // each time.
    let slept = matches!(error, Some(libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT));
    if result < 0 && !slept {
        CANNOT.store(true, Relaxed);
    }
}

/// Sleeps while `interrupt` is 0, for `timeout` at most; may wake without reason.
pub fn private_wait(interrupt: &AtomicU32, timeout: Duration) {
    let timeout = timespec(timeout);
    let operation = libc::FUTEX_WAIT | PRIVATE;
    // SAFETY: the word is a reference to 4 aligned bytes; the timeout outlives the call.
    let _ = unsafe {
        libc::syscall(libc::SYS_futex, interrupt.as_ptr(), operation, 0, &raw const timeout)
    };
}

/// Wakes all of this process who sleep on the word.
pub fn private_wake(interrupt: &AtomicU32) {
    let operation = libc::FUTEX_WAKE | PRIVATE;
    // SAFETY: the word is a reference to 4 aligned bytes, which the kernel does not write to.
    let _ =
        unsafe { libc::syscall(libc::SYS_futex, interrupt.as_ptr(), operation, libc::c_int::MAX) };
}

/// `struct futex_waitv` of the kernel's `include/uapi/linux/futex.h`.
#[repr(C)]
struct Waiter {
    expected: u64,
    address: *mut u32,
    flags: u32,
    reserved: u32,
}

impl Waiter {
    fn new(address: *mut u32, expected: u32, flags: u32) -> Self {
        Self { expected: expected.into(), address, flags, reserved: 0 }
    }
}

fn timespec(time: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// CLOCK_MONOTONIC of the time namespace that this process is in, by which the kernel takes
/// its deadlines.
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
