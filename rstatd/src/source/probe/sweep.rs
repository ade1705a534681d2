//! Finds stale slots: slots of processes that are gone, although the probe was not notified.
//!
//! Some kernels do not report every process that they free, and the kernel skips a program that
//! would interrupt itself. Such a process would stay alive for ever, its threads blocked as they
//! were, its slot taken. So now and then a sweep marks all slots as unseen, and `seed` takes the
//! mark from every process that exists. A slot that is marked twice in a row is stale: the time
//! between two sweeps is many times what the kernel needs from the end of a process to its last
//! report of it.
//!
//! `seed` also counts anew two numbers in which an error would stay: the blocked threads, and the
//! processes without a slot. Changes while `seed` runs may be counted twice or not at all; the next
//! sweep sets that right.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use rstat_probe::{Process, SLOTS, Shared, slot};

use super::programs::SEED;
use crate::bitmap;
use crate::loader::{self, Hash, Loaded};

/// The time between two sweeps when nothing seems amiss: a sweep takes a microsecond a process.
const EVERY_NS: u64 = 120_000_000_000;
/// The time between two sweeps when some slot is unseen, or some process has no slot.
const SOON_NS: u64 = 16_000_000_000;

/// A bit for each slot.
type Slots = [u64; SLOTS / 64];

/// The sweeps: the maps that they need, and the result of the last one.
pub struct Sweep {
    /// Threads in uninterruptible sleep.
    blocked: Hash<u32, u32>,
    /// The slot of each process, plus 1.
    keys: Hash<u64, u32>,
    swept_ns: u64,
    /// Whether some slots were unseen in the last sweep.
    has_unseen: bool,
    stale: Box<Slots>,
}

impl Sweep {
    pub fn new(loaded: &mut Loaded, now_ns: u64) -> Result<Self, loader::Error> {
        Ok(Self {
            blocked: Hash::new(loaded.take_map("blocked")?),
            keys: Hash::new(loaded.take_map("slots")?),
            swept_ns: now_ns,
            has_unseen: false,
            stale: Box::new([0; SLOTS / 64]),
        })
    }

    pub fn is_due(&self, now_ns: u64, shared: &Shared) -> bool {
        let is_amiss = self.has_unseen || shared.unlisted.load(Relaxed) > 0;
        let interval_ns = if is_amiss { SOON_NS } else { EVERY_NS };
        now_ns >= self.swept_ns + interval_ns
    }

    /// Marks stale slots DEAD, and returns them. The next tick frees them.
    pub fn run(
        &mut self,
        now_ns: u64,
        loaded: &Loaded,
        shared: &Shared,
        processes: &[Process],
    ) -> Result<&Slots, loader::Error> {
        self.swept_ns = now_ns;
        self.stale.fill(0);
        // In this order a thread that falls asleep in between is not counted until the next
        // sweep. In the other order the thread would count twice.
        self.blocked.clear()?;
        for (index, process) in processes.iter().enumerate() {
            if mark_unseen(process) {
                bitmap::set(&mut *self.stale, index);
            }
        }
        shared.unlisted.store(0, Relaxed);
        if let Err(error) = loaded.iterate(SEED) {
            // `seed` may not have met all processes.
            self.stale.fill(0);
            unmark(processes);
            return Err(error);
        }
        self.keep_unseen(processes);
        if self.stale.iter().any(|word| *word != 0) {
            // A key must not lead to a free slot.
            self.free_keys()?;
            self.free(processes);
        }
        Ok(&self.stale)
    }

    /// Keeps the slots that are unseen in this sweep as well.
    fn keep_unseen(&mut self, processes: &[Process]) {
        self.has_unseen = false;
        for (index, process) in processes.iter().enumerate() {
            if is_unseen(process.state.load(Acquire)) {
                self.has_unseen = true;
            } else {
                bitmap::clear(&mut *self.stale, index);
            }
        }
    }

    /// Deletes the keys that lead to stale slots. The kernel may have given the address of such
    /// a key to a new process: then its birth has freed the stale slot, and the key leads to
    /// another slot. If that happens between our two calls, the new process loses its key and
    /// gets a second slot when it next runs. The next sweeps find its first slot.
    fn free_keys(&self) -> Result<(), loader::Error> {
        let mut result = Ok(());
        self.keys.for_each(|key, number| {
            if bitmap::has(&*self.stale, number.wrapping_sub(1) as usize) && result.is_ok() {
                result = free_key(&self.keys, key, number);
            }
        })?;
        result
    }

    /// Marks stale slots DEAD, as the probe does at the end of a process.
    fn free(&self, processes: &[Process]) {
        for (index, process) in processes.iter().enumerate() {
            if bitmap::has(&*self.stale, index) {
                // A new process at the same address has freed the slot already.
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

/// Marks a slot, and forgets its blocked threads, which `seed` counts anew. Returns whether
/// the slot was marked already.
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
    use crate::source::files::Root;
    use crate::source::probe::ProbeSource;
    use crate::sys;
    use crate::usage::Usage;
    use rstat_shm::Snapshot;

    /// `None` where the kernel refuses.
    fn open() -> Option<ProbeSource> {
        match ProbeSource::open(rstat_probe::OBJECT, &Root::default()) {
            Err(Error::Refused { refusal, .. })
                if [libc::EPERM, libc::ENOSYS].contains(&refusal.errno.0) =>
            {
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
        source.cpus(sys::monotonic_ns(), &mut { Snapshot::EMPTY }).unwrap();
        source.processes(&mut Applications::default(), &mut |_: &Usage| {});
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
    fn a_process_whose_end_was_not_reported_goes_at_the_second_sweep() {
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
        assert_eq!(slots_of(&source, &pids), slots, "their end may be about to be reported");
        assert!(!is_due_after(&source, SOON_NS - 1) && is_due_after(&source, SOON_NS));
        sweep(&mut source);
        tick(&mut source);
        assert_eq!(slots_of(&source, &pids), [0; 0]);
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
