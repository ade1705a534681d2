//! The commands about maps.
//!
//! A [`MapHandle`] has the sizes that its map was created with. Every command compares the
//! sizes of its keys and values with these before the kernel reads or writes.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::slice;

use super::call::{Address, Errno, NAME, bpf, bpf_open, kernel_name, number};
use crate::loader::object::{MapDefinition, MapType};

const MAP_CREATE: i32 = 0;
const MAP_LOOKUP_ELEM: i32 = 1;
const MAP_UPDATE_ELEM: i32 = 2;
const MAP_DELETE_ELEM: i32 = 3;
const MAP_FREEZE: i32 = 22;

/// A map that exists, with the sizes of its keys and values.
#[derive(Debug)]
pub struct MapHandle {
    descriptor: OwnedFd,
    map_type: MapType,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
}

/// The types of keys and values of a hash map: integers, as any bytes are an integer.
pub trait Number: private::Number + Copy + Default {}
impl Number for u32 {}
impl Number for u64 {}

mod private {
    pub trait Number {}
    impl Number for u32 {}
    impl Number for u64 {}
}

/// How to go through a hash map, a few entries at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Batch {
    LookUp = 24,
    LookUpAndDelete = 25,
}

/// A part of a hash map's entries.
pub struct Part {
    /// Entries that were filled in.
    pub count: usize,
    /// Where the next part begins; none after the last one.
    pub next: Option<u32>,
}

#[repr(C)]
struct Element<'a> {
    map_fd: u32,
    padding: u32,
    key: Address<'a>,
    value: Address<'a>,
    flags: u64,
}

impl MapHandle {
    pub fn create(map: &MapDefinition) -> Result<Self, Errno> {
        #[repr(C)]
        struct Attribute {
            map_type: u32,
            key_size: u32,
            value_size: u32,
            max_entries: u32,
            map_flags: u32,
            inner_map_fd: u32,
            numa_node: u32,
            map_name: [u8; NAME],
        }
        let &MapDefinition { map_type, key_size, value_size, max_entries, .. } = map;
        let mut attribute = Attribute {
            map_type: map_type as u32,
            key_size,
            value_size,
            max_entries,
            map_flags: map.flags,
            inner_map_fd: 0,
            numa_node: 0,
            map_name: kernel_name(&map.name),
        };
        let descriptor = bpf_open(MAP_CREATE, &mut attribute)?;
        Ok(Self { descriptor, map_type, key_size, value_size, max_entries })
    }

    pub fn value_size(&self) -> u32 {
        self.value_size
    }

    pub fn max_entries(&self) -> u32 {
        self.max_entries
    }

    /// Whether it is a hash map of such keys and values.
    pub fn is_hash_of<K: Number, V: Number>(&self) -> bool {
        self.map_type == MapType::Hash
            && (self.key_size as usize, self.value_size as usize)
                == (size_of::<K>(), size_of::<V>())
    }

    /// Sets the value of the key 0 of an array.
    pub fn set_first(&self, value: &[u8]) -> Result<(), Errno> {
        assert_eq!(self.map_type, MapType::Array, "only arrays have a first value");
        assert_eq!(value.len(), self.value_size as usize, "the kernel reads a whole value");
        let mut attribute = self.element(Address::of(&[0_u32]), Address::of(value));
        bpf(MAP_UPDATE_ELEM, &mut attribute).map(drop)
    }

    /// Looks up the value of a key of a hash map.
    pub fn look_up<K: Number, V: Number>(&self, key: K, value: &mut V) -> Result<(), Errno> {
        assert!(self.is_hash_of::<K, V>(), "{self:?}");
        let (key, value) = (slice::from_ref(&key), slice::from_mut(value));
        let mut attribute = self.element(Address::of(key), Address::of_mut(value));
        bpf(MAP_LOOKUP_ELEM, &mut attribute).map(drop)
    }

    /// Deletes a key of a hash map.
    pub fn delete<K: Number>(&self, key: K) -> Result<(), Errno> {
        assert_eq!(self.map_type, MapType::Hash);
        assert_eq!(self.key_size as usize, size_of::<K>(), "the kernel reads a whole key");
        let mut attribute = self.element(Address::of(slice::from_ref(&key)), Address::NULL);
        bpf(MAP_DELETE_ELEM, &mut attribute).map(drop)
    }

