//! The compiled probe, and the Rust mirror of the records that the probe and the daemon share.
//!
//! `probe.h` explains the records. A test of the daemon compares each member here with
//! the object's own BTF. The kernel writes to the records while the daemon reads, so every
//! member is an atomic. All references to a record are shared ones.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

/// The BPF object that the daemon loads.
pub const OBJECT: &[u8] = include_bytes!(env!("RSTAT_PROBE_OBJECT"));
/// The object in the source tree, for machines without clang.
pub const CHECKED_IN_OBJECT: &[u8] = include_bytes!("../probe.bpf.o");
/// The version of the compiler that made [`OBJECT`], or "checked in" for
/// [`CHECKED_IN_OBJECT`].
pub const BUILT_BY: &str = env!("RSTAT_PROBE_BUILT_BY");

/// The number of low bits in a running sum. They count the CPUs that run now.
pub const RUNNING_BITS: u32 = 12;
/// The number of high bits in a running sum. They hold nanoseconds, and time wraps there.
pub const NANOSECOND_BITS: u32 = 64 - RUNNING_BITS;

/// The time that a running sum stands for at `now_ns`, including slices that still go on.
/// Only the difference of two such times has a meaning: see [`elapsed_ns`].
pub const fn busy_at(sum: u64, now_ns: u64) -> u64 {
    let running = sum & ((1 << RUNNING_BITS) - 1);
    wrap((sum >> RUNNING_BITS).wrapping_add(running.wrapping_mul(now_ns)))
}

/// The time between two values of [`busy_at`]. Returns 0 for a time that seems to go back,
/// which happens when the clock was read a moment before the sum.
pub const fn elapsed_ns(before: u64, after: u64) -> u64 {
    let difference = wrap(after.wrapping_sub(before));
    if difference >> (NANOSECOND_BITS - 1) == 0 { difference } else { 0 }
}

const fn wrap(ns: u64) -> u64 {
    ns & ((1 << NANOSECOND_BITS) - 1)
}

/// Map `cpus`: one CPU, by CPU number.
#[repr(C)]
pub struct Cpu {
    /// The CPU's running sum, with 0 or 1 running.
    pub busy: AtomicU64,
    /// The number of context switches.
    pub switches: AtomicU64,
    /// The time when the running thread was switched in.
    pub since_ns: AtomicU64,
    /// The running thread's CPU time at `since_ns`, as the scheduler counts.
    pub runtime_ns: AtomicU64,
    /// The running thread's bytes read at `since_ns`.
    pub read_bytes: AtomicU64,
    /// The running thread's bytes written at `since_ns`.
    pub write_bytes: AtomicU64,
    /// The address of the running thread's `task_struct`.
    pub thread: AtomicU64,
    /// The slot of the running thread's process in `processes`, plus 1; 0: none.
    pub process: AtomicU32,
    /// Padding to a whole cache line.
    pub unused: AtomicU32,
    /// How far CLOCK_MONOTONIC is ahead of the scheduler's clock.
    pub clock_ahead: AtomicU64,
    /// The scheduler's clock at the last reading of `clock_ahead`.
    pub clock_seen: AtomicU64,
    /// The address of the kernel's own account of the CPU's idle time; 0: unknown.
    pub tick_sched: AtomicU64,
    /// How far that account is ahead of `busy`.
    pub idle_before: AtomicU64,
    /// Padding to a whole cache line.
    pub unused_line: [AtomicU64; 4],
    /// Processes that ran on this CPU lately; the process id modulo [`RECENT`] is the index.
    pub recent: [Recent; RECENT],
}

/// The number of processes that a CPU remembers the slots of.
pub const RECENT: usize = 64;

/// A process that ran on a CPU.
#[repr(C)]
pub struct Recent {
    /// The process's key in the map `slots`.
    pub key: AtomicU64,
    /// The process's slot, plus 1.
    pub slot: AtomicU32,
    /// Padding to a quarter of a cache line.
    pub unused: AtomicU32,
}

/// States of a slot: the low byte of [`Process::state`].
pub mod slot {
    /// The slot was never used.
    pub const UNUSED: u32 = 0;
    /// The process exists.
    pub const LIVE: u32 = 1;
    /// The process has ended, and the probe is about to decide between free and dead.
    pub const EXITING: u32 = 2;
    /// The process is gone; the daemon reads its last numbers and frees the slot.
    pub const DEAD: u32 = 3;
    /// The slot is on the stack of free slots.
    pub const FREE: u32 = 4;
    /// The bits that hold the state.
    pub const STATE_MASK: u32 = 0xff;
    /// Flag: the process is a kernel thread.
    pub const KTHREAD: u32 = 0x100;
    /// Flag: all threads of the process have ended.
    pub const ZOMBIE: u32 = 0x200;
    /// Flag, set by the daemon: `seed` has not visited the process since then.
    pub const UNSEEN: u32 = 0x400;
    /// How many low bits the state and its flags take. The bits above count the threads in
    /// uninterruptible sleep.
    pub const BLOCKED_BITS: u32 = 16;
}

