//! The compiled probe and the Rust mirror of the records it shares with the daemon.
//!
//! The records are those of `probe.h`, which explains them; a test of the
//! daemon holds each member here against the object's own BTF. They live in
//! memory that the kernel writes while we read, so every member is an atomic
//! and a shared reference to a record is all that anyone ever has.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

/// The BPF object that the daemon loads.
pub const OBJECT: &[u8] = include_bytes!(env!("RSTAT_PROBE_OBJECT"));
/// The object in the source tree, for machines without clang.
pub const CHECKED_IN_OBJECT: &[u8] = include_bytes!("../probe.bpf.o");
/// What made [`OBJECT`]: the compiler's version, or that it is the checked-in one.
pub const BUILT_BY: &str = env!("RSTAT_PROBE_BUILT_BY");

/// Low bits of a running sum that count the CPUs running now.
pub const RUNNING_BITS: u32 = 12;
/// Bits of a running sum that hold nanoseconds; time wraps there.
pub const NANOSECOND_BITS: u32 = 64 - RUNNING_BITS;

/// The time that a running sum stands for at the time `now_ns`, slices still
/// going on included. Only differences mean something: see [`elapsed_ns`].
pub const fn busy_at(sum: u64, now_ns: u64) -> u64 {
    let running = sum & ((1 << RUNNING_BITS) - 1);
    wrap((sum >> RUNNING_BITS).wrapping_add(running.wrapping_mul(now_ns)))
}

/// The time between two values of [`busy_at`]. One that seems to go back, since
/// the clock was read a moment before the sum, is none.
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
    /// Running sum: 0 or 1 running.
    pub busy: AtomicU64,
    /// Context switches.
    pub switches: AtomicU64,
    /// When the running thread was switched in.
    pub since_ns: AtomicU64,
    /// Its time until then, as the scheduler counts it.
    pub runtime_ns: AtomicU64,
    /// Its bytes read then.
    pub read_bytes: AtomicU64,
    /// Its bytes written then.
    pub write_bytes: AtomicU64,
    /// The address of its task_struct.
    pub thread: AtomicU64,
    /// Its process's slot in `processes`, plus 1.
    pub process: AtomicU32,
    /// A cache line in all.
    pub unused: AtomicU32,
    /// How far CLOCK_MONOTONIC is ahead of the scheduler's clock.
    pub clock_ahead: AtomicU64,
    /// The scheduler's clock when that was looked up.
    pub clock_seen: AtomicU64,
    /// Address of the kernel's own account of the CPU's idle time; 0: unknown.
    pub tick_sched: AtomicU64,
    /// How far that account is ahead of `busy`.
    pub idle_before: AtomicU64,
    /// Another cache line in all.
    pub unused_line: [AtomicU64; 4],
    /// Processes that ran here lately, by the process id.
    pub recent: [Recent; RECENT],
}

/// Processes that a CPU knows the slots of.
pub const RECENT: usize = 64;

/// A process that ran on a CPU.
#[repr(C)]
pub struct Recent {
    /// As the map `slots` knows it.
    pub key: AtomicU64,
    /// Its slot, plus 1.
    pub slot: AtomicU32,
    /// A quarter of a cache line in all.
    pub unused: AtomicU32,
}

/// States of a slot: the low byte of [`Process::state`].
pub mod slot {
    /// Never used.
    pub const UNUSED: u32 = 0;
    /// The process exists.
    pub const LIVE: u32 = 1;
    /// The probe is about to decide between free and dead.
    pub const EXITING: u32 = 2;
    /// The process is gone; the daemon reads its last numbers and frees the slot.
    pub const DEAD: u32 = 3;
    /// On the stack of free slots.
    pub const FREE: u32 = 4;
    /// The bits that hold the state.
    pub const STATE_MASK: u32 = 0xff;
    /// Flag: a kernel thread.
    pub const KTHREAD: u32 = 0x100;
    /// Flag: all threads have ended.
    pub const ZOMBIE: u32 = 0x200;
    /// Flag, set by the daemon: `seed` has not met the process since.
    pub const UNSEEN: u32 = 0x400;
    /// The bits above these count the threads in uninterruptible sleep.
    pub const BLOCKED_BITS: u32 = 16;
}

/// Map `processes`: one process (thread group), by slot.
#[repr(C)]
pub struct Process {
    /// Running sum of all threads.
    pub busy: AtomicU64,
    /// Bytes its threads made storage deliver (`task_struct.ioac`).
    pub read_bytes: AtomicU64,
    /// Bytes its threads made dirty for storage (`task_struct.ioac`).
    pub write_bytes: AtomicU64,
    /// CLOCK_MONOTONIC at its start; with the pid it names the process for good.
    pub start_ns: AtomicU64,
    /// File, anonymous and shared pages that are resident.
    pub rss_pages: AtomicU32,
    /// The low half of the number of its cgroup in the unified hierarchy; 0: unknown.
    pub cgroup: AtomicU32,
    /// Process id; in a free slot the next free slot, plus 1.
    pub pid: AtomicU32,
    /// A state of [`slot`], its flags, and the blocked threads.
    pub state: AtomicU32,
    /// Name of the group leader.
    pub comm: [AtomicU64; 2],
}

/// Map `exited`: all processes of one name that were born and gone between two samples.
#[repr(C)]
pub struct Exited {
    /// Their CPU time since the probe was loaded.
    pub busy_ns: AtomicU64,
    /// Their bytes read.
    pub read_bytes: AtomicU64,
    /// Their bytes written.
    pub write_bytes: AtomicU64,
    /// How many there were.
    pub count: AtomicU64,
    /// Their name.
    pub comm: [AtomicU64; 2],
    /// A state of [`row`].
    pub state: AtomicU32,
    /// The cgroup of the last of them.
    pub cgroup: AtomicU32,
    /// A cache line in all.
    pub unused: [AtomicU32; 2],
}

/// States of a row: [`Exited::state`].
pub mod row {
    /// Has no name.
    pub const FREE: u32 = 0;
    /// Is being given a name.
    pub const CLAIMED: u32 = 1;
    /// Has a name.
    pub const READY: u32 = 2;
}

/// Rows of `exited` that have a name; the row behind them takes what finds none.
pub const EXITED_ROWS: usize = 1024;

/// Processes that can be listed at a time.
pub const SLOTS: usize = 16384;

/// The variable `shared` in `.bss`.
#[repr(C)]
pub struct Shared {
    /// Stack of free slots: change count in the upper half, slot plus 1 in the lower.
    pub free_head: AtomicU64,
    /// CLOCK_MONOTONIC of the sample last begun; the daemon's to write.
    pub sampled_at_ns: AtomicU64,
    /// Processes that found no free slot.
    pub unlisted: AtomicI64,
    /// Slots that were ever taken; may exceed what there is.
    pub used: AtomicU64,
    /// A cache line in all.
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
    fn a_running_sum_tells_the_time_at_any_moment() {
        // Two CPUs run from 1000 and 1500, one stops at 2000.
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
        // Across many wraps of the clock as well.
        let sum = start(sum, 3 * late);
        assert_eq!(elapsed_ns(busy_at(sum, 3 * late), busy_at(sum, 3 * late + 7)), 7);
    }

    #[test]
    fn a_clock_read_a_moment_early_gives_no_time_rather_than_years() {
        let sum = start(0, 1000);
        assert_eq!(elapsed_ns(0, busy_at(sum, 990)), 0);
    }
}