    /// Fills in the entries of a hash map that begin at `from`, or the first ones: as many as
    /// both slices have room for.
    pub fn next_batch<K: Number, V: Number>(
        &self,
        batch: Batch,
        from: Option<u32>,
        keys: &mut [K],
        values: &mut [V],
    ) -> Result<Part, Errno> {
        #[repr(C)]
        struct Attribute<'a> {
            in_batch: Address<'a>,
            out_batch: Address<'a>,
            keys: Address<'a>,
            values: Address<'a>,
            count: u32,
            map_fd: u32,
            elem_flags: u64,
            flags: u64,
        }
        assert!(self.is_hash_of::<K, V>(), "{self:?}");
        let mut next = [0_u32];
        let mut attribute = Attribute {
            in_batch: from
                .as_ref()
                .map_or(Address::NULL, |from| Address::of(slice::from_ref(from))),
            out_batch: Address::of_mut(&mut next),
            count: keys.len().min(values.len()) as u32,
            keys: Address::of_mut(keys),
            values: Address::of_mut(values),
            map_fd: number(self.as_fd()),
            elem_flags: 0,
            flags: 0,
        };
        let result = bpf(batch as i32, &mut attribute);
        let count = attribute.count as usize;
        match result {
            Ok(_) => Ok(Part { count, next: Some(next[0]) }),
            // The last buckets were among them.
            Err(Errno(libc::ENOENT)) => Ok(Part { count, next: None }),
            Err(errno) => Err(errno),
        }
    }

    /// Forbids user space to write to the map from now on.
    pub fn freeze(&self) -> Result<(), Errno> {
        bpf(MAP_FREEZE, &mut number(self.as_fd())).map(drop)
    }

    fn element<'a>(&self, key: Address<'a>, value: Address<'a>) -> Element<'a> {
        Element { map_fd: number(self.as_fd()), padding: 0, key, value, flags: 0 }
    }
}

impl AsFd for MapHandle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// `None` where the kernel does not let us.
    fn create(map_type: MapType) -> Option<MapHandle> {
        let mut definition = MapDefinition::at("sizes", 0, 0);
        definition.map_type = map_type;
        (definition.key_size, definition.value_size, definition.max_entries) = (4, 8, 4);
        match super::super::call::charged(|| MapHandle::create(&definition)) {
            Err(errno) if [libc::EPERM, libc::ENOSYS].contains(&errno.0) => {
                eprintln!("SKIPPED, no test of maps in this kernel: {errno}");
                None
            }
            map => Some(map.unwrap()),
        }
    }

    #[track_caller]
    fn refused<T>(command: impl FnOnce() -> Result<T, Errno>) {
        assert!(catch_unwind(AssertUnwindSafe(command)).is_err(), "the kernel was asked");
    }

    #[test]
    fn keys_and_values_of_other_sizes_never_reach_the_kernel() {
        let Some(hash) = create(MapType::Hash) else { return };
        let Some(array) = create(MapType::Array) else { return };
        let (mut narrow, mut wide) = (0_u32, 0_u64);
        assert_eq!(hash.look_up(1_u32, &mut wide), Err(Errno(libc::ENOENT)));
        assert_eq!(hash.delete(1_u32), Err(Errno(libc::ENOENT)));
        assert_eq!(array.set_first(&[0; 8]), Ok(()));
        refused(|| hash.look_up(1_u32, &mut narrow));
        refused(|| hash.look_up(1_u64, &mut wide));
        refused(|| hash.delete(1_u64));
        refused(|| hash.set_first(&[0; 8]));
        refused(|| array.set_first(&[0; 4]));
        let batch = |map: &MapHandle, keys: &mut [u32], values: &mut [u32]| {
            refused(|| map.next_batch(Batch::LookUp, None, keys, values));
        };
        batch(&hash, &mut [0; 4], &mut [0; 4]);
        refused(|| array.next_batch(Batch::LookUp, None, &mut [0_u32; 4], &mut [0_u64; 4]));
    }

    #[test]
    fn entries_are_handed_over_as_far_as_both_slices_have_room() {
        let Some(hash) = create(MapType::Hash) else { return };
        let part = hash.next_batch(Batch::LookUp, None, &mut [0_u32; 4], &mut [0_u64; 2]).unwrap();
        assert_eq!((part.count, part.next), (0, None));
    }
}
