//! The slot of one process: its numbers now, the process's usage since the last reading, and
//! the way back to the free slots.

use std::num::NonZeroU64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::fence;

use rstat_probe::{Process, RUNNING_BITS, busy_at, elapsed_ns, slot};
use rstat_shm::snapshot::{Comm, Text};

use crate::application::{ApplicationId, CgroupId};
use crate::sys;
use crate::usage::Usage;

/// Attempts at freeing a slot while CPUs take and free others. After that the slot waits for
/// the next tick.
const FREE_ATTEMPTS: usize = 64;
/// The kernel frees a process that was waited for within a few RCU grace periods.
const ZOMBIE_AFTER_NS: u64 = 500_000_000;

/// The times of a tick.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "they name their unit")]
pub struct Times {
    /// When it began: the probe has this time as `sampled_at_ns`.
    pub began_ns: u64,
    /// When the reading of processes began.
    pub now_ns: u64,
    /// The time since the last tick.
    pub interval_ns: u64,
}

/// One consistent reading of a slot.
pub struct Slot {
    state: u32,
    pub comm: Comm,
    pub cgroup: CgroupId,
    /// Whether a thread of the process ran on some CPU.
    pub running: bool,
    now: Last,
}

impl Slot {
    pub fn is_alive(&self) -> bool {
        self.state & slot::STATE_MASK == slot::LIVE
    }

    pub fn is_kernel_thread(&self) -> bool {
        self.state & slot::KTHREAD != 0
    }

    /// Whether all threads of the process have ended. Its parent may have waited for it already.
    pub fn has_ended(&self) -> bool {
        self.state & slot::ZOMBIE != 0
    }

    /// Whether the process is running, blocked, a zombie or dead: its numbers may change without
    /// the probe.
    pub fn changes_untold(&self) -> bool {
        self.running || self.state & !(slot::KTHREAD | slot::UNSEEN) != slot::LIVE
    }

    /// The process id; 0 for a process that is gone.
    pub fn pid(&self) -> u32 {
        if self.is_alive() { self.now.pid } else { 0 }
    }
}

/// A process's application, and the name and cgroup by which it was found.
#[derive(Clone, Copy, Default)]
pub struct Named {
    pub comm: Comm,
    pub cgroup: CgroupId,
    pub application: Option<ApplicationId>,
}

/// The last reading of a slot, and the process that had the slot then.
#[derive(Clone, Copy, Default)]
pub struct Last {
    start_ns: u64,
    busy_at: u64,
    read_bytes: u64,
    write_bytes: u64,
    pub pid: u32,
    /// The probe's note of the last time that a thread of the process was switched out.
    rss_pages: u32,
    /// The figure of `statm` while the probe's note was the same.
    pub resident_bytes: Option<NonZeroU64>,
    pub named: Named,
    /// When the process was first seen as a zombie; 0 for no zombie.
    zombie_since_ns: u64,
    /// Whether the slot is stale: the process is gone, although the probe was not notified.
    pub stale: bool,
}

/// The result of a look at a slot.
pub enum Found {
    Slot(Slot),
    /// A process that was born after this tick began, or that the probe is deciding about. The
    /// next tick reads it.
    Later,
    /// No process.
    Empty,
}

/// Reads a slot as it is at one moment.
pub fn read_slot(process: &Process, times: Times) -> Found {
    // Acquire pairs with the probe's exchange of the state: its earlier writes are visible.
    let state = process.state.load(Acquire);
    match state & slot::STATE_MASK {
        slot::LIVE | slot::DEAD => {}
        slot::EXITING => return Found::Later,
        _ => return Found::Empty,
    }
    let start_ns = process.start_ns.load(Relaxed);
    if start_ns > times.began_ns {
        return Found::Later;
    }
    // Acquire pairs with the probe's addition when the last CPU stops running the process.
    // That addition is the probe's last write.
    let busy = process.busy.load(Acquire);
    let slot = Slot {
        state,
        comm: comm(&process.comm),
        cgroup: process.cgroup.load(Relaxed),
        running: busy & ((1 << RUNNING_BITS) - 1) != 0,
        now: Last {
            start_ns,
            busy_at: busy_at(busy, times.now_ns),
            read_bytes: process.read_bytes.load(Relaxed),
            write_bytes: process.write_bytes.load(Relaxed),
            pid: process.pid.load(Relaxed),
            rss_pages: process.rss_pages.load(Relaxed),
            ..Last::default()
        },
    };
    // Meanwhile another process may have taken the slot. The probe changes the state before and
    // after it changes anything else.
    fence(Acquire);
    let same = process.state.load(Relaxed) & slot::STATE_MASK == state & slot::STATE_MASK
        && process.start_ns.load(Relaxed) == start_ns;
    if same { Found::Slot(slot) } else { Found::Later }
}

