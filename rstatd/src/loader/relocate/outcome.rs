//! The outcome of a relocation: a value or a poisoned instruction.

use std::fmt;

/// The future of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gets this value.
    Patch(Patch),
    /// It may not be executed in this kernel.
    Poison(Poison),
}

impl Outcome {
    pub(super) fn value(expected: u64, value: u64) -> Self {
        Self::Patch(Patch { expected, value, resized: None })
    }
}

/// A value for an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The value that the compiler must have left there.
    pub(super) expected: u64,
    /// The value by the kernel's types.
    pub(super) value: u64,
    /// Why a load or store of the field may not be executed, where the field's size differs.
    pub(super) resized: Option<Poison>,
}

/// A type of the kernel that an instruction cannot use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// The type, without flavour.
    pub type_name: String,
    /// The path to a field, such as `rss_stat.count[1]`, or the value of an enum.
    pub part: String,
    /// Why the instruction may not be executed.
    pub reason: Reason,
}

/// Why an instruction may not be executed in this kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The kernel has no such type.
    NoType,
    /// The kernel's type has no such field, or one of an incompatible kind.
    NoField,
    /// The kernel's enum has no such value.
    NoValue,
    /// The kernel has several types of that name, which disagree.
    Ambiguous,
    /// The field is a bit-field in this kernel.
    BitField,
    /// The field has another size in this kernel, and the instruction loads or stores it.
    Resized {
        /// Bytes in the object.
        from: u32,
        /// Bytes in the kernel.
        to: u32,
    },
}

impl fmt::Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, part, reason } = self;
        match reason {
            Reason::NoType => write!(f, "the kernel has no type {type_name}"),
            Reason::NoField => write!(f, "the kernel's {type_name} has no such field as {part}"),
            Reason::NoValue => write!(f, "the kernel's enum {type_name} has no value {part}"),
            Reason::Ambiguous => {
                write!(f, "the kernel has several types {type_name}, which differ in {part}")
            }
            Reason::BitField => write!(f, "{part} in the kernel's {type_name} is a bit-field"),
            Reason::Resized { from, to } => {
                write!(f, "{part} in the kernel's {type_name} has {to} bytes, not {from}")
            }
        }
    }
}
