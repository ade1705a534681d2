//! The BPF source: reads what the probe keeps, without a system call.
//!
//! `probe/probe.h` explains the records. Counters are cumulative: the usage of a process is the
//! difference to the last reading of its slot.

mod cost;
mod cpus;
mod exited;
mod names;
mod programs;
mod records;
mod slot;
mod slots;
mod sweep;

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;

use rstat_probe::{Cpu, EXITED_ROWS, Exited, Process, Shared, busy_at, elapsed_ns};
use rstat_shm::Snapshot;
use rstat_shm::snapshot::{MAX_CORES, valid};

use crate::application::{Applications, Cgroups};
use crate::bitmap;
use crate::loader::{self, KernelTypes, Link, Loaded, Object};
use crate::rate::since;
use crate::source::cpu::online::OnlineCpus;
use crate::source::cpu::shares::CpuShares;
use crate::source::entry::put;
use crate::source::files::Root;
use crate::sys;
use crate::usage::{Census, Usage, UsageSink};
use exited::ExitedNames;
use names::Names;
use programs::{FIND_TICK, PROGRAMS, SEED, SWITCH};
use records::Records;
use slot::Times;
use slots::Slots;
use sweep::Sweep;

/// How long to look for the tick of a CPU that has come online. A CPU has a tick while it is busy,
/// and whenever it leaves idle.
const FIND_TICK_NS: u64 = 1_000_000_000;

/// The attached probe.
pub struct ProbeSource {
    cpus: Records<Cpu>,
    cpu_time: Vec<CpuTime>,
    shares: CpuShares,
    shared: Records<Shared>,
    slots: Slots,
    /// `None` in a container, where `seed` meets only the container's processes.
    sweep: Option<Sweep>,
    exited: ExitedNames,
    cgroups: Cgroups,
    online: OnlineCpus,
    was_online: [u64; MAX_CORES / 64],
    read_at_ns: u64,
    interval_ns: u64,
    /// When the processes were read, a moment after the CPUs; 0: never.
    processes_at_ns: u64,
    has_io: bool,
    /// What the probe adds to a switch, measured once at the start.
    switch_ns: Option<u32>,
    loaded: Loaded,
    /// Attached for a while when a CPU has come online that was offline at the start.
    find_tick: Option<Link>,
    find_tick_until_ns: u64,
    /// Detach the programs when dropped.
    _links: Vec<Link>,
}

/// The most that a CPU may seem to exceed its time: so it does when a hypervisor stops the CPU
/// between the reading of the clock and that of its sum.
const ODD_NS: u64 = 1_000_000_000;

/// The last reading of a CPU, and its busy time so far.
#[derive(Clone, Copy, Default)]
struct CpuTime {
    busy_at: u64,
    total_ns: u64,
}

impl CpuTime {
    /// Adds the time that was used since the last reading, `interval_ns` ago.
    fn advance(&mut self, busy_at: u64, interval_ns: u64) {
        let used_ns = elapsed_ns(self.busy_at, busy_at);
        if used_ns > 2 * interval_ns + ODD_NS {
            // The CPU was offline between two ticks. Kernels before 6.8 then forget its idle time,
            // and its sum begins anew.
            self.busy_at = busy_at;
        } else if used_ns > 0 {
            *self = Self { busy_at, total_ns: self.total_ns + used_ns };
        }
        // A sum that seems to go back keeps its higher value: see `elapsed_ns`.
    }
}

