//! The question of a relocation, and the field or value that it is about.

use super::super::btf::TypeId;

/// The question of a relocation, named as in the kernel's `bpf_core_relo_kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in the kernel's enum bpf_core_relo_kind")]
pub enum Query {
    FieldByteOffset,
    FieldExists,
    EnumvalExists,
    EnumvalValue,
}

impl Query {
    /// The query of that number; for a refused query, its name.
    pub(crate) fn from_kind(kind: u32) -> Result<Self, &'static str> {
        Ok(match kind {
            0 => Self::FieldByteOffset,
            1 => return Err("field_byte_size"),
            2 => Self::FieldExists,
            3 => return Err("field_signed"),
            4 => return Err("field_lshift_u64"),
            5 => return Err("field_rshift_u64"),
            6 => return Err("type_id_local"),
            7 => return Err("type_id_target"),
            8 => return Err("type_exists"),
            9 => return Err("type_size"),
            10 => Self::EnumvalExists,
            11 => Self::EnumvalValue,
            12 => return Err("type_matches"),
            _ => return Err("of an unknown kind"),
        })
    }
}

/// One relocation of one instruction.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// Index of the instruction in its program.
    pub instruction: usize,
    /// The type in the object's type information.
    pub type_id: TypeId,
    /// Numbers with colons between: an array index, then member or element numbers; of
    /// an enum, the number of the value.
    pub access: String,
    /// The question about it.
    pub query: Query,
}
