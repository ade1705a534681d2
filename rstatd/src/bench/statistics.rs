//! Average, percentiles and extremes of a series.

/// A series of times in nanoseconds, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Arithmetic mean, rounded down.
    pub average: u64,
    /// Half of the values are not above it.
    pub p50: u64,
    /// 95 of 100 values are not above it.
    pub p95: u64,
    /// 99 of 100 values are not above it.
    pub p99: u64,
    /// The lowest value.
    pub min: u64,
    /// The highest value.
    pub max: u64,
}

impl Summary {
    /// Sums up a series; zeros if it is empty.
    pub fn of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
            return Self::default();
        };
        // Nearest rank: the lowest value that `percent` of all are not above.
        let percentile = |percent: usize| values[(values.len() * percent).div_ceil(100) - 1];
        Self {
            average: values.iter().sum::<u64>() / values.len() as u64,
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
            min,
            max,
        }
    }

    /// Its columns, in the order of the report.
    pub fn columns(&self) -> [(&'static str, u64); 6] {
        [
            ("avg", self.average),
            ("p50", self.p50),
            ("p95", self.p95),
            ("p99", self.p99),
            ("min", self.min),
            ("max", self.max),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_series() {
        let check = |values: Vec<u64>, expected: [u64; 6]| {
            let columns = Summary::of(values.clone()).columns().map(|(_, value)| value);
            assert_eq!(columns, expected, "{values:?}");
        };
        check(vec![], [0; 6]);
        check(vec![7], [7; 6]);
        check(vec![3, 1, 2], [2, 2, 3, 3, 1, 3]);
        check((1..=100).rev().collect(), [50, 50, 95, 99, 1, 100]);
        check((1..=1000).collect(), [500, 500, 950, 990, 1, 1000]);
    }
}
