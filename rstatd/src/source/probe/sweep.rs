//! Finds the slots of processes that are gone although nobody told the probe.
//!
//! Some kernels do not tell BPF of every process that they free; and a program is left
//! out when it would interrupt itself. Such a process would be alive for ever, its threads
//! blocked as they were, its slot taken. So now and then all slots are marked as unseen,
//! `seed` takes the mark from every process that exists, and what is marked twice in a row
//! has nobody in it: the time between two sweeps is many times what the kernel needs from
//! the end of a process to its last word of it.
//!
//! `seed` also counts anew what cannot be found out otherwise once it has gone wrong: the
//! threads that are blocked, and the processes without a slot. What changes while it runs
//! may be counted twice or not at all; the next sweep sets that right.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use rstat_probe::{Process, SLOTS, Shared, slot};

use super::SEED;
use crate::loader::{self, Hash, Loaded};

/// Between two sweeps when nothing seems amiss: one takes a microsecond a process.
const EVERY_NS: u64 = 120_000_000_000;
/// Between two when some slot is unseen, or there are processes without one.
const SOON_NS: u64 = 16_000_000_000;

/// A bit for each slot.
type Slots = [u64; SLOTS / 64];

/// When was swept, and what with.
pub struct Sweep {
    /// Threads in uninterruptible sleep.
    blocked: Hash<u32, u32>,
    /// The slots of processes, plus 1.
    keys: Hash<u64, u32>,
    swept_ns: u64,
    /// There are slots to look at a second time.
    has_unseen: bool,
    ghosts: Box<Slots>,
}

impl Sweep {
    pub fn new(loaded: &mut Loaded, now_ns: u64) -> Result<Self, loader::Error> {
        Ok(Self {
            blocked: Hash::new(loaded.take_map("blocked")?),
            keys: Hash::new(loaded.take_map("slots")?),
            swept_ns: now_ns,
            has_unseen: false,
            ghosts: Box::new([0; SLOTS / 64]),
        })
    }

    pub fn is_due(&self, now_ns: u64, shared: &Shared) -> bool {
        let is_amiss = self.has_unseen || shared.unlisted.load(Relaxed) > 0;
        let interval_ns = if is_amiss { SOON_NS } else { EVERY_NS };
        now_ns >= self.swept_ns + interval_ns
    }

    /// Leaves the slots that nobody is in as those of dead processes, and returns them.
    pub fn run(
        &mut self,
        now_ns: u64,
        loaded: &Loaded,
        shared: &Shared,
        processes: &[Process],
    ) -> Result<&Slots, loader::Error> {
        self.swept_ns = now_ns;
        self.ghosts.fill(0);
        // In this order: a thread that falls asleep in between is not counted until the
        // next sweep; in the other, it would count as two.
        self.blocked.clear()?;
        for (index, process) in processes.iter().enumerate() {
            if mark_unseen(process) {
                self.ghosts[index / 64] |= 1 << (index % 64);
            }
        }
        shared.unlisted.store(0, Relaxed);
        if let Err(error) = loaded.iterate(SEED) {
            // It may not have come to all.
            self.ghosts.fill(0);
            unmark(processes);
            return Err(error);
        }
        self.keep_unseen(processes);
        if self.ghosts.iter().any(|word| *word != 0) {
            // A key must not lead to a slot that is free.
            self.free_keys()?;
            self.bury(processes);
        }
        Ok(&self.ghosts)
    }

    /// Leaves among the ghosts only those that are unseen this time too.
    fn keep_unseen(&mut self, processes: &[Process]) {
        self.has_unseen = false;
        for (index, process) in processes.iter().enumerate() {
            if is_unseen(process.state.load(Acquire)) {
                self.has_unseen = true;
            } else {
                self.ghosts[index / 64] &= !(1 << (index % 64));
            }
        }
    }

