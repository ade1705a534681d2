//! The slots of live and dead processes.

use std::num::NonZeroU64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;

use rstat_probe::{Process, Shared};

use super::names::Names;
use super::records::Records;
use super::slot::{Found, Last, Times, difference, give_back, is_zombie, read_slot};
use super::sweep::Sweep;
use crate::bitmap;
use crate::loader::{self, Loaded, Map};
use crate::sys;
use crate::usage::{IdleProcess, Usage, UsageSink};

/// The least number of slots that are mapped: four pages of memory.
const LEAST_MAPPED: usize = 256;

/// The map `processes`, and the last reading of each slot.
pub struct Slots {
    map: Map,
    /// The beginning of the map: all slots that were ever used, as far as there is memory for them.
    processes: Records<Process>,
    /// The readings of the slots that were ever used. There is room for all slots: memory that is
    /// not touched costs nothing.
    last: Vec<Last>,
    /// The short record of each idle process; `None` for a slot without such a process.
    idle: Vec<Option<IdleProcess>>,
    /// Bitmap of the slots to look at in the next tick, whether the probe says so or not.
    look_again: Box<[u64]>,
    /// The generation of the applications' numbers.
    generation: u32,
    page_bytes: u64,
    /// Whether the daemon's process ids are those of the probe.
    pids_are_global: bool,
}

/// The numbers of processes that a tick found.
pub struct Count {
    pub alive: u32,
    /// Slots that are taken and that the daemon cannot read.
    pub beyond: u32,
}

impl Slots {
    pub fn new(map: Map, pids_are_global: bool) -> Result<Self, loader::Error> {
        let count = map.max_entries() as usize;
        Ok(Self {
            processes: map_first(&map, LEAST_MAPPED)?,
            map,
            last: Vec::with_capacity(count),
            idle: Vec::with_capacity(count),
            look_again: vec![0; count.div_ceil(64)].into_boxed_slice(),
            generation: 0,
            page_bytes: sys::page_bytes(),
            pids_are_global,
        })
    }

    pub fn capacity(&self) -> usize {
        self.map.max_entries() as usize
    }

    #[cfg(test)]
    pub fn processes(&self) -> &[Process] {
        self.processes.all()
    }

    /// Adds what each process used since the last tick to `sink`, frees the slots of dead
    /// processes, and counts the others. Skips slots that the probe did not write to, unless the
    /// last tick left something to do or the sink needs the complete record.
    pub fn read(
        &mut self,
        times: Times,
        shared: &Shared,
        names: &mut Names<'_>,
        sink: &mut impl UsageSink,
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
                    let Some(idle) = self.idle[index] else { continue };
                    if sink.add_idle(idle) {
                        alive += 1;
                        continue;
                    }
                }
                alive += u32::from(self.look_at(index, times, &shared.free_head, names, sink));
            }
        }
        Count { alive, beyond }
    }

    /// Adds what one process used to `sink`; returns whether the process is alive.
    fn look_at(
        &mut self,
        index: usize,
        times: Times,
        free_head: &AtomicU64,
        names: &mut Names<'_>,
        sink: &mut impl UsageSink,
    ) -> bool {
        let process = &self.processes.all()[index];
        self.idle[index] = None;
        let slot = match read_slot(process, times) {
            Found::Slot(slot) => slot,
            Found::Later => {
                bitmap::set(&mut self.look_again, index);
                return false;
            }
            Found::Empty => return false,
        };
        let last = &mut self.last[index];
        let mut usage = difference(last, &slot, self.page_bytes, times.interval_ns);
        usage.place = index as u32;
        usage.application = names.application(&mut last.named, &slot);
        usage.zombie = is_zombie(last, &slot, times.now_ns, self.pids_are_global);
        // The parent of a process that has ended and is no zombie has waited for it, or is about
        // to.
        let alive = slot.is_alive() && (usage.zombie || !slot.has_ended());
        // The slot stays until every CPU has added its last slice.
        if !slot.is_alive() && !slot.running {
            *last = Last::default();
            give_back(process, index, free_head);
        }
        if slot.changes_untold() {
            bitmap::set(&mut self.look_again, index);
        } else {
            self.idle[index] =
                Some(IdleProcess { rss_bytes: usage.rss_bytes, application: usage.application });
        }
        sink.add(&usage);
        alive
    }

    /// Notes the exact memory of a process that `read` has handed out. The figure holds until the
    /// probe notes another one, or the slot has another process.
    pub fn note_resident(&mut self, usage: &Usage, bytes: u64) {
        let place = usage.place as usize;
        let last = self.last.get_mut(place);
        if let Some(last) = last.filter(|last| last.pid == usage.pid) {
            last.resident_bytes = NonZeroU64::new(bytes);
            if let Some(idle) = &mut self.idle[place] {
                idle.rss_bytes = bytes;
            }
        }
    }

    /// Finds stale slots, which the next tick frees.
    pub fn sweep(
        &mut self,
        sweep: &mut Sweep,
        now_ns: u64,
        loaded: &Loaded,
        shared: &Shared,
    ) -> Result<(), loader::Error> {
        let stale = sweep.run(now_ns, loaded, shared, self.processes.all())?;
        for (again, stale) in self.look_again.iter_mut().zip(stale) {
            *again |= stale;
        }
        Ok(())
    }

    /// Makes room for slots that were taken for the first time. The next tick reads them all: an
    /// earlier tick may have cleared their bits without reading them. Returns the number of slots
    /// without room.
    fn make_room(&mut self, used: u64) -> u32 {
        let used = used.min(self.capacity() as u64) as usize;
        if used > self.processes.all().len() {
            // Without memory for the slots, their processes are not listed. The next tick tries
            // again.
            if let Ok(more) = map_first(&self.map, used) {
                self.processes = more;
            }
        }
        for index in self.last.len()..used.min(self.processes.all().len()) {
            self.last.push(Last::default());
            self.idle.push(None);
            bitmap::set(&mut self.look_again, index);
        }
        used.saturating_sub(self.last.len()) as u32
    }
}

/// Maps the first slots, a power of two of them, so that mapping more of them is rare.
fn map_first(map: &Map, count: usize) -> Result<Records<Process>, loader::Error> {
    let count = count.next_power_of_two().min(map.max_entries() as usize);
    Ok(Records::new(map.mmap_first(count)?, 0, count))
}

/// The slots of a word of the bitmap that the probe has written to. A later write sets the bit
/// again.
fn take_changed(word: Option<&AtomicU64>) -> u64 {
    // Mostly no bit is set, and a swap would take the cache line from the CPUs. A full barrier
    // follows the swap; the probe's last write before its look at the bit is one, too. So either
    // the probe sees the bit cleared and sets it, or the daemon sees what the probe wrote.
    let Some(word) = word.filter(|word| word.load(Relaxed) != 0) else { return 0 };
    let changed = word.swap(0, SeqCst);
    fence(SeqCst);
    changed
}
