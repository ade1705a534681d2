//! The few rows with the highest values.

/// The rows with the highest values, highest first; of equals, the first offered.
#[derive(Clone, Copy, Debug)]
pub struct Top<T, const N: usize> {
    values: [u64; N],
    rows: [T; N],
    count: usize,
}

impl<T: Copy + Default, const N: usize> Default for Top<T, N> {
    fn default() -> Self {
        Self { values: [0; N], rows: [T::default(); N], count: 0 }
    }
}

impl<T: Copy, const N: usize> Top<T, N> {
    /// The rows with their values, highest first.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &T)> {
        self.values.iter().copied().zip(&self.rows[..self.count])
    }

    /// The rows, highest first, to change members other than the rank's.
    pub fn rows_mut(&mut self) -> &mut [T] {
        &mut self.rows[..self.count]
    }

    /// Whether a value is among the highest.
    pub fn would_take(&self, value: u64) -> bool {
        // Unused places have the value 0, so this also leaves out processes that used nothing.
        value > self.values[N - 1]
    }

    /// Takes the row in, if its value is among the highest.
    pub fn offer(&mut self, value: u64, row: &T) {
        if !self.would_take(value) {
            return;
        }
        let place = self.values.partition_point(|other| *other >= value);
        self.values.copy_within(place..N - 1, place + 1);
        self.rows.copy_within(place..N - 1, place + 1);
        self.values[place] = value;
        self.rows[place] = *row;
        self.count = N.min(self.count + 1);
    }
}
