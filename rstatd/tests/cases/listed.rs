//! What short lists hold of the CPU time of some processes: others may have filled a list.

/// What one list holds.
pub struct Shares {
    pub meant_ppm: u32,
    /// What the processes that are meant may have besides: a list that is full of others
    /// hides less than its last row.
    pub hidden_ppm: u32,
}

impl Shares {
    /// From rows, each with whether it is meant and its share, in a list of that length.
    pub fn new(rows: impl Iterator<Item = (bool, u32)>, length: usize) -> Self {
        let (mut meant, mut others) = (Vec::new(), Vec::new());
        for (is_meant, ppm) in rows {
            if is_meant { meant.push(ppm) } else { others.push(ppm) }
        }
        let last_ppm = others.iter().min().copied().unwrap_or_default();
        let hidden_ppm = if others.len() >= length { last_ppm } else { 0 };
        Self { meant_ppm: meant.iter().sum(), hidden_ppm }
    }
}

/// CPU time by the lists of a window.
#[derive(Clone, Copy)]
pub struct Listed {
    pub time_ns: f64,
    /// What it may be more by.
    pub hidden_ns: f64,
}

impl Listed {
    /// Whether no list was too short.
    pub fn is_whole(&self) -> bool {
        self.hidden_ns == 0.0
    }
}
