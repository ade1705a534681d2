//! Counts the allocations of a thread, in a program that has [`Counting`] as its allocator.
#![expect(unsafe_code, reason = "an allocator is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

/// The system's allocator with a counter, to be the program's `#[global_allocator]`.
pub struct Counting;

thread_local! {
    /// A counter for each thread, since tests run beside each other.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The number of allocations by this thread during `work`, reallocations included.
///
/// # Panics
///
/// If the program has another allocator, which does not count.
pub fn count(work: impl FnOnce()) -> u64 {
    let start = ALLOCATIONS.get();
    drop(black_box(Box::new(0)));
    let before = ALLOCATIONS.get();
    assert_eq!(before, start + 1, "the program has another allocator");
    work();
    ALLOCATIONS.get() - before
}

// SAFETY: every call goes to the system's allocator. The counter allocates nothing: it is
// initialised at compile time and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller has made the promise that the system's allocator requires.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