impl ProbeSource {
    /// Loads the probe into the kernel, attaches it, and lists the processes that run already.
    pub fn open(object: &[u8], root: &Root) -> Result<Self, loader::Error> {
        let possible = cpus::possible_cpus(root).map_err(loader::Error::new)?;
        let online = OnlineCpus::open(root)
            .map_err(|error| loader::Error::new(format!("open the list of CPUs: {error}")))?;
        let mut object = Object::parse(object)?;
        check_records(&object)?;
        object.set_max_entries("cpus", possible)?;
        let shared_at = object.variable("shared").ok_or_else(|| not_the_probe("shared"))?;
        let types = KernelTypes::read(Path::new(KernelTypes::PATH))?;
        let mut loaded = loader::load(&object, &types.parse()?)?;

        let pids_are_global = root.pids_are_global();
        let slots = Slots::new(loaded.take_map("processes")?, pids_are_global)?;
        let exited_map = loaded.map("exited")?;
        let rows = exited_map.max_entries() as usize;
        let exited = ExitedNames::new(Records::new(exited_map.mmap()?, 0, rows));
        let cpus = Records::new(loaded.map("cpus")?.mmap()?, 0, possible as usize);
        let shared = Records::<Shared>::new(loaded.map(".bss")?.mmap()?, shared_at.offset, 1);

        let mut links = Vec::with_capacity(PROGRAMS.len() + 1);
        for program in PROGRAMS {
            links.push(loaded.attach(program)?);
        }
        loaded.iterate(SEED)?;
        links.push(loaded.attach(SWITCH)?);
        let find_tick = loaded.attach(FIND_TICK)?;
        // The probe knows a CPU from its first switch on: make each CPU switch.
        let switch_ns = cost::switch_ns(&loaded, || cpus::visit_each(possible));
        cpus::wait_for_ticks(cpus.all());
        drop(find_tick);
        let sweep = if pids_are_global {
            Some(Sweep::new(&mut loaded, sys::monotonic_ns())?)
        } else {
            None
        };

        Ok(Self {
            sweep,
            cpu_time: vec![CpuTime::default(); possible as usize],
            shares: CpuShares::default(),
            cpus,
            shared,
            slots,
            exited,
            cgroups: Cgroups::new(root, true),
            online,
            was_online: [0; MAX_CORES / 64],
            read_at_ns: 0,
            interval_ns: 0,
            processes_at_ns: 0,
            switch_ns,
            has_io: root.path("/proc/self/io").exists(),
            loaded,
            find_tick: None,
            find_tick_until_ns: 0,
            _links: links,
        })
    }

    /// The probe's programs in the kernel, for measuring what they cost.
    pub fn programs(&self) -> &Loaded {
        &self.loaded
    }

    /// Whether the CPUs' idle time is taken from the kernel's own account of it.
    pub fn follows_idle_account(&self) -> bool {
        cpus::follow_idle_account(self.cpus.all())
    }

    /// Processes that can be listed at a time.
    pub fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Begins a tick: from here on the probe keeps the slots of ending processes until they
    /// have been read. Fills in the CPUs' part; returns the groups that are known.
    pub fn cpus(&mut self, now_ns: u64, sample: &mut Snapshot) -> io::Result<u64> {
        let shared = &self.shared.all()[0];
        shared.sampled_at_ns.store(now_ns, Relaxed);
        // Pairs with the exchange in the probe's `retire`: either the probe sees this time, or the
        // daemon sees that the slot is exiting.
        fence(SeqCst);

        let was_online = self.was_online;
        let counters = self.shares.counters();
        if let Err(error) = self.online.read(counters) {
            self.shares.forget();
            return Err(error);
        }
        self.was_online = counters.online;
        let interval_ns = now_ns.saturating_sub(self.read_at_ns);
        (self.read_at_ns, self.interval_ns) = (now_ns, interval_ns);
        let mut switches = 0;
        let mut all_ns = 0;
        let mut ticks_unknown = false;
        for (cpu, (record, time)) in self.cpus.all().iter().zip(&mut self.cpu_time).enumerate() {
            let busy_at = busy_at(record.busy.load(Relaxed), now_ns);
            if bitmap::has(&self.was_online, cpu) && !bitmap::has(&was_online, cpu) {
                // The CPU's sum stood at "running" while the CPU was offline, and was set right
                // since.
                time.busy_at = busy_at;
                ticks_unknown |= record.tick_sched.load(Relaxed) == 0;
            }
            time.advance(busy_at, interval_ns);
            all_ns += time.total_ns;
            if cpu < MAX_CORES {
                counters.busy_ns[cpu] = time.total_ns;
            }
            switches += record.switches.load(Relaxed);
        }
        counters.all_busy_ns = all_ns;
        counters.context_switches = Some(switches);
        self.find_ticks(ticks_unknown, now_ns);
        let cost = put(&mut sample.probe_switch_ns, self.switch_ns, valid::PROBE_COST);
        Ok(self.shares.fill(now_ns, sample) | cost)
    }

