//! The slots of live and dead processes.

use std::num::NonZeroU64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::fence;

use rstat_probe::{Process, RUNNING_BITS, Shared, busy_at, elapsed_ns, slot};
use rstat_shm::snapshot::{Comm, Text};

use super::records::Records;
use crate::application::{ApplicationId, Applications, CgroupId, Cgroups};
use crate::loader::{self, Map};
use crate::reading::{Asleep, TakeUsage, Usage};
use crate::sys;

/// Slots that are mapped at least: four pages of memory.
const LEAST_MAPPED: usize = 256;
/// Attempts at freeing a slot while CPUs take and free others; then it waits for
/// the next tick.
const FREE_ATTEMPTS: usize = 64;
/// The kernel frees a process that was waited for within a few RCU grace periods.
const ZOMBIE_AFTER_NS: u64 = 500_000_000;

/// The map `processes`, and what was last read of each slot.
pub struct Slots {
    map: Map,
    /// Its beginning: all slots that were ever used, unless there is no memory for them.
    processes: Records<Process>,
    /// Of the slots that were ever used, with room for all: memory that is not touched
    /// costs nothing.
    last: Vec<Last>,
    /// What there is to say of those that do nothing; nothing of slots without a process.
    asleep: Vec<Option<Asleep>>,
    /// Bitmap of the slots to look at in the next tick, whether the probe says so or not.
    look_again: Box<[u64]>,
    /// That of the applications' numbers.
    generation: u32,
    page_bytes: u64,
}

/// What was last read of a slot, and of which process.
#[derive(Clone, Copy, Default)]
struct Last {
    start_ns: u64,
    busy_at: u64,
    read_bytes: u64,
    write_bytes: u64,
    pid: u32,
    /// As the probe noted them when a thread of it was last switched out.
    rss_pages: u32,
    /// What `statm` said while the probe's note was that.
    resident_bytes: Option<NonZeroU64>,
    named: Named,
    /// When it was first seen as a zombie; 0: it is none.
    zombie_since_ns: u64,
    /// It is no zombie but gone, and nobody told the probe.
    ghost: bool,
}

/// What the application was found by, and which it is.
#[derive(Clone, Copy, Default)]
struct Named {
    comm: Comm,
    cgroup: CgroupId,
    generation: Option<u32>,
    application: ApplicationId,
}

/// The times of a tick.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "they name their unit")]
pub struct Times {
    /// When it began: what the probe was told (`sampled_at_ns`).
    pub began_ns: u64,
    /// When it came to the processes.
    pub now_ns: u64,
    /// Since the last one.
    pub interval_ns: u64,
}

/// How many processes a tick found.
pub struct Count {
    pub alive: u32,
    /// Slots that were taken and cannot be looked at.
    pub beyond: u32,
}

/// One consistent reading of a slot.
struct Slot {
    state: u32,
    comm: Comm,
    cgroup: CgroupId,
    /// Some thread of it ran on some CPU.
    running: bool,
    now: Last,
}

impl Slots {
    pub fn new(map: Map) -> Result<Self, loader::Error> {
        let count = map.max_entries() as usize;
        Ok(Self {
            processes: map_first(&map, LEAST_MAPPED)?,
            map,
            last: Vec::with_capacity(count),
            asleep: Vec::with_capacity(count),
            look_again: vec![0; count.div_ceil(64)].into_boxed_slice(),
            generation: 0,
            page_bytes: sys::page_bytes(),
        })
    }

    pub fn capacity(&self) -> usize {
        self.map.max_entries() as usize
    }

    /// Tells what each process used since the last tick, frees the slots of the dead,
    /// and counts those that are alive. Slots that the probe did not write to are not
    /// looked at, unless more was to come of them or somebody wants to know more.
    pub fn read(
        &mut self,
        times: Times,
        shared: &Shared,
        names: &mut Names<'_>,
        who: &mut impl TakeUsage,
    ) -> Count {
        let beyond = self.make_room(shared.used.load(Relaxed));
        let generation = names.applications.generation();
        let all = if generation == self.generation { 0 } else { u64::MAX };
        self.generation = generation;
        let mut alive = 0;
        let used = self.last.len();
        for first in (0..used).step_by(64) {
            let word = first / 64;
            let look = all | self.look_again[word] | take_changed(shared.changed.get(word));
            self.look_again[word] = 0;
            for index in first..used.min(first + 64) {
                if look >> (index - first) & 1 == 0 {
                    let Some(asleep) = self.asleep[index] else { continue };
                    if who.take_asleep(asleep) {
                        alive += 1;
                        continue;
                    }
                }
                alive += u32::from(self.look_at(index, times, &shared.free_head, names, who));
            }
        }
        Count { alive, beyond }
    }