/// Map `processes`: one process (thread group), by slot.
#[repr(C)]
pub struct Process {
    /// The running sum of all threads.
    pub busy: AtomicU64,
    /// Bytes that the threads made storage deliver (`task_struct.ioac`).
    pub read_bytes: AtomicU64,
    /// Bytes that the threads made dirty for storage (`task_struct.ioac`).
    pub write_bytes: AtomicU64,
    /// CLOCK_MONOTONIC at the start of the process. Start and pid name a process for good.
    pub start_ns: AtomicU64,
    /// The number of resident file, anonymous and shared pages.
    pub rss_pages: AtomicU32,
    /// The low half of the cgroup's number in the unified hierarchy; 0: unknown.
    pub cgroup: AtomicU32,
    /// The process id. In a free slot the next free slot, plus 1.
    pub pid: AtomicU32,
    /// A state of [`slot`], its flags, and the number of blocked threads.
    pub state: AtomicU32,
    /// The name of the group leader.
    pub comm: [AtomicU64; 2],
}

/// Map `exited`: all processes of one name that were born and gone between two samples.
#[repr(C)]
pub struct Exited {
    /// CPU time of these processes since the probe was loaded.
    pub busy_ns: AtomicU64,
    /// Bytes that these processes read.
    pub read_bytes: AtomicU64,
    /// Bytes that these processes wrote.
    pub write_bytes: AtomicU64,
    /// The number of these processes.
    pub count: AtomicU64,
    /// The name of these processes.
    pub comm: [AtomicU64; 2],
    /// A state of [`row`].
    pub state: AtomicU32,
    /// The cgroup of the last of these processes.
    pub cgroup: AtomicU32,
    /// Padding to a whole cache line.
    pub unused: [AtomicU32; 2],
}

/// States of a row: [`Exited::state`].
pub mod row {
    /// The row has no name.
    pub const FREE: u32 = 0;
    /// The probe is about to give the row a name.
    pub const CLAIMED: u32 = 1;
    /// The row has a name.
    pub const READY: u32 = 2;
}

/// The number of rows in `exited` that can have a name. The row behind them takes the
/// processes of all names that find no row.
pub const EXITED_ROWS: usize = 1024;

/// How many processes can have a slot at a time.
pub const SLOTS: usize = 16384;

/// The variable `shared` in `.bss`.
#[repr(C)]
pub struct Shared {
    /// The stack of free slots: change count in the upper half, slot plus 1 in the lower.
    pub free_head: AtomicU64,
    /// CLOCK_MONOTONIC at the start of the last sample. Only the daemon writes this word.
    pub sampled_at_ns: AtomicU64,
    /// The number of processes that found no free slot.
    pub unlisted: AtomicI64,
    /// The number of slots that were ever taken. It may exceed [`SLOTS`].
    pub used: AtomicU64,
    /// Padding to a whole cache line.
    pub unused: [AtomicU64; 4],
    /// Bitmap of the slots written since the daemon last cleared it.
    pub changed: [AtomicU64; SLOTS / 64],
    /// Bitmap of the rows of `exited` written since the daemon last cleared it.
    pub touched: [AtomicU64; EXITED_ROWS / 64 + 1],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(sum: u64, now: u64) -> u64 {
        sum.wrapping_add(1_u64.wrapping_sub(now << RUNNING_BITS))
    }

    fn stop(sum: u64, now: u64) -> u64 {
        sum.wrapping_add((now << RUNNING_BITS).wrapping_sub(1))
    }

    #[test]
    fn a_running_sum_gives_the_time_at_any_moment() {
        // Two CPUs start to run at 1000 and 1500, and one stops at 2000.
        let mut sum = start(0, 1000);
        assert_eq!(busy_at(sum, 1200), 200);
        sum = start(sum, 1500);
        assert_eq!(busy_at(sum, 1600), 700);
        sum = stop(sum, 2000);
        assert_eq!(busy_at(sum, 3000), 2500);
        sum = stop(sum, 3000);
        assert_eq!(busy_at(sum, u64::MAX), 2500);
    }

    #[test]
    fn differences_survive_the_wrap_of_52_bits() {
        let late = (1 << NANOSECOND_BITS) - 500;
        let mut sum = start(0, late);
        let before = busy_at(sum, late + 100);
        sum = stop(sum, late + 1000);
        assert_eq!(elapsed_ns(before, busy_at(sum, late + 5000)), 900);
        // The difference also survives many wraps of the clock.
        let sum = start(sum, 3 * late);
        assert_eq!(elapsed_ns(busy_at(sum, 3 * late), busy_at(sum, 3 * late + 7)), 7);
    }

    #[test]
    fn a_clock_read_a_moment_early_gives_no_time_rather_than_years() {
        let sum = start(0, 1000);
        assert_eq!(elapsed_ns(0, busy_at(sum, 990)), 0);
    }
}
