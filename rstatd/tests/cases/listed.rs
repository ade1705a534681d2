//! The CPU time of some processes in short lists, which other processes may have filled.

/// The content of one list.
pub struct Shares {
    pub meant_ppm: u32,
    /// The most time of such processes without a row: a full list hides less than its last row has.
    pub hidden_ppm: u32,
}

impl Shares {
    /// Sums up the rows of a list of that length. A row is a share, and whether it counts.
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
    /// The most that the time may be higher by.
    pub hidden_ns: f64,
}

impl Listed {
    /// Whether no list was too short.
    pub fn is_whole(&self) -> bool {
        self.hidden_ns == 0.0
    }
}
