//! Type information made up by tests: kernels that never were, objects never compiled.

use super::*;

const SIGNED: u32 = 1 << 24;
const FLAG: u32 = 1 << 31;

/// Appends types, and turns them into bytes.
#[derive(Default)]
pub(crate) struct Builder {
    types: Vec<u8>,
    strings: Vec<u8>,
    count: u32,
}

impl Builder {
    pub(crate) fn int(&mut self, name: &str, size: u32, signed: bool) -> TypeId {
        let encoding = if signed { SIGNED } else { 0 };
        self.record(name, 1, 0, size, &[encoding | (size * 8)])
    }

    pub(crate) fn pointer(&mut self, target: TypeId) -> TypeId {
        self.record("", 2, 0, target.0, &[])
    }

    pub(crate) fn array(&mut self, element: TypeId, count: u32) -> TypeId {
        self.record("", 3, 0, 0, &[element.0, element.0, count])
    }

    /// Members as (name, type, offset in bits).
    pub(crate) fn structure(
        &mut self,
        name: &str,
        size: u32,
        members: &[(&str, TypeId, u32)],
    ) -> TypeId {
        self.composite(name, 4, size, members)
    }

    pub(crate) fn union(
        &mut self,
        name: &str,
        size: u32,
        members: &[(&str, TypeId, u32)],
    ) -> TypeId {
        self.composite(name, 5, size, members)
    }

    /// A struct with bit-field sizes in its member offsets: (name, type, offset, bits).
    pub(crate) fn bit_fields(
        &mut self,
        name: &str,
        size: u32,
        members: &[(&str, TypeId, u32, u32)],
    ) -> TypeId {
        let mut tail = Vec::new();
        for &(name, type_id, offset, bits) in members {
            tail.extend([self.string(name), type_id.0, bits << 24 | offset]);
        }
        self.record(name, 4, FLAG | members.len() as u32, size, &tail)
    }

    pub(crate) fn enumeration(&mut self, name: &str, values: &[(&str, i32)]) -> TypeId {
        let mut tail = Vec::new();
        for &(name, value) in values {
            tail.extend([self.string(name), value as u32]);
        }
        self.record(name, 6, values.len() as u32, 4, &tail)
    }

    pub(crate) fn enumeration64(&mut self, name: &str, values: &[(&str, u64)]) -> TypeId {
        let mut tail = Vec::new();
        for &(name, value) in values {
            tail.extend([self.string(name), value as u32, (value >> 32) as u32]);
        }
        self.record(name, 19, values.len() as u32, 8, &tail)
    }

    pub(crate) fn forward(&mut self, name: &str) -> TypeId {
        self.record(name, 7, 0, 0, &[])
    }

    pub(crate) fn typedef(&mut self, name: &str, target: TypeId) -> TypeId {
        self.record(name, 8, 0, target.0, &[])
    }

    pub(crate) fn constant(&mut self, target: TypeId) -> TypeId {
        self.qualified(10, target)
    }

    /// A qualifier or a tag, by the number of its kind.
    pub(crate) fn qualified(&mut self, kind: u32, target: TypeId) -> TypeId {
        self.record("", kind, 0, target.0, &[])
    }

    pub(crate) fn function(&mut self, name: &str, prototype: TypeId) -> TypeId {
        self.record(name, 12, 0, prototype.0, &[])
    }

    /// The number that the next type will have.
    pub(crate) fn next(&self) -> TypeId {
        TypeId(self.count + 1)
    }

    /// The bytes of all appended types and strings.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        let types = self.types.len() as u32;
        let strings = self.strings.len().max(1) as u32;
        for word in [24, 0, types, types, strings] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(&self.types);
        bytes.extend(if self.strings.is_empty() { &[0] } else { &self.strings[..] });
        bytes
    }

    /// Appends a string and returns its offset.
    pub(crate) fn string(&mut self, string: &str) -> u32 {
        if self.strings.is_empty() {
            self.strings.push(0);
        }
        if string.is_empty() {
            return 0;
        }
        let offset = self.strings.len() as u32;
        self.strings.extend(string.bytes().chain([0]));
        offset
    }

    fn composite(
        &mut self,
        name: &str,
        kind: u32,
        size: u32,
        members: &[(&str, TypeId, u32)],
    ) -> TypeId {
        let mut tail = Vec::new();
        for &(name, type_id, offset) in members {
            tail.extend([self.string(name), type_id.0, offset]);
        }
        self.record(name, kind, members.len() as u32, size, &tail)
    }

    fn record(
        &mut self,
        name: &str,
        kind: u32,
        count: u32,
        size_or_type: u32,
        tail: &[u32],
    ) -> TypeId {
        let head = [self.string(name), kind << 24 | count, size_or_type];
        for word in head.iter().chain(tail) {
            self.types.extend(word.to_le_bytes());
        }
        self.count += 1;
        TypeId(self.count)
    }
}

fn sample() -> Vec<u8> {
    let mut types = Builder::default();
    let int = types.int("int", 4, true);
    let array = types.array(int, 3);
    let structure = types.structure("pair", 16, &[("a", int, 0), ("b", array, 32)]);
    types.typedef("pair_t", structure);
    types.enumeration("colour", &[("RED", 1), ("BLUE", -2)]);
    types.pointer(structure);
    types.bytes()
}

#[test]
fn every_record_is_found_and_void_is_type_0() {
    let bytes = sample();
    let btf = Btf::parse(&bytes).unwrap();
    assert_eq!(btf.len(), 6);
    assert_eq!(btf.get(TypeId::VOID).unwrap().kind, Kind::Void);
    assert_eq!(btf.get(TypeId(3)).unwrap().kind, Kind::Struct);
    assert_eq!(btf.name_of(TypeId(3)), Ok("pair"));
    assert_eq!(btf.get(TypeId(7)).unwrap_err(), BtfError::NoType(TypeId(7)));
    assert_eq!(btf.get(TypeId(u32::MAX)).unwrap_err(), BtfError::NoType(TypeId(u32::MAX)));
}

#[test]
fn every_prefix_is_refused() {
    let bytes = sample();
    for length in 0..bytes.len() {
        assert_eq!(Btf::parse(&bytes[..length]).unwrap_err(), BtfError::Truncated, "{length}");
    }
}

#[test]
fn a_foreign_header_is_named() {
    let check = |at: usize, byte: u8, expected: &str| {
        let mut bytes = sample();
        bytes[at] = byte;
        assert_eq!(Btf::parse(&bytes).unwrap_err().to_string(), expected);
    };
    check(0, 0xeb, "not little-endian BTF (magic ebeb)");
    check(2, 7, "BTF of unknown version 7");
    check(HEADER + 7, 31, "type 1 is of unknown kind 31");
}
