//! A tick allocates nothing: counted by the allocator itself.

use std::path::Path;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Text, valid};
use rstat_testbed::allocations::{self, Counting};
use rstatd::application::{Applications, CAPACITY};
use rstatd::source::cpu::shares::Cpus;
use rstatd::source::{Draft, OnlineCpus, ProcBackend, Resident, Root, Sources};
use rstatd::usage::Usage;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Ticks of 100 ms, all within the time before an absent source is looked for.
fn ticks(sources: &mut Sources, count: u64) {
    let mut draft = Draft::EMPTY;
    for tick in 0..count {
        let now_ns = (1000 + tick * 100) * 1_000_000;
        sources.read_due(now_ns, &mut draft, &mut |event| panic!("{event}"));
    }
    assert_eq!(draft.known & valid::MEMORY, valid::MEMORY);
}

#[test]
fn reading_the_sources_allocates_nothing() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
    for root in [Root::default(), Root::new(fixtures.join("intel-laptop"))] {
        let mut sources = Sources::discover(&root);
        assert_eq!(allocations::count(|| ticks(&mut sources, 10)), 0, "{root:?}");
    }
    // With nothing missing there is nothing to look for, however long it takes.
    let mut sources = Sources::discover(&Root::new(fixtures.join("intel-laptop")));
    assert_eq!(allocations::count(|| ticks(&mut sources, 10_000)), 0);
}

#[test]
fn reading_the_online_cpus_allocates_nothing() {
    let mut online = OnlineCpus::open(&Root::default()).unwrap();
    let mut cpus = Cpus::EMPTY;
    assert_eq!(allocations::count(|| online.read(&mut cpus).unwrap()), 0);
}

#[test]
fn asking_for_memory_allocates_nothing() {
    let mut resident = Resident::new(&Root::default(), true);
    let mut answers = 0;
    let count = allocations::count(|| {
        for tick in 0..200 {
            resident.begin_tick();
            // This process, one that comes and goes, and one that does not exist.
            let often = [Some(std::process::id()), (tick % 100 == 0).then_some(1), Some(u32::MAX)];
            for pid in often.into_iter().flatten() {
                let usage = Usage { pid, ..Usage::default() };
                answers += u32::from(resident.bytes(&usage, true).is_some());
            }
        }
    });
    assert_eq!(answers, 202);
    assert_eq!(count, 0);
}

#[test]
fn reading_proc_allocates_nothing() {
    let mut backend = ProcBackend::open(&Root::default()).unwrap();
    let mut sample = Snapshot::EMPTY;
    let mut applications = Applications::default();
    let mut seen = 0;
    let count = allocations::count(|| {
        for tick in 1..20 {
            backend.cpus(tick * 1_000_000, &mut sample).unwrap();
            let mut count = |usage: &Usage| seen += usage.count;
            backend.processes(tick * 1_000_000, &mut applications, &mut count).unwrap();
        }
    });
    assert!(seen > 0);
    assert_eq!(count, 0);
}

#[test]
fn names_come_and_go_without_allocating() {
    let mut applications = Applications::default();
    let mut names = 0_u128;
    let count = allocations::count(|| {
        for _ in 0..20 {
            // Some more than there is room for.
            for _ in 0..CAPACITY {
                names += 1;
                applications.of_process(Text(names.to_le_bytes()), false);
            }
            applications.forget_unused(|id| u32::from(id.index() % 2 == 0));
        }
    });
    assert_eq!(count, 0);
}
