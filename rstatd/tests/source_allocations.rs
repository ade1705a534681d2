//! A tick allocates nothing: counted by the allocator itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;

use rstatd::application::Applications;
use rstatd::reading::{Reading, Usage};
use rstatd::source::{OnlineCpus, ProcBackend, Resident, Root, Sources};

struct Counting;

thread_local! {
    /// Allocations of this thread: the other tests run beside it.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]
// SAFETY: all is passed on to the system's allocator; counting allocates nothing,
// as the counter is initialised at compile time and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// Ticks of 100 ms, all within the time before an absent source is looked for.
fn ticks(sources: &mut Sources, count: u64) {
    let mut readings = [Reading::EMPTY, Reading::EMPTY];
    for tick in 0..count {
        let [reading, previous] = &mut readings;
        reading.monotonic_ns = (1000 + tick * 100) * 1_000_000;
        sources.read_due(reading, previous, &mut |event| panic!("{event}"));
        readings.swap(0, 1);
    }
    assert!(readings[1].memory.is_some());
}

#[test]
fn the_counter_counts() {
    assert_ne!(allocations(|| drop(Box::new(1))), 0);
}

#[test]
fn reading_the_sources_allocates_nothing() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
    for root in [Root::default(), Root::new(fixtures.join("intel-laptop"))] {
        let mut sources = Sources::discover(&root);
        assert_eq!(allocations(|| ticks(&mut sources, 10)), 0, "{root:?}");
    }
    // With nothing missing there is nothing to look for, however long it takes.
    let mut sources = Sources::discover(&Root::new(fixtures.join("intel-laptop")));
    assert_eq!(allocations(|| ticks(&mut sources, 10_000)), 0);
}

#[test]
fn reading_the_online_cpus_allocates_nothing() {
    let mut online = OnlineCpus::open(&Root::default()).unwrap();
    let mut cpus = Reading::EMPTY.cpus;
    assert_eq!(allocations(|| online.read(&mut cpus).unwrap()), 0);
}

#[test]
fn asking_for_memory_allocates_nothing() {
    let mut resident = Resident::new(&Root::default(), true);
    let mut answers = 0;
    let count = allocations(|| {
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
    let mut reading = Reading::EMPTY;
    let mut applications = Applications::default();
    let mut seen = 0;
    let count = allocations(|| {
        for tick in 1..20 {
            reading.monotonic_ns = tick * 1_000_000;
            backend.cpus(&mut reading).unwrap();
            backend
                .processes(&mut reading, &mut applications, |usage: &Usage| seen += usage.count)
                .unwrap();
        }
    });
    assert!(seen > 0);
    assert_eq!(count, 0);
}
