//! A hash map in the kernel, which programs change at any time.

use std::marker::PhantomData;

use super::error::Error;
use super::map::Map;
use super::refusal::{Refusal, Request};
use super::sys::{Batch, Errno, Number};

/// Entries that the kernel returns at a time. It returns whole buckets. A map has as many
/// buckets as places, so no bucket has nearly as many entries.
const BATCH: usize = 64;

/// A hash map with numbers as keys and values.
#[derive(Debug)]
pub struct Hash<K, V> {
    map: Map,
    kind: PhantomData<(K, V)>,
}

impl<K: Number, V: Number> Hash<K, V> {
    /// A hash map of such keys and values.
    ///
    /// # Panics
    /// If the map is of another kind.
    pub fn new(map: Map) -> Self {
        assert!(map.handle().is_hash_of::<K, V>(), "map {}", map.name());
        Self { map, kind: PhantomData }
    }

    /// The value of a key.
    pub fn get(&self, key: K) -> Result<Option<V>, Error> {
        let mut value = V::default();
        let found = self.map.handle().look_up(key, &mut value);
        self.unless_absent("look up in", found).map(|found| found.then_some(value))
    }

    /// Deletes a key; false if there is none.
    pub fn delete(&self, key: K) -> Result<bool, Error> {
        self.unless_absent("delete from", self.map.handle().delete(key))
    }

    /// Calls `what` for each entry. Entries that come or go meanwhile may be left out.
    pub fn for_each(&self, what: impl FnMut(K, V)) -> Result<(), Error> {
        self.go_through("go through", Batch::LookUp, what)
    }

    /// Deletes all entries. Entries that come meanwhile may stay.
    pub fn clear(&self) -> Result<(), Error> {
        self.go_through("clear", Batch::LookUpAndDelete, |_, _| {})
    }

    fn go_through(
        &self,
        action: &'static str,
        batch: Batch,
        mut what: impl FnMut(K, V),
    ) -> Result<(), Error> {
        let (mut keys, mut values) = ([K::default(); BATCH], [V::default(); BATCH]);
        let mut from = None;
        // Each part has at least one bucket.
        for _ in 0..=self.map.max_entries().next_power_of_two() {
            let part = self.map.handle().next_batch(batch, from, &mut keys, &mut values);
            let part = part.map_err(|errno| self.refused(action, errno))?;
            for (key, value) in keys.iter().zip(&values).take(part.count) {
                what(*key, *value);
            }
            if part.next.is_none() {
                return Ok(());
            }
            from = part.next;
        }
        Err(self.refused(action, Errno(libc::ELOOP)))
    }

    fn unless_absent(
        &self,
        action: &'static str,
        result: Result<(), Errno>,
    ) -> Result<bool, Error> {
        match result {
            Ok(()) => Ok(true),
            Err(Errno(libc::ENOENT)) => Ok(false),
            Err(errno) => Err(self.refused(action, errno)),
        }
    }

    fn refused(&self, action: &'static str, errno: Errno) -> Error {
        let refusal = Refusal::new(Request::Entries, errno);
        Error::Refused { action: format!("{action} map {}", self.map.name()), refusal }
    }
}
