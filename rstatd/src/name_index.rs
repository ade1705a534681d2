//! Numbers by name, in memory that is taken once: open addressing.

/// Finds the numbers of names. The owner of the index keeps the names.
#[derive(Debug)]
pub struct NameIndex {
    /// Twice as many places as names, so that searches stay short. An empty place is 0, another has
    /// a number plus 1.
    places: Box<[u16]>,
}

impl NameIndex {
    /// An empty index.
    pub fn with_room_for(names: u16) -> Self {
        Self { places: vec![0; 2 * usize::from(names)].into_boxed_slice() }
    }

    /// Forgets all numbers.
    pub fn clear(&mut self) {
        self.places.fill(0);
    }

    /// The number of a name, or the place for its number. `is_it` compares the name with the
    /// name of a number.
    pub fn find(&self, name: &[u8], is_it: impl Fn(usize) -> bool) -> Result<usize, usize> {
        let mut place = hash(name) as usize % self.places.len();
        while let Some(number) = self.places[place].checked_sub(1) {
            if is_it(number.into()) {
                return Ok(number.into());
            }
            place = (place + 1) % self.places.len();
        }
        Err(place)
    }

    /// Sets the number of the name that [`NameIndex::find`] has not found.
    pub fn set(&mut self, place: usize, number: u16) {
        self.places[place] = number + 1;
    }
}

/// FxHash, eight bytes at a time: 2^64 / golden ratio spreads the names over the places.
fn hash(name: &[u8]) -> u64 {
    let step = |hash: u64, bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    name.chunks(8).fold(0, step) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_that_there_is_room_for_are_found() {
        const NAMES: u16 = 512;
        let names: Vec<_> = (0..NAMES).map(|number| number.to_string()).collect();
        let mut index = NameIndex::with_room_for(NAMES);
        let find = |index: &NameIndex, name: &str| {
            index.find(name.as_bytes(), |number| names[number] == name)
        };
        for _ in 0..2 {
            for (number, name) in (0..).zip(&names) {
                let place = find(&index, name).unwrap_err();
                index.set(place, number);
            }
            for (number, name) in names.iter().enumerate() {
                assert_eq!(find(&index, name), Ok(number));
            }
            assert!(find(&index, "another").is_err());
            index.clear();
        }
    }
}