    /// Lets the probe look for the kernel's account of a CPU that was offline at the start.
    fn find_ticks(&mut self, unknown: bool, now_ns: u64) {
        let known = |cpu: &Cpu| cpu.tick_sched.load(Relaxed) != 0;
        if unknown && self.cpus.all().iter().any(known) {
            // Without the account, the CPU's idle time follows from its switches, which is nearly
            // as right.
            self.find_tick = self.loaded.attach(FIND_TICK).ok();
            self.find_tick_until_ns = now_ns + FIND_TICK_NS;
        } else if now_ns > self.find_tick_until_ns {
            self.find_tick = None;
        }
    }

    /// Adds what each process used since the last tick to `sink`.
    pub fn processes(
        &mut self,
        applications: &mut Applications,
        sink: &mut impl UsageSink,
    ) -> Census {
        let shared = &self.shared.all()[0];
        let names = &mut Names { applications, cgroups: &mut self.cgroups };
        let times = Times {
            began_ns: self.read_at_ns,
            now_ns: sys::monotonic_ns(),
            interval_ns: self.interval_ns,
        };
        let count = self.slots.read(times, shared, names, sink);
        self.exited.read(&shared.touched, names, sink);
        let unlisted = shared.unlisted.load(Relaxed).max(0) as u32 + count.beyond;
        let elapsed_ns = since(self.processes_at_ns, times.now_ns);
        self.processes_at_ns = times.now_ns;
        Census {
            processes: Some(count.alive + unlisted),
            unlisted: Some(unlisted),
            has_io: self.has_io,
            elapsed_ns,
            cpus: self.shares.most_online(),
        }
    }

    /// Looks for stale slots when a sweep is due: slots of processes that ended unnoticed by the
    /// probe. The caller does this outside of a tick, as a sweep of thousands of processes takes
    /// milliseconds. The next tick frees the slots.
    pub fn sweep_if_due(&mut self) -> Result<(), loader::Error> {
        let now_ns = sys::monotonic_ns();
        let shared = &self.shared.all()[0];
        match &mut self.sweep {
            Some(sweep) if sweep.is_due(now_ns, shared) => {
                self.slots.sweep(sweep, now_ns, &self.loaded, shared)
            }
            _ => Ok(()),
        }
    }

    /// Notes the memory that [`Resident`](crate::source::Resident) has read for a process of the
    /// last call.
    pub fn note_resident(&mut self, usage: &Usage, bytes: u64) {
        self.slots.note_resident(usage, bytes);
    }
}

#[cfg(test)]
impl ProbeSource {
    /// Makes a program of [`PROGRAMS`] miss everything from now on.
    #[expect(clippy::used_underscore_binding, reason = "only this test looks at the links")]
    fn detach(&mut self, program: &str) {
        let place = PROGRAMS.iter().position(|name| *name == program).unwrap();
        drop(self._links.remove(place));
    }
}

/// Refuses an object whose records differ from those that the daemon reads, even if the kernel
/// would load it.
fn check_records(object: &Object<'_>) -> Result<(), loader::Error> {
    let records = [
        ("cpu", size_of::<Cpu>()),
        ("process", size_of::<Process>()),
        ("exited", size_of::<Exited>()),
        ("shared", size_of::<Shared>()),
    ];
    for (name, bytes) in records {
        let structure = object.structure(name);
        if structure.is_none_or(|structure| structure.size as usize != bytes) {
            return Err(not_the_probe(name));
        }
    }
    let rows = object.maps().iter().find(|map| map.name == "exited");
    match rows {
        Some(rows) if rows.max_entries as usize == EXITED_ROWS + 1 => Ok(()),
        _ => Err(not_the_probe("exited")),
    }
}

fn not_the_probe(record: &str) -> loader::Error {
    loader::Error::new(format!(
        "not the probe of this version: it has no record `{record}` as we know it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_uses_no_more_than_there_is_time() {
        let mut time = CpuTime::default();
        let mut check = |busy_at, total_ns| {
            time.advance(busy_at, 1_000);
            assert_eq!(time.total_ns, total_ns, "{busy_at}");
        };
        check(400, 400);
        // The clock was read a moment before the sum, then a moment after the sum.
        check(399, 400);
        check(1_450, 1_450);
        // The sum began anew, far ahead.
        check(9 * ODD_NS, 1_450);
        check(9 * ODD_NS + 300, 1_750);
    }
}
