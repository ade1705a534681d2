//! Bitmaps: a bit for each number from 0, 64 in a word.

/// Whether a number's bit is set. Numbers after the end have none.
pub fn has(bitmap: &[u64], number: usize) -> bool {
    bitmap.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
}

/// Sets a number's bit.
pub fn set(bitmap: &mut [u64], number: usize) {
    bitmap[number / 64] |= 1 << (number % 64);
}

/// Clears a number's bit.
pub fn clear(bitmap: &mut [u64], number: usize) {
    bitmap[number / 64] &= !(1 << (number % 64));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_its_number_s_alone() {
        let mut bitmap = [0; 2];
        for number in [0, 63, 64, 127] {
            set(&mut bitmap, number);
        }
        assert_eq!(bitmap, [1 << 63 | 1; 2]);
        clear(&mut bitmap, 63);
        clear(&mut bitmap, 62);
        let numbers: Vec<_> = (0..200).filter(|number| has(&bitmap, *number)).collect();
        assert_eq!(numbers, [0, 64, 127]);
    }
}