/// The usage of the process since the last reading of the slot; all of its usage, if another
/// process had the slot then.
pub fn difference(last: &mut Last, slot: &Slot, page_bytes: u64, interval_ns: u64) -> Usage {
    let now = slot.now;
    if last.start_ns != now.start_ns || last.pid != now.pid {
        *last = Last { start_ns: now.start_ns, pid: now.pid, ..Last::default() };
    }
    let alive = slot.is_alive();
    let resident_bytes = last.resident_bytes.filter(|_| last.rss_pages == now.rss_pages);
    let rss_bytes = resident_bytes.map_or(u64::from(now.rss_pages) * page_bytes, NonZeroU64::get);
    let usage = Usage {
        // Processes that are gone are one row for each name: see `Usage::pid`.
        pid: slot.pid(),
        count: 1,
        kernel_thread: slot.is_kernel_thread(),
        comm: slot.comm,
        busy_ns: elapsed_ns(last.busy_at, now.busy_at),
        rss_bytes: if alive { rss_bytes } else { 0 },
        rss_confirmed: resident_bytes.is_some(),
        read_bytes: now.read_bytes.wrapping_sub(last.read_bytes),
        write_bytes: now.write_bytes.wrapping_sub(last.write_bytes),
        blocked_threads: if alive { slot.state >> slot::BLOCKED_BITS } else { 0 },
        ..Usage::default()
    };
    // The sum of a slice that goes on grows with the clock, also while a hypervisor or an
    // interrupt has the CPU. At the end of the slice the sum goes back. An over-reported slice is
    // deducted from later ones, but for an interval at most, or a busy process would seem idle.
    let ahead_ns = elapsed_ns(now.busy_at, last.busy_at);
    let goes_on = usage.busy_ns > 0 || ahead_ns > interval_ns;
    let busy_at = if goes_on { now.busy_at } else { last.busy_at };
    *last = Last {
        busy_at,
        resident_bytes,
        named: last.named,
        zombie_since_ns: last.zombie_since_ns,
        stale: last.stale,
        ..now
    };
    usage
}

/// Whether the process has been a zombie for some time. Every process is a zombie for a moment,
/// until the kernel has freed it, even if its parent waits for it at once.
pub fn is_zombie(last: &mut Last, slot: &Slot, now_ns: u64, pids_are_global: bool) -> bool {
    if !(slot.is_alive() && slot.has_ended()) {
        (last.zombie_since_ns, last.stale) = (0, false);
        return false;
    }
    if last.zombie_since_ns == 0 {
        last.zombie_since_ns = now_ns;
    }
    if now_ns - last.zombie_since_ns < ZOMBIE_AFTER_NS {
        return false;
    }
    // Some kernels do not report every process that they free. A stale slot stays until the next
    // sweeps. In a container the number would be another process's.
    last.stale = last.stale || pids_are_global && !sys::process_exists(slot.now.pid);
    !last.stale
}

/// Puts a dead process's slot on the stack of free ones, as the probe's `give_slot`.
pub fn give_back(process: &Process, index: usize, free_head: &AtomicU64) {
    process.state.store(slot::FREE, Release);
    let slot_number = index as u64 + 1;
    let mut head = free_head.load(Relaxed);
    for _ in 0..FREE_ATTEMPTS {
        process.pid.store(head as u32, Relaxed);
        let changed = (head >> 32).wrapping_add(1) << 32;
        // Release: a CPU that takes the slot sees its link and its state.
        match free_head.compare_exchange_weak(head, changed | slot_number, AcqRel, Relaxed) {
            Ok(_) => return,
            Err(seen) => head = seen,
        }
    }
    process.busy.store(0, Relaxed);
    process.read_bytes.store(0, Relaxed);
    process.write_bytes.store(0, Relaxed);
    process.state.store(slot::DEAD, Release);
}

/// A name that the probe writes as two words.
pub fn comm(words: &[AtomicU64; 2]) -> Comm {
    let mut bytes = [0; 16];
    for (half, word) in bytes.chunks_exact_mut(8).zip(words) {
        half.copy_from_slice(&word.load(Relaxed).to_le_bytes());
    }
    Text(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn an_over_reported_slice_is_deducted_for_an_interval_at_most() {
        let mut last = Last::default();
        let mut tick = |busy_ms| {
            let slot = Slot {
                state: slot::LIVE,
                comm: Comm::default(),
                cgroup: CgroupId::default(),
                running: true,
                now: Last { busy_at: busy_ms * MS, ..Last::default() },
            };
            difference(&mut last, &slot, 1, 1000 * MS).busy_ns / MS
        };
        assert_eq!([tick(900), tick(1900)], [900, 1000]);
        // The slice of 1,900 ms was one of 1,500, and another has gone on since.
        assert_eq!([tick(1700), tick(2500)], [0, 600]);
        // Of a slice of seconds, some were not its own.
        assert_eq!([tick(100_000), tick(80_000), tick(81_000)], [97_500, 0, 1000]);
    }
}
