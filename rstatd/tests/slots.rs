//! The slots of processes, as the probe takes and frees them while no daemon looks on, and
//! where it sums them up.

use std::mem::offset_of;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;

use rstat_probe::{EXITED_ROWS, Exited, OBJECT, Process, SLOTS, Shared, slot};
use rstatd::loader::{Error, Hash, KernelTypes, Link, Loaded, Mapping, Object, load};

struct Probe {
    loaded: Loaded,
    shared: Mapping,
    shared_at: usize,
    _links: Vec<Link>,
}

impl Probe {
    /// The part that knows of processes, with so many slots. `None` where the kernel
    /// does not let us.
    fn attach(slots: usize) -> Option<Self> {
        let mut object = Object::parse(OBJECT).unwrap();
        object.set_max_entries("processes", slots as u32).unwrap();
        let types = KernelTypes::read(Path::new(KernelTypes::PATH)).unwrap();
        let loaded = match load(&object, &types.parse().unwrap()) {
            Err(Error::Refused { refusal, .. })
                if [libc::EPERM, libc::ENOSYS].contains(&refusal.errno.0) =>
            {
                eprintln!("SKIPPED, no test of the slots in this kernel: {refusal}");
                return None;
            }
            loaded => loaded.unwrap(),
        };
        let links =
            ["on_free", "on_rename", "on_fork"].map(|program| loaded.attach(program).unwrap());
        loaded.iterate("seed").unwrap();
        Some(Self {
            shared: loaded.map(".bss").unwrap().mmap().unwrap(),
            shared_at: object.variable("shared").unwrap().offset,
            loaded,
            _links: links.into(),
        })
    }

    fn shared(&self, offset: usize) -> u64 {
        self.shared.atomic_u64(self.shared_at + offset).unwrap().load(Relaxed)
    }

    fn used(&self) -> u64 {
        self.shared(offset_of!(Shared, used))
    }

    fn states(&self) -> Vec<u32> {
        let processes = self.loaded.map("processes").unwrap().mmap().unwrap();
        let state_at = |index: usize| index * size_of::<Process>() + offset_of!(Process, state);
        let states = (0..).map_while(|index| processes.atomic_u32(state_at(index)));
        states.map(|state| state.load(Relaxed) & slot::STATE_MASK).collect()
    }
}

#[test]
fn a_full_table_has_no_slot_unused_and_the_others_are_counted() {
    const FEW: usize = 4;
    let Some(probe) = Probe::attach(FEW) else { return };
    assert_eq!(probe.states().len(), FEW);
    assert!(!probe.states().contains(&slot::UNUSED), "{:?}", probe.states());
    // Each CPU may count once in vain.
    let cpus = std::thread::available_parallelism().unwrap().get();
    let used = probe.used();
    assert!((FEW..=FEW + cpus).contains(&(used as usize)), "{used}");
    assert!(probe.shared(offset_of!(Shared, unlisted)) > 0);
}

#[test]
fn slots_are_used_again_before_others_are_touched() {
    // The kernel frees a process some time after its end: so often it is waited for.
    const ROUNDS: usize = 256;
    const CHILDREN: usize = 16;
    let Some(probe) = Probe::attach(SLOTS) else { return };
    let needs_no_more = |_| {
        let before = probe.used();
        for _ in 0..CHILDREN {
            assert!(Command::new("true").status().unwrap().success());
        }
        probe.used() == before
    };
    assert!((0..ROUNDS).any(needs_no_more), "{} slots", probe.used());
    let states = probe.states();
    // Afterwards: more may have been taken meanwhile.
    let (touched, others) = states.split_at(probe.used() as usize);
    assert!(touched.contains(&slot::LIVE));
    assert!(others.iter().all(|state| *state == slot::UNUSED));
}

#[test]
fn those_whose_names_find_no_row_are_counted_under_no_name() {
    const NAMES: usize = 2 * EXITED_ROWS;
    let Some(probe) = Probe::attach(SLOTS) else { return };
    let rows = probe.loaded.map("exited").unwrap().mmap().unwrap();
    let row = EXITED_ROWS * size_of::<Exited>();
    let overflow = |member: usize| rows.atomic_u64(row + member).unwrap().load(Relaxed);
    // Each subshell is a process of its own, which names itself.
    let each = "(echo \"name$i\" >/proc/self/comm)";
    let script = format!("i=0; while [ $i -lt {NAMES} ]; do {each}; i=$((i + 1)); done");
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    assert!(overflow(offset_of!(Exited, count)) > 0);
    let name = offset_of!(Exited, comm);
    assert_eq!([overflow(name), overflow(name + 8)], [0, 0]);
}

#[test]
fn a_hash_map_is_gone_through_and_cleared() {
    let Some(mut probe) = Probe::attach(SLOTS) else { return };
    let keys = Hash::<u64, u32>::new(probe.loaded.take_map("slots").unwrap());
    let mut entries = Vec::new();
    keys.for_each(|key, number| entries.push((key, number))).unwrap();
    // Some processes come and go.
    let there = truth();
    assert!(entries.len().abs_diff(there) < there / 2, "{} keys, {there} there", entries.len());
    let stays = |(key, number): &&(u64, u32)| keys.get(*key).unwrap() == Some(*number);
    let (key, _) = *entries.iter().find(stays).unwrap();
    assert!(keys.delete(key).unwrap());
    assert_eq!((keys.get(key).unwrap(), keys.delete(key).unwrap()), (None, false));
    keys.clear().unwrap();
    let mut left = 0;
    keys.for_each(|_, _| left += 1).unwrap();
    assert!(left < entries.len() / 2, "{left} of {}", entries.len());
}

/// How many processes there are.
fn truth() -> usize {
    rstat_testbed::truth::pids().len()
}
