//! BTF, the type information of the kernel and of BPF objects: bytes → types.
//!
//! ```text
//! header   magic eb9f · version · flags · header length
//!          offset and length of the types and of the strings, from the header's end
//! types    one record after another, numbered from 1; number 0 is void
//!          name offset · kind, flag and count · size or type · tail by kind
//! strings  ended by NUL, named by their offset
//! ```
//!
//! The kernel's types are some 150,000 records in 5 MB, and reading them is most of the
//! time of a start. So parsing only finds where each record begins. Records are decoded when
//! asked for, and strings are never copied. Names are not hashed: one scan looks for all
//! wanted names ([`Btf::find`]).
//!
//! Every read is checked against bounds, and [`MAX_DEPTH`] bounds every walk along references.
//! This module does no I/O, and knows no kernel.
//! Format: Documentation/bpf/btf.rst in the kernel's tree.

pub(crate) mod ext;
mod layout;
mod names;
mod types;

use std::fmt;

pub use layout::{Field, Structure};
pub use names::Found;
pub(crate) use names::essential;
pub use types::{Enumerator, Kind, Member, Type};

/// The longest chain of references (typedef of const of array of …) to follow. The kernel
/// allows itself 32.
pub const MAX_DEPTH: usize = 64;

/// The most members that one search looks at. The longest search in a kernel, through all of
/// `task_struct`, looks at some 300.
pub(crate) const MAX_STEPS: usize = 1 << 16;

const MAGIC: u16 = 0xeb9f;
const VERSION: u8 = 1;
const HEADER: usize = 24;

/// The mean size of a record in the kernel's types, to allocate the index at once.
const TYPICAL_RECORD: usize = 24;

/// The number of a type within its [`Btf`]; 0 is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

impl TypeId {
    /// The type of no value.
    pub const VOID: Self = Self(0);
}

/// Type information, indexed.
#[derive(Debug)]
pub struct Btf<'a> {
    types: &'a [u8],
    strings: &'a [u8],
    /// The offset of each record, type 1 first, and the end of the last record.
    offsets: Vec<u32>,
}

impl<'a> Btf<'a> {
    /// Indexes type information.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BtfError> {
        let header = bytes.first_chunk::<HEADER>().ok_or(BtfError::Truncated)?;
        let magic = u16::from_le_bytes([header[0], header[1]]);
        if magic != MAGIC {
            return Err(BtfError::Magic(magic));
        }
        if header[2] != VERSION {
            return Err(BtfError::Version(header[2]));
        }
        let body = word(header, 4)
            .and_then(|length| bytes.get(length as usize..))
            .ok_or(BtfError::Truncated)?;
        let types = section(body, header, 8)?;
        Ok(Self { types, strings: section(body, header, 16)?, offsets: index(types)? })
    }

    /// The number of types, without void.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no type but void.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of that number.
    pub fn get(&self, id: TypeId) -> Result<Type<'a>, BtfError> {
        if id == TypeId::VOID {
            return Ok(Type::VOID);
        }
        let at = id.0 as usize;
        match (self.offsets.get(at - 1), self.offsets.get(at)) {
            (Some(&start), Some(&end)) => {
                Type::decode(&self.types[start as usize..end as usize]).ok_or(BtfError::Truncated)
            }
            _ => Err(BtfError::NoType(id)),
        }
    }

    /// The string at an offset; empty where a name is absent.
    pub fn string(&self, offset: u32) -> Result<&'a str, BtfError> {
        string_at(self.strings, offset as usize).ok_or(BtfError::NoString(offset))
    }

    /// The name of a type, empty for an anonymous one.
    pub fn name_of(&self, id: TypeId) -> Result<&'a str, BtfError> {
        self.string(self.get(id)?.name)
    }
}

/// The NUL-terminated UTF-8 string at an offset of a string table.
pub(crate) fn string_at(table: &[u8], offset: usize) -> Option<&str> {
    let rest = table.get(offset..)?;
    let length = rest.iter().position(|&byte| byte == 0)?;
    std::str::from_utf8(&rest[..length]).ok()
}

/// The little-endian 32-bit word at an offset.
pub(crate) fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    let word = bytes.get(offset..)?.first_chunk()?;
    Some(u32::from_le_bytes(*word))
}

/// The part of a body that a header describes: offset and length stand at `at`.
pub(crate) fn section<'a>(body: &'a [u8], header: &[u8], at: usize) -> Result<&'a [u8], BtfError> {
    let part = |at| word(header, at).map(|word| word as usize);
    let (offset, length) = part(at).zip(part(at + 4)).ok_or(BtfError::Truncated)?;
    body.get(offset..).and_then(|rest| rest.get(..length)).ok_or(BtfError::Truncated)
}

/// The offset of each record. Every step is at least as long as a record's fixed part, so the
/// length of the section bounds the loop.
fn index(types: &[u8]) -> Result<Vec<u32>, BtfError> {
    let mut offsets = Vec::with_capacity(types.len() / TYPICAL_RECORD + 1);
    let mut offset = 0;
    while offset < types.len() {
        offsets.push(offset as u32);
        let info = word(types, offset + 4).ok_or(BtfError::Truncated)?;
        offset += types::record_bytes(info).ok_or(BtfError::Kind {
            id: TypeId(offsets.len() as u32),
            kind: types::kind_number(info),
        })?;
    }
    if offset > types.len() {
        return Err(BtfError::Truncated);
    }
    offsets.push(offset as u32);
    Ok(offsets)
}

/// A fault of type information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BtfError {
    /// A part lies beyond the end.
    Truncated,
    /// The first two bytes are wrong: not BTF, or of a big-endian machine.
    Magic(u16),
    /// The version of the format is unknown.
    Version(u8),
    /// The kind of a type is unknown. Without its size, the next types cannot be found.
    Kind {
        /// Number of the type.
        id: TypeId,
        /// Its kind.
        kind: u32,
    },
    /// A reference to a type that does not exist.
    NoType(TypeId),
    /// A reference to a string that does not exist or is not UTF-8.
    NoString(u32),
    /// A chain of references is longer than [`MAX_DEPTH`] or circular, or a search takes more steps
    /// than any real type needs.
    TooDeep(TypeId),
    /// A type has no size, or its size does not fit 32 bits.
    NoSize(TypeId),
}

impl fmt::Display for BtfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => write!(f, "type information is cut short"),
            Self::Magic(magic) => write!(f, "not little-endian BTF (magic {magic:04x})"),
            Self::Version(version) => write!(f, "BTF of unknown version {version}"),
            Self::Kind { id, kind } => write!(f, "type {} is of unknown kind {kind}", id.0),
            Self::NoType(id) => write!(f, "there is no type {}", id.0),
            Self::NoString(offset) => write!(f, "there is no string at {offset}"),
            Self::TooDeep(id) => write!(f, "type {} refers on without end", id.0),
            Self::NoSize(id) => write!(f, "type {} has no size", id.0),
        }
    }
}

impl std::error::Error for BtfError {}

#[cfg(test)]
pub(crate) mod tests;
