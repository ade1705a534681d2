//! Copies words that somebody else changes or reads meanwhile, in no order.
//!
//! That is a relaxed atomic load or store of each word, and so it is written for all
//! machines but one. No compiler joins those into wide moves, and a snapshot took three
//! times as long as memcpy(3) of it. On x86-64 one string instruction takes no longer.
//!
//! What the sequence lock needs of it holds there: a string instruction moves its words
//! in any order, but all of them after what comes before it in the program and before
//! what comes after it (Intel's manual, volume 3, "Fast-String Operation and
//! Out-of-Order Stores", asks for a flag that is stored on its own, as ours are; and the
//! kernel's sequence locks are read with it). Should a word be moved in parts: who has got
//! a part of a later word finds the later sequence, and throws the copy away.

use crate::seqlock::AtomicU64;

#[cfg(any(loom, not(target_arch = "x86_64")))]
use std::sync::atomic::Ordering::Relaxed;

/// Loads each word. Both slices have the same length.
#[cfg(any(loom, not(target_arch = "x86_64")))]
pub fn load(words: &[AtomicU64], into: &mut [u64]) {
    for (value, word) in into.iter_mut().zip(words) {
        *value = word.load(Relaxed);
    }
}

/// Stores each word. Both slices have the same length.
#[cfg(any(loom, not(target_arch = "x86_64")))]
pub fn store(words: &[AtomicU64], from: &[u64]) {
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

    use super::AtomicU64;

    /// Loads each word. Both slices have the same length.
    pub fn load(words: &[AtomicU64], into: &mut [u64]) {
        assert_eq!(words.len(), into.len());
        // SAFETY: `words` may be loaded at any time, being atomics, `into` is ours alone, and
        // each slice has that many words.
        unsafe { copy(words.as_ptr().cast(), into.as_mut_ptr(), into.len()) };
    }

    /// Stores each word. Both slices have the same length.
    pub fn store(words: &[AtomicU64], from: &[u64]) {
        assert_eq!(words.len(), from.len());
        // SAFETY: `words` may be stored to at any time, being atomics (of a writable mapping:
        // of another one callers only load), and each slice has that many words.
        unsafe { copy(from.as_ptr(), words.as_ptr().cast_mut().cast(), from.len()) };
    }

    /// Copies `count` words between two ranges that have as many.
    unsafe fn copy(from: *const u64, to: *mut u64, count: usize) {
        // SAFETY: the caller has both ranges. To Rust this is a relaxed atomic access of
        // each shared word; the direction flag is clear, as Rust's ABI has it.
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
            load(&shared[1..=count], &mut into[1..=count]);
            assert_eq!(into[1..=count], from);
            let edges = [&shared[0], &shared[count + 1]].map(|word| word.load(Relaxed));
            assert_eq!((edges, into[0], into[count + 1]), ([u64::MAX; 2], u64::MAX, u64::MAX));
        }
    }
}