    /// Tells what one process used; returns whether it is alive.
    fn look_at(
        &mut self,
        index: usize,
        times: Times,
        free_head: &AtomicU64,
        names: &mut Names<'_>,
        who: &mut impl TakeUsage,
    ) -> bool {
        let process = &self.processes.all()[index];
        self.asleep[index] = None;
        let slot = match read_slot(process, times) {
            Found::Slot(slot) => slot,
            Found::Later => {
                self.look_again[index / 64] |= 1 << (index % 64);
                return false;
            }
            Found::Nobody => return false,
        };
        let last = &mut self.last[index];
        let mut usage = difference(last, &slot, self.page_bytes, times.interval_ns);
        usage.place = index as u32;
        usage.application = names.application(&mut last.named, &slot);
        usage.zombie = is_zombie(last, &slot, times.now_ns);
        let alive = slot.state & slot::STATE_MASK == slot::LIVE && !last.ghost;
        // While some CPU has yet to add its last slice, the slot stays.
        if slot.state & slot::STATE_MASK == slot::DEAD && !slot.running {
            *last = Last::default();
            give_back(process, index, free_head);
        }
        // Blocked, a zombie or dead: what it is may change without the probe.
        if slot.running || slot.state & !slot::KTHREAD != slot::LIVE {
            self.look_again[index / 64] |= 1 << (index % 64);
        } else {
            self.asleep[index] = Some(Asleep {
                rss_bytes: usage.rss_bytes,
                application: usage.application,
                kernel_thread: usage.kernel_thread,
            });
        }
        who.take(&usage);
        alive
    }

    /// Takes note of what memory a process that was handed out really has. It holds
    /// until the probe notes another figure, or the slot has another process.
    pub fn note_resident(&mut self, usage: &Usage, bytes: u64) {
        let place = usage.place as usize;
        let last = self.last.get_mut(place);
        if let Some(last) = last.filter(|last| last.pid == usage.pid) {
            last.resident_bytes = NonZeroU64::new(bytes);
            if let Some(asleep) = &mut self.asleep[place] {
                asleep.rss_bytes = bytes;
            }
        }
    }

    /// Makes room for slots that were taken for the first time. They are looked at once
    /// unasked: the bits of their word may have been taken before they were known.
    /// Returns how many there is no room for.
    fn make_room(&mut self, used: u64) -> u32 {
        let used = used.min(self.capacity() as u64) as usize;
        if used > self.processes.all().len() {
            // Without memory for them they are not listed, and the next tick tries again.
            if let Ok(more) = map_first(&self.map, used) {
                self.processes = more;
            }
        }
        for index in self.last.len()..used.min(self.processes.all().len()) {
            self.last.push(Last::default());
            self.asleep.push(None);
            self.look_again[index / 64] |= 1 << (index % 64);
        }
        used.saturating_sub(self.last.len()) as u32
    }
}

/// Maps the first slots: twice as many whenever they do not suffice, so that this is rare.
fn map_first(map: &Map, count: usize) -> Result<Records<Process>, loader::Error> {
    let count = count.next_power_of_two().min(map.max_entries() as usize);
    Ok(Records::new(map.mmap_first(count)?, 0, count))
}

/// What a look at a slot finds.
enum Found {
    Slot(Slot),
    /// One that was born after this tick began, or that the probe is deciding about:
    /// those are the next tick's.
    Later,
    Nobody,
}

/// The slots of a word of the bitmap that the probe has written to. What it writes from
/// now on sets the bit again.
fn take_changed(word: Option<&AtomicU64>) -> u64 {
    // Mostly nothing, and swapping takes the line from the CPUs. A full barrier follows,
    // as the probe's last write before it looks at the bit: either it sees the
    // bit cleared and sets it, or we see what it wrote.
    let Some(word) = word.filter(|word| word.load(Relaxed) != 0) else { return 0 };
    let changed = word.swap(0, SeqCst);
    fence(SeqCst);
    changed
}

fn read_slot(process: &Process, times: Times) -> Found {
    // Acquire pairs with the probe's exchange of the state: what it wrote before is there.
    let state = process.state.load(Acquire);
    match state & slot::STATE_MASK {
        slot::LIVE | slot::DEAD => {}
        slot::EXITING => return Found::Later,
        _ => return Found::Nobody,
    }
    let start_ns = process.start_ns.load(Relaxed);
    if start_ns > times.began_ns {
        return Found::Later;
    }
    // Acquire pairs with the probe's addition when the last CPU stops running the
    // process, which comes after all else that it writes.
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
    // The slot may have been freed and taken by another process meanwhile; the
    // probe changes the state before and after it changes anything else.
    fence(Acquire);
    let same = process.state.load(Relaxed) & slot::STATE_MASK == state & slot::STATE_MASK
        && process.start_ns.load(Relaxed) == start_ns;
    if same { Found::Slot(slot) } else { Found::Later }
}

