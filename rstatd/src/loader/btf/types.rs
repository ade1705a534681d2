//! One type: its record decoded, and the entries of its tail.
//!
//! These are views of the bytes only: this file follows no reference to another type.

use super::{TypeId, word};

/// Bytes of a record before its tail.
const HEAD: usize = 12;

const KIND_SHIFT: u32 = 24;
const KIND_MASK: u32 = 0x1f;
const COUNT_MASK: u32 = 0xffff;

/// The kinds of types, in the order of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the C notion of that name")]
pub enum Kind {
    Void,
    Int,
    Pointer,
    Array,
    Struct,
    Union,
    Enum,
    Forward,
    Typedef,
    Volatile,
    Const,
    Restrict,
    Function,
    Prototype,
    Variable,
    Section,
    Float,
    DeclarationTag,
    TypeTag,
    Enum64,
}

/// Each kind with the bytes of its tail: a fixed part, and a part for each entry. A function has no
/// entries: its linkage stands in the place of their count.
const KINDS: [(Kind, usize, usize); 20] = [
    (Kind::Void, 0, 0),
    (Kind::Int, 4, 0),
    (Kind::Pointer, 0, 0),
    (Kind::Array, 12, 0),
    (Kind::Struct, 0, 12),
    (Kind::Union, 0, 12),
    (Kind::Enum, 0, 8),
    (Kind::Forward, 0, 0),
    (Kind::Typedef, 0, 0),
    (Kind::Volatile, 0, 0),
    (Kind::Const, 0, 0),
    (Kind::Restrict, 0, 0),
    (Kind::Function, 0, 0),
    (Kind::Prototype, 0, 8),
    (Kind::Variable, 4, 0),
    (Kind::Section, 0, 12),
    (Kind::Float, 0, 0),
    (Kind::DeclarationTag, 4, 0),
    (Kind::TypeTag, 0, 0),
    (Kind::Enum64, 0, 12),
];

pub(super) fn kind_number(info: u32) -> u32 {
    info >> KIND_SHIFT & KIND_MASK
}

/// The size of a record, from its second word; `None` for an unknown kind.
pub(super) fn record_bytes(info: u32) -> Option<usize> {
    let &(_, fixed, each) = KINDS.get(kind_number(info) as usize)?;
    Some(HEAD + fixed + each * (info & COUNT_MASK) as usize)
}

/// A type's record.
#[derive(Clone, Copy, Debug)]
pub struct Type<'a> {
    /// The kind of type.
    pub kind: Kind,
    /// The offset of the type's name among the strings; 0 for no name.
    pub name: u32,
    /// Whether the member offsets of a struct or union hold bit-field sizes too.
    flag: bool,
    /// The size, or the number of the type that this type refers to: the kind decides which.
    size_or_id: u32,
    tail: &'a [u8],
}

/// A member of a struct or union.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The offset of the member's name; 0 for an anonymous member.
    pub name: u32,
    /// The member's type.
    pub type_id: TypeId,
    /// The member's offset, in bits from the start of the struct.
    pub bit_offset: u32,
    /// The number of bits of a bit-field; 0 for an ordinary member.
    pub bits: u32,
}

/// A value of an enum.
#[derive(Clone, Copy, Debug)]
pub struct Enumerator {
    /// The offset of the value's name.
    pub name: u32,
    /// The value, sign-extended to 64 bits.
    pub value: u64,
}

impl<'a> Type<'a> {
    pub(super) const VOID: Self =
        Self { kind: Kind::Void, name: 0, flag: false, size_or_id: 0, tail: &[] };

    /// Decodes a record that is all of `record`.
    pub(super) fn decode(record: &'a [u8]) -> Option<Self> {
        let (head, tail) = record.split_at_checked(HEAD)?;
        let info = word(head, 4)?;
        let &(kind, ..) = KINDS.get(kind_number(info) as usize)?;
        Some(Self {
            kind,
            name: word(head, 0)?,
            flag: info >> 31 != 0,
            size_or_id: word(head, 8)?,
            tail,
        })
    }

    /// The size that the record states: integers, structs, unions, enums, floats.
    pub fn size(&self) -> Option<u32> {
        match self.kind {
            Kind::Int
            | Kind::Struct
            | Kind::Union
            | Kind::Enum
            | Kind::Enum64
            | Kind::Float
            | Kind::Section => Some(self.size_or_id),
            _ => None,
        }
    }

