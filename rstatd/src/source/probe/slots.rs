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

/// Slots that are mapped at least: four pages of memory.
const LEAST_MAPPED: usize = 256;

/// The map `processes`, and what was last read of each slot.
pub struct Slots {
    map: Map,
    /// Its beginning: all slots that were ever used, unless there is no memory for them.
    processes: Records<Process>,
    /// Of the slots that were ever used, with room for all: memory that is not touched
    /// costs nothing.
    last: Vec<Last>,
    /// The short record of each idle process; none for a slot without a process.
    idle: Vec<Option<IdleProcess>>,
    /// Bitmap of the slots to look at in the next tick, whether the probe says so or not.
    look_again: Box<[u64]>,
    /// That of the applications' numbers.
    generation: u32,
    page_bytes: u64,
    /// Whether our process ids are the probe's.
    pids_are_global: bool,
}

/// How many processes a tick found.
pub struct Count {
    pub alive: u32,
    /// Slots that were taken and cannot be looked at.
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
    /// processes, and counts the others. Skips slots that the probe did not write to, unless
    /// more was to come of them or the sink needs the complete record.
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
        // A process that has ended and is no zombie was waited for, or is about to be.
        let alive = slot.is_alive() && (usage.zombie || !slot.has_ended());
        // While some CPU has yet to add its last slice, the slot stays.
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

    /// Takes note of what memory a process that was handed out really has. It holds
    /// until the probe notes another figure, or the slot has another process.
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
            self.idle.push(None);
            bitmap::set(&mut self.look_again, index);
        }
        used.saturating_sub(self.last.len()) as u32
    }
}

/// Maps the first slots: twice as many whenever they do not suffice, so that this is rare.
fn map_first(map: &Map, count: usize) -> Result<Records<Process>, loader::Error> {
    let count = count.next_power_of_two().min(map.max_entries() as usize);
    Ok(Records::new(map.mmap_first(count)?, 0, count))
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
