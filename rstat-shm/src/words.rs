//! Copies words that another thread or process reads or writes meanwhile, in no order.
//!
//! Such a copy is a relaxed atomic load or store of each word, and all machines but one
//! execute it like that. No compiler joins these accesses into wide moves: a snapshot took
//! three times as long as memcpy(3) of it. On x86-64 one string instruction takes no longer.
//!
//! The sequence lock holds with that instruction, too. A string instruction moves its words
//! in any order, but after all that precedes it in the program and before all that follows.
//! Intel's manual, volume 3, "Fast-String Operation and Out-of-Order Stores", only asks for
//! a flag that is stored on its own, as ours are; the kernel reads its sequence locks in
//! this way. A word that is moved in parts does no harm: a reader that has a part of a
//! later word finds the later sequence, and discards the copy.

use std::mem::MaybeUninit;
#[cfg(any(loom, not(target_arch = "x86_64")))]
use std::sync::atomic::Ordering::Relaxed;

#[cfg(loom)]
pub(crate) use loom::sync::atomic::AtomicU64;
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::AtomicU64;

/// Words to write to: those of a record, or memory that was never written.
///
/// A room is only written to, with whole words, and never read. Words that were
/// initialised before stay so.
#[derive(Debug)]
pub struct Room<'a>(&'a mut [MaybeUninit<u64>]);

impl<'a> From<&'a mut [MaybeUninit<u64>]> for Room<'a> {
    fn from(words: &'a mut [MaybeUninit<u64>]) -> Self {
        Self(words)
    }
}

impl<'a> From<&'a mut [u64]> for Room<'a> {
    fn from(words: &'a mut [u64]) -> Self {
        #[expect(unsafe_code, reason = "std has no name for this cast")]
        // SAFETY: both types have one layout, and a room stores initialised words only.
        Self(unsafe { &mut *(std::ptr::from_mut(words) as *mut [MaybeUninit<u64>]) })
    }
}

impl<'a> Room<'a> {
    /// How many words there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes all words zero.
    pub fn clear(&mut self) {
        self.0.fill(MaybeUninit::new(0));
    }

    /// The first `count` words or, where there are fewer, all of them; and the rest.
    pub(crate) fn split(&mut self, count: usize) -> (Room<'_>, Room<'_>) {
        let (first, rest) = self.0.split_at_mut(count.min(self.0.len()));
        (Room(first), Room(rest))
    }

    /// Rooms of `each` words, at least one; what is left of the words belongs to none.
    pub(crate) fn chunks(self, each: usize) -> impl ExactSizeIterator<Item = Room<'a>> {
        self.0.chunks_exact_mut(each).map(Room)
    }
}

/// Loads each word. Both have the same length.
#[cfg(any(loom, not(target_arch = "x86_64")))]
pub fn load(words: &[AtomicU64], into: Room) {
    let Room(into) = into;
    assert_eq!(words.len(), into.len());
    for (value, word) in into.iter_mut().zip(words) {
        value.write(word.load(Relaxed));
    }
}

/// Stores each word. Both slices have the same length.
#[cfg(any(loom, not(target_arch = "x86_64")))]
pub fn store(words: &[AtomicU64], from: &[u64]) {
    assert_eq!(words.len(), from.len());
    for (word, value) in words.iter().zip(from) {
        word.store(*value, Relaxed);
    }
}

#[cfg(all(not(loom), target_arch = "x86_64"))]
pub use string::{load, store};

#[cfg(all(not(loom), target_arch = "x86_64"))]
mod string {
    #![expect(unsafe_code, reason = "an instruction that Rust has no name for")]

    use std::arch::asm;

    use super::{AtomicU64, Room};

    /// Loads each word. Both have the same length.
    pub fn load(words: &[AtomicU64], into: Room) {
        let Room(into) = into;
        assert_eq!(words.len(), into.len());
        // SAFETY: atomics may be loaded at any time, the room is borrowed mutably, and both
        // have that many words.
        unsafe { copy(words.as_ptr().cast(), into.as_mut_ptr().cast(), words.len()) };
    }

    /// Stores each word. Both slices have the same length.
    pub fn store(words: &[AtomicU64], from: &[u64]) {
        assert_eq!(words.len(), from.len());
        // SAFETY: callers store into writable mappings only, where atomics may be stored to at
        // any time. Both slices have that many words.
        unsafe { copy(from.as_ptr(), words.as_ptr().cast_mut().cast(), words.len()) };
    }

    /// Copies `count` words between two ranges that have as many.
    unsafe fn copy(from: *const u64, to: *mut u64, count: usize) {
        // SAFETY: the caller has both ranges. For Rust's memory model this is a relaxed atomic
        // access of each shared word. The direction flag is clear, as Rust's ABI demands.
        unsafe {
            asm!(
                "rep movsq",
                inout("rcx") count => _,
                inout("rsi") from => _,
                inout("rdi") to => _,
                options(nostack, preserves_flags),
            );
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn all_words_are_copied_and_none_beside_them() {
        for count in [0, 1, 2, 7, 8, 599] {
            let shared: Vec<_> = (0..count + 2).map(|_| AtomicU64::new(u64::MAX)).collect();
            let from: Vec<u64> = (1..=count as u64).map(|word| word << 32 | word).collect();
            store(&shared[1..=count], &from);
            let mut into = vec![u64::MAX; count + 2];
            load(&shared[1..=count], Room::from(&mut into[1..=count]));
            assert_eq!(into[1..=count], from);
            let edges = [&shared[0], &shared[count + 1]].map(|word| word.load(Relaxed));
            assert_eq!((edges, into[0], into[count + 1]), ([u64::MAX; 2], u64::MAX, u64::MAX));
        }
    }

    #[test]
    fn memory_that_was_never_written_is_initialised_by_a_load_and_by_clearing() {
        let mut memory = [MaybeUninit::uninit(); 3];
        let mut room = Room::from(&mut memory[..]);
        let (known, mut rest) = room.split(2);
        load(&[AtomicU64::new(7), AtomicU64::new(8)], known);
        rest.clear();
        #[expect(unsafe_code, reason = "what the test is about")]
        // SAFETY: the lines above have written all three words.
        let words = memory.map(|word| unsafe { word.assume_init() });
        assert_eq!(words, [7, 8, 0]);
    }
}