    /// The type that this type points to, renames, qualifies or returns.
    pub fn target(&self) -> TypeId {
        match self.size() {
            None => TypeId(self.size_or_id),
            Some(_) => TypeId::VOID,
        }
    }

    /// Whether the type has members.
    pub fn is_composite(&self) -> bool {
        matches!(self.kind, Kind::Struct | Kind::Union)
    }

    /// Whether the type is an integer that starts inside its bytes, as old compilers wrote
    /// bit-fields.
    pub fn is_bit_integer(&self) -> bool {
        self.kind == Kind::Int
            && word(self.tail, 0).is_some_and(|encoding| encoding >> 16 & 0xff != 0)
    }

    /// Element type and count of an array.
    pub fn array(&self) -> Option<(TypeId, u32)> {
        if self.kind != Kind::Array {
            return None;
        }
        Some((TypeId(word(self.tail, 0)?), word(self.tail, 8)?))
    }

    /// The members of a struct or union; empty for other kinds.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member> + use<'a> {
        let flag = self.flag;
        self.entries(self.is_composite()).map(move |[name, type_id, offset]| Member {
            name,
            type_id: TypeId(type_id),
            bit_offset: if flag { offset & 0x00ff_ffff } else { offset },
            bits: if flag { offset >> 24 } else { 0 },
        })
    }

    /// The values of an enum; empty for other kinds.
    pub fn enumerators(&self) -> impl Iterator<Item = Enumerator> + use<'a> {
        let narrow = self
            .entries(self.kind == Kind::Enum)
            .map(|[name, value]| Enumerator { name, value: i64::from(value as i32) as u64 });
        let wide = self.entries(self.kind == Kind::Enum64).map(|[name, low, high]| Enumerator {
            name,
            value: u64::from(high) << 32 | u64::from(low),
        });
        narrow.chain(wide)
    }

    /// The types of a prototype's parameters; empty for other kinds.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = TypeId> + use<'a> {
        self.entries(self.kind == Kind::Prototype).map(|[_name, type_id]| TypeId(type_id))
    }

    /// The numbers of the variables of a section; empty for other kinds. The offsets here are left
    /// out: a linker fills them in, and an object's symbols have them.
    pub fn variables(&self) -> impl ExactSizeIterator<Item = TypeId> + use<'a> {
        self.entries(self.kind == Kind::Section).map(|[type_id, _offset, _size]| TypeId(type_id))
    }

    /// The tail as entries of `N` words, where it is made of such.
    fn entries<const N: usize>(
        &self,
        present: bool,
    ) -> impl ExactSizeIterator<Item = [u32; N]> + use<'a, N> {
        let tail = if present { self.tail } else { &[] };
        tail.chunks_exact(4 * N)
            .map(|entry| std::array::from_fn(|i| word(entry, 4 * i).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Btf;
    use super::super::tests::Builder;
    use super::*;

    #[test]
    fn the_table_of_kinds_is_in_the_order_of_the_format() {
        for (number, (kind, ..)) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, number);
        }
    }

    #[test]
    fn enumerators_of_both_widths_are_sign_extended() {
        let mut types = Builder::default();
        let narrow = types.enumeration("narrow", &[("MINUS", -2), ("ONE", 1)]);
        let wide = types.enumeration64("wide", &[("BIG", 1 << 40)]);
        let bytes = types.bytes();
        let btf = Btf::parse(&bytes).unwrap();
        let values =
            |id| -> Vec<u64> { btf.get(id).unwrap().enumerators().map(|e| e.value).collect() };
        assert_eq!(values(narrow), [-2_i64 as u64, 1]);
        assert_eq!(values(wide), [1 << 40]);
    }

    #[test]
    fn a_bit_field_tells_its_bits_and_its_neighbour_none() {
        let mut types = Builder::default();
        let int = types.int("unsigned int", 4, false);
        let flags = types.bit_fields("flags", 8, &[("a", int, 0, 3), ("b", int, 32, 0)]);
        let bytes = types.bytes();
        let members: Vec<_> = Btf::parse(&bytes).unwrap().get(flags).unwrap().members().collect();
        assert_eq!((members[0].bit_offset, members[0].bits), (0, 3));
        assert_eq!((members[1].bit_offset, members[1].bits), (32, 0));
    }
}
