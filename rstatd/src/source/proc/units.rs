//! The unit in which `/proc` counts time: the clock tick.

#![expect(unsafe_code, reason = "std has no sysconf")]

/// Length of a tick of `USER_HZ`: 10 ms wherever this daemon runs, but the kernel
/// leaves it to the architecture. Fixed while it runs.
pub fn tick_ns() -> u64 {
    // SAFETY: `sysconf` takes a number and touches none of our memory.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    1_000_000_000 / u64::try_from(per_second).unwrap_or(100).max(1)
}