/// What the process used since the slot was last read; all of it, if it was
/// another process's then.
fn difference(last: &mut Last, slot: &Slot, page_bytes: u64, interval_ns: u64) -> Usage {
    let now = slot.now;
    if last.start_ns != now.start_ns || last.pid != now.pid {
        *last = Last { start_ns: now.start_ns, pid: now.pid, ..Last::default() };
    }
    let alive = slot.state & slot::STATE_MASK == slot::LIVE;
    let resident_bytes = last.resident_bytes.filter(|_| last.rss_pages == now.rss_pages);
    let rss_bytes = resident_bytes.map_or(u64::from(now.rss_pages) * page_bytes, NonZeroU64::get);
    let usage = Usage {
        // What is gone is a row for each name: see `Usage::pid`.
        pid: if alive { now.pid } else { 0 },
        count: 1,
        kernel_thread: slot.state & slot::KTHREAD != 0,
        comm: slot.comm,
        busy_ns: elapsed_ns(last.busy_at, now.busy_at),
        rss_bytes: if alive { rss_bytes } else { 0 },
        rss_confirmed: resident_bytes.is_some(),
        read_bytes: now.read_bytes.wrapping_sub(last.read_bytes),
        write_bytes: now.write_bytes.wrapping_sub(last.write_bytes),
        blocked_threads: if alive { slot.state >> slot::BLOCKED_BITS } else { 0 },
        ..Usage::default()
    };
    // A sum goes back when a slice ends of which a hypervisor or interrupts had a part: all
    // time passed while it went on. What was told too much is left out of what comes
    // next, but for no longer than an interval, lest who runs seem to do nothing.
    let ahead_ns = elapsed_ns(now.busy_at, last.busy_at);
    let goes_on = usage.busy_ns > 0 || ahead_ns > interval_ns;
    let busy_at = if goes_on { now.busy_at } else { last.busy_at };
    *last = Last {
        busy_at,
        resident_bytes,
        named: last.named,
        zombie_since_ns: last.zombie_since_ns,
        ghost: last.ghost,
        ..now
    };
    usage
}

/// Whether it has been a zombie for some time. Each process is one for a moment,
/// also when its parent asks at once, until the kernel has freed it.
fn is_zombie(last: &mut Last, slot: &Slot, now_ns: u64) -> bool {
    let zombie = slot.state & (slot::STATE_MASK | slot::ZOMBIE) == slot::LIVE | slot::ZOMBIE;
    if !zombie {
        (last.zombie_since_ns, last.ghost) = (0, false);
        return false;
    }
    if last.zombie_since_ns == 0 {
        last.zombie_since_ns = now_ns;
    }
    if now_ns - last.zombie_since_ns < ZOMBIE_AFTER_NS {
        return false;
    }
    // Not every kernel tells BPF of every process that it frees. The slot stays
    // until the probe meets the same signal_struct again, but nobody is in it.
    last.ghost = last.ghost || !sys::process_exists(slot.now.pid);
    !last.ghost
}

/// Finds the applications of processes.
pub struct Names<'a> {
    pub applications: &'a mut Applications,
    pub cgroups: &'a mut Cgroups,
}

impl Names<'_> {
    fn application(&mut self, known: &mut Named, slot: &Slot) -> ApplicationId {
        let generation = Some(self.applications.generation());
        let same = (known.comm, known.cgroup) == (slot.comm, slot.cgroup);
        if same && known.generation == generation {
            return known.application;
        }
        let kernel_thread = slot.state & slot::KTHREAD != 0;
        let alive = slot.state & slot::STATE_MASK == slot::LIVE;
        let pid = if alive { slot.now.pid } else { 0 };
        let application = self.find(slot.comm, slot.cgroup, pid, kernel_thread);
        *known = Named { comm: slot.comm, cgroup: slot.cgroup, generation, application };
        application
    }

    /// By the cgroup, else by the name; `pid` is 0 for a process that is gone.
    pub fn find(
        &mut self,
        comm: Comm,
        cgroup: CgroupId,
        pid: u32,
        kernel_thread: bool,
    ) -> ApplicationId {
        let unit = if kernel_thread {
            None
        } else {
            self.cgroups.application(cgroup, pid, self.applications)
        };
        unit.unwrap_or_else(|| self.applications.of_process(comm, kernel_thread))
    }
}

/// Puts a dead process's slot on the stack of free ones, as the probe's `give_slot`.
fn give_back(process: &Process, index: usize, free_head: &AtomicU64) {
    process.state.store(slot::FREE, Release);
    let slot_number = index as u64 + 1;
    let mut head = free_head.load(Relaxed);
    for _ in 0..FREE_ATTEMPTS {
        process.pid.store(head as u32, Relaxed);
        let changed = (head >> 32).wrapping_add(1) << 32;
        // Release: who takes the slot sees its link and its state.
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
    fn what_was_told_too_much_of_a_slice_is_left_out_for_an_interval_at_most() {
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
        // A slice of 1,900 ms was one of 1,500, and another went on since.
        assert_eq!([tick(1700), tick(2500)], [0, 600]);
        // One of seconds had some that were not its own.
        assert_eq!([tick(100_000), tick(80_000), tick(81_000)], [97_500, 0, 1000]);
    }
}
