//! A point of the history: what is known of it, and the words that the region carries.

use std::ptr;

use crate::snapshot::{HISTORY_WORDS, HistoryPoint, valid};

impl HistoryPoint {
    /// Whether all of `groups`, bits of [`valid`], are known. The point's one figure of the
    /// GPU has a flag of its own, too.
    pub fn has(&self, groups: u64) -> bool {
        let has_gpu = groups & valid::GPU == 0 || self.flags & Self::GPU_BUSY != 0;
        self.valid & groups == groups && has_gpu
    }

    /// The point as the region carries it.
    pub fn as_words(&self) -> &[u64; HISTORY_WORDS] {
        #[expect(unsafe_code, reason = "a point is its words")]
        // SAFETY: `HistoryPoint` has the size and alignment of the array and no
        // padding (asserted in `sample.rs`), so all its bytes are initialised integers.
        unsafe {
            &*ptr::from_ref(self).cast()
        }
    }

    /// The point as the region carries it, to be filled in.
    pub fn as_words_mut(&mut self) -> &mut [u64; HISTORY_WORDS] {
        #[expect(unsafe_code, reason = "a point is its words")]
        // SAFETY: as in `as_words`; and any words are a valid `HistoryPoint`.
        unsafe {
            &mut *ptr::from_mut(self).cast()
        }
    }
}
