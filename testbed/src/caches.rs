//! What a program finds in its CPU's caches when it wakes up.

/// More than the first and the second level of any CPU hold, and the translations of
/// its pages.
const SWEPT_BYTES: usize = 64 << 20;
const LINE_BYTES: usize = 64;

/// What happens to the caches between two turns.
pub enum Caches {
    /// What else the machine does: little, if it is left alone.
    Kept,
    /// All is pushed out, as it is within a second, by walking through this memory.
    Swept(Vec<u8>),
}

impl Caches {
    /// Caches that are swept before each turn.
    pub fn swept() -> Self {
        Self::Swept(vec![1; SWEPT_BYTES])
    }

    /// Leaves this CPU's caches as the next turn is to find them.
    pub fn leave(&mut self) {
        if let Self::Swept(memory) = self {
            for line in memory.chunks_mut(LINE_BYTES) {
                line[0] = line[0].wrapping_add(1);
            }
        }
    }
}
