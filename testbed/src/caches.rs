//! The state of a CPU's caches when a program wakes up.

/// More memory than the first and second cache level of any CPU hold, and more pages than
/// its translation buffers hold.
const SWEPT_BYTES: usize = 64 << 20;
const LINE_BYTES: usize = 64;

/// What happens to the caches between two turns.
pub enum Caches {
    /// Nothing: the caches keep what other programs leave, on an idle machine nearly all.
    Kept,
    /// A walk through this memory replaces the whole content, as a second of other work does.
    Swept(Vec<u8>),
}

impl Caches {
    /// Caches that are swept before each turn.
    pub fn swept() -> Self {
        Self::Swept(vec![1; SWEPT_BYTES])
    }

    /// Prepares this CPU's caches for the next turn.
    pub fn leave(&mut self) {
        if let Self::Swept(memory) = self {
            for line in memory.chunks_mut(LINE_BYTES) {
                line[0] = line[0].wrapping_add(1);
            }
        }
    }
}