    fn is_ghost(&self, index: usize) -> bool {
        self.ghosts.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Deletes the keys that lead to ghosts. The kernel may have given such an address to a
    /// new process, whose birth then frees the ghost's slot and leads the key to another one;
    /// if that happens between our two calls, the new process loses its key, gets a second
    /// slot when it next runs, and its first one is found by the next sweeps.
    fn free_keys(&self) -> Result<(), loader::Error> {
        let mut result = Ok(());
        self.keys.for_each(|key, number| {
            if self.is_ghost(number.wrapping_sub(1) as usize) && result.is_ok() {
                result = free_key(&self.keys, key, number);
            }
        })?;
        result
    }

    /// Hands the ghosts over to the next tick, as the probe does those that it is told of.
    fn bury(&self, processes: &[Process]) {
        for (index, process) in processes.iter().enumerate() {
            if self.is_ghost(index) {
                // Unless its address was born again: then the probe has done so.
                let _ = process.state.fetch_update(AcqRel, Relaxed, |state| {
                    is_unseen(state).then_some(slot::DEAD | state & slot::KTHREAD)
                });
            }
        }
    }
}

fn free_key(keys: &Hash<u64, u32>, key: u64, number: u32) -> Result<(), loader::Error> {
    if keys.get(key)? == Some(number) {
        keys.delete(key)?;
    }
    Ok(())
}

fn is_unseen(state: u32) -> bool {
    state & (slot::STATE_MASK | slot::UNSEEN) == slot::LIVE | slot::UNSEEN
}

/// Marks a slot, and lets its blocked threads be counted anew. Returns whether it was
/// marked already.
fn mark_unseen(process: &Process) -> bool {
    let before = process.state.fetch_update(AcqRel, Acquire, |state| {
        let is_live = state & slot::STATE_MASK == slot::LIVE;
        let flags = state & ((1 << slot::BLOCKED_BITS) - 1);
        is_live.then_some(flags | slot::UNSEEN)
    });
    before.is_ok_and(is_unseen)
}

fn unmark(processes: &[Process]) {
    for process in processes {
        if is_unseen(process.state.load(Relaxed)) {
            process.state.fetch_and(!slot::UNSEEN, AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::application::Applications;
    use crate::loader::Error;
    use crate::reading::{Reading, Usage};
    use crate::source::files::Root;
    use crate::source::probe::{ProbeError, ProbeSource};
    use crate::sys;

    /// `None` where the kernel does not let us.
    fn open() -> Option<ProbeSource> {
        match ProbeSource::open(rstat_probe::OBJECT, &Root::default()) {
            Err(ProbeError::Loader(
                Error::Map { refusal, .. } | Error::Program { refusal, .. },
            )) if [libc::EPERM, libc::ENOSYS].contains(&refusal.errno.0) => {
                eprintln!("SKIPPED, no test of sweeping in this kernel: {refusal}");
                None
            }
            source => Some(source.unwrap()).filter(|source| {
                let is_swept = source.sweep.is_some();
                if !is_swept {
                    eprintln!("SKIPPED, no test of sweeping: this is a container");
                }
                is_swept
            }),
        }
    }

    fn tick(source: &mut ProbeSource) {
        let mut reading = Reading::EMPTY;
        reading.monotonic_ns = sys::monotonic_ns();
        source.cpus(&mut reading).unwrap();
        source.processes(&mut reading, &mut Applications::default(), &mut |_: &Usage| {});
    }

    fn sweep(source: &mut ProbeSource) {
        source.sweep.as_mut().unwrap().swept_ns = 0;
        source.sweep_if_due().unwrap();
    }

    fn is_due_after(source: &ProbeSource, ns: u64) -> bool {
        let sweep = source.sweep.as_ref().unwrap();
        sweep.is_due(sweep.swept_ns + ns, &source.shared.all()[0])
    }

    fn keys(source: &ProbeSource) -> Vec<u32> {
        let mut numbers = Vec::new();
        source.sweep.as_ref().unwrap().keys.for_each(|_, number| numbers.push(number)).unwrap();
        numbers
    }

    /// The slots of processes that have these numbers, plus 1.
    fn slots_of(source: &ProbeSource, pids: &[u32]) -> Vec<u32> {
        let has_one = |process: &Process| {
            process.state.load(Acquire) & slot::STATE_MASK == slot::LIVE
                && pids.contains(&process.pid.load(Relaxed))
        };
        let slots = (1..).zip(source.slots.processes());
        slots.filter(|(_, process)| has_one(process)).map(|(number, _)| number).collect()
    }

    #[test]
    fn a_process_that_is_gone_without_a_word_goes_at_the_second_sweep() {
        const MANY: usize = 100;
        let Some(mut source) = open() else { return };
        let sleepers = (0..MANY).map(|_| Command::new("sleep").arg("60").spawn().unwrap());
        let mut sleepers: Vec<_> = sleepers.collect();
        let pids: Vec<_> = sleepers.iter().map(std::process::Child::id).collect();
        tick(&mut source);
        let slots = slots_of(&source, &pids);
        assert_eq!(slots.len(), MANY);
        source.detach("on_free");
        for sleeper in &mut sleepers {
            sleeper.kill().unwrap();
            sleeper.wait().unwrap();
        }
        tick(&mut source);
        assert_eq!(slots_of(&source, &pids), slots);
        sweep(&mut source);
        assert_eq!(slots_of(&source, &pids), slots, "they may be about to be told of");
        assert!(!is_due_after(&source, SOON_NS - 1) && is_due_after(&source, SOON_NS));
        sweep(&mut source);
        tick(&mut source);
        assert_eq!(slots_of(&source, &pids), []);
        let state = |number: &u32| {
            let process = &source.slots.processes()[*number as usize - 1];
            process.state.load(Acquire) & slot::STATE_MASK
        };
        assert!(!slots.iter().map(state).any(|state| state == slot::DEAD), "they are free");
        assert!(keys(&source).iter().all(|number| !slots.contains(number)));
        // We are still there.
        let own = slots_of(&source, &[std::process::id()]);
        assert_eq!(own.len(), 1);
        assert!(keys(&source).contains(&own[0]));
    }

    #[test]
    fn what_was_counted_wrong_is_counted_anew() {
        let Some(mut source) = open() else { return };
        tick(&mut source);
        let own = slots_of(&source, &[std::process::id()])[0] as usize - 1;
        let state = |source: &ProbeSource| source.slots.processes()[own].state.load(Relaxed);
        source.slots.processes()[own].state.fetch_add(1000 << slot::BLOCKED_BITS, Relaxed);
        source.shared.all()[0].unlisted.store(1000, Relaxed);
        assert!(state(&source) >> slot::BLOCKED_BITS >= 1000);
        assert!(is_due_after(&source, SOON_NS), "there are processes without a slot");
        sweep(&mut source);
        assert!(state(&source) >> slot::BLOCKED_BITS < 1000);
        assert_eq!(state(&source) & slot::UNSEEN, 0);
        assert_eq!(source.shared.all()[0].unlisted.load(Relaxed), 0);
    }
}
