//! One BPF instruction, as the object file and the kernel lay it out.
//!
//! ```text
//! byte    0       1           2   3     4   5   6   7
//!       code  src:4 dst:4     offset    immediate
//! ```
//!
//! A 64-bit immediate load takes two instructions. This file knows the few opcodes that a
//! loader touches, and deliberately is no disassembler.

/// Bytes an instruction takes.
pub(crate) const SIZE: usize = 8;

const CLASS_MASK: u8 = 0x07;
const CLASS_LD: u8 = 0x00;
const CLASS_LDX: u8 = 0x01;
const CLASS_ST: u8 = 0x02;
const CLASS_STX: u8 = 0x03;
const CLASS_ALU: u8 = 0x04;
const CLASS_ALU64: u8 = 0x07;
const SOURCE_REGISTER: u8 = 0x08;
const LOAD_IMMEDIATE_64: u8 = 0x18;
const CALL: u8 = 0x85;

/// `src_reg` of a 64-bit load of a map, with the map's descriptor as immediate.
pub(crate) const MAP_DESCRIPTOR: u8 = 1;
/// `src_reg` of a 64-bit load of the address of a byte in a map's only value.
pub(crate) const MAP_VALUE: u8 = 2;
/// `src_reg` of a call of a subprogram: the immediate is a distance in instructions.
const CALL_SUBPROGRAM: u8 = 1;
/// `src_reg` of a 64-bit load of a subprogram's address.
const SUBPROGRAM_ADDRESS: u8 = 4;

/// One 8-byte instruction. `repr(C)` on a little-endian machine is the kernel's layout.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instruction {
    /// Operation: class, width, mode.
    pub code: u8,
    /// Destination register in the low nibble, source register in the high one.
    pub registers: u8,
    /// Offset of a load, store or jump.
    pub offset: i16,
    /// Immediate operand; half of it in a 64-bit load.
    pub immediate: i32,
}

/// The part of an instruction that a relocation may patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Arithmetic with an immediate operand.
    Immediate,
    /// A load or store at an offset from a register.
    Memory,
    /// The first half of a 64-bit immediate load.
    Immediate64,
    /// Anything else.
    Other,
}

impl Instruction {
    /// The instruction in these eight bytes.
    pub fn decode(bytes: [u8; SIZE]) -> Self {
        let [code, registers, o0, o1, i0, i1, i2, i3] = bytes;
        Self {
            code,
            registers,
            offset: i16::from_le_bytes([o0, o1]),
            immediate: i32::from_le_bytes([i0, i1, i2, i3]),
        }
    }

    /// A call of a helper by number.
    pub(crate) fn helper_call(number: i32) -> Self {
        Self { code: CALL, immediate: number, ..Self::default() }
    }

    pub(crate) fn form(self) -> Form {
        match self.code & CLASS_MASK {
            CLASS_ALU | CLASS_ALU64 if self.code & SOURCE_REGISTER == 0 => Form::Immediate,
            CLASS_LDX | CLASS_ST | CLASS_STX => Form::Memory,
            CLASS_LD if self.is_wide() => Form::Immediate64,
            _ => Form::Other,
        }
    }

    /// Whether a second instruction holds the other half of the immediate.
    pub(crate) fn is_wide(self) -> bool {
        self.code == LOAD_IMMEDIATE_64
    }

    pub(crate) fn is_subprogram_call(self) -> bool {
        self.code == CALL && self.source() == CALL_SUBPROGRAM
    }

    pub(crate) fn is_subprogram_address(self) -> bool {
        self.is_wide() && self.source() == SUBPROGRAM_ADDRESS
    }

    pub(crate) fn source(self) -> u8 {
        self.registers >> 4
    }

    pub(crate) fn set_source(&mut self, source: u8) {
        self.registers = source << 4 | self.registers & 0x0f;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_immediate_operand_can_be_patched() {
        let forms = [
            (0xb7, Form::Immediate),
            (0x07, Form::Immediate),
            (0xbf, Form::Other),
            (0x18, Form::Immediate64),
            (0x20, Form::Other),
            (0x7b, Form::Memory),
            (0x85, Form::Other),
        ];
        for (code, form) in forms {
            let instruction = Instruction { code, ..Instruction::default() };
            assert_eq!(instruction.form(), form, "{code:#x}");
        }
    }
}
