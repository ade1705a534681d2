//! Division: the growth of counters becomes shares and rates. Nothing else in the daemon divides a
//! figure that is published.

/// The whole, in parts per million.
pub const WHOLE_PPM: u64 = 1_000_000;
/// A second.
pub const SECOND_NS: u64 = 1_000_000_000;

/// The time between two moments; 0 if the earlier moment is 0, which stands for none.
pub fn since(before_ns: u64, now_ns: u64) -> u64 {
    if before_ns == 0 { 0 } else { now_ns.saturating_sub(before_ns) }
}

/// The share of the whole, at most all of it.
pub fn share_ppm(part: u64, whole: u64) -> u32 {
    scale(part, WHOLE_PPM, whole).min(WHOLE_PPM) as u32
}

/// The number of events a second.
pub fn per_second(count: u64, elapsed_ns: u64) -> u64 {
    scale(count, SECOND_NS, elapsed_ns)
}

/// `count * factor / divisor`, rounded to nearest; 0 when there is nothing to divide by.
pub fn scale(count: u64, factor: u64, divisor: u64) -> u64 {
    let product = u128::from(count) * u128::from(factor) + u128::from(divisor / 2);
    product
        .checked_div(u128::from(divisor))
        .map_or(0, |quotient| u64::try_from(quotient).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_is_rounded_to_nearest_and_neither_overflows_nor_divides_by_nothing() {
        let check = |count, factor, divisor, expected| {
            assert_eq!(scale(count, factor, divisor), expected, "{count} * {factor} / {divisor}");
        };
        check(5, 1, 10, 1);
        check(4, 1, 10, 0);
        check(7, 0, 3, 0);
        check(7, 3, 0, 0);
        check(u64::MAX, u64::MAX, u64::MAX, u64::MAX);
        check(u64::MAX, 2, 1, u64::MAX);
    }

    #[test]
    fn a_share_is_at_most_the_whole() {
        assert_eq!(share_ppm(1, 4), 250_000);
        assert_eq!(share_ppm(5, 4), 1_000_000);
        assert_eq!(share_ppm(5, 0), 0);
    }

    #[test]
    fn a_rate_is_over_the_time_that_it_was_counted_in() {
        assert_eq!(per_second(1000, 2 * SECOND_NS), 500);
        assert_eq!(per_second(3, 2 * SECOND_NS), 2);
        assert_eq!(per_second(5, SECOND_NS / 2), 10);
        assert_eq!(per_second(u64::MAX, 1), u64::MAX);
        assert_eq!(per_second(5, 0), 0);
    }

    #[test]
    fn there_is_no_time_since_a_moment_that_never_was() {
        assert_eq!([since(0, 100), since(40, 100), since(100, 40)], [0, 60, 0]);
    }
}
