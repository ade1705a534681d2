//! An outcome × an instruction → the instruction patched, or poisoned.

use super::super::fault::Fault;
use super::super::instruction::{Form, Instruction};
use super::outcome::{Outcome, Patch, Poison};

/// The helper that a poisoned instruction calls: none has that number, which reads "bad
/// relo" and is libbpf's. The verifier's log names it: `invalid func unknown#195896080`.
pub(crate) const POISON: i32 = 0x0bad_2310;

/// Applies an outcome to the instruction at `index`, and says why it was poisoned if so.
pub(crate) fn apply(
    outcome: Outcome,
    instructions: &mut [Instruction],
    index: usize,
) -> Result<Option<Poison>, Fault> {
    let (first, second) = match instructions.get_mut(index..) {
        Some([first, second, ..]) if first.is_wide() => (first, Some(second)),
        Some([first, ..]) => (first, None),
        _ => return Err(no_operand()),
    };
    let poison = match outcome {
        Outcome::Poison(poison) => poison,
        Outcome::Patch(patch) => match (first.form(), second) {
            (Form::Immediate, _) => return set_immediate(&patch, first).map(|()| None),
            (Form::Immediate64, Some(second)) => {
                return set_immediate_64(&patch, first, second).map(|()| None);
            }
            (Form::Memory, _) => match set_memory(patch, first)? {
                Some(obstacle) => obstacle,
                None => return Ok(None),
            },
            _ => return Err(no_operand()),
        },
    };
    poison_at(instructions, index);
    Ok(Some(poison))
}

/// Both halves of a wide instruction are replaced: the second alone is no instruction,
/// and the verifier would complain of it in place of the first.
fn poison_at(instructions: &mut [Instruction], index: usize) {
    let halves = if instructions[index].is_wide() { 2 } else { 1 };
    for half in instructions.iter_mut().skip(index).take(halves) {
        *half = Instruction::helper_call(POISON);
    }
}

fn set_immediate(patch: &Patch, instruction: &mut Instruction) -> Result<(), Fault> {
    patch.check(i64::from(instruction.immediate) as u64)?;
    // The operand is sign-extended or cut to 32 bits, as the operation has it: a value
    // fits if either reading gives it back.
    instruction.immediate = i32::try_from(patch.value as i64)
        .or_else(|_| u32::try_from(patch.value).map(|value| value as i32))
        .map_err(|_| out_of_range(patch.value))?;
    Ok(())
}

fn set_immediate_64(
    patch: &Patch,
    first: &mut Instruction,
    second: &mut Instruction,
) -> Result<(), Fault> {
    // Anything else in the source register means a reference to a map, not a number.
    if first.source() != 0 || (second.code, second.registers, second.offset) != (0, 0, 0) {
        return Err(no_operand());
    }
    patch.check(u64::from(second.immediate as u32) << 32 | u64::from(first.immediate as u32))?;
    first.immediate = patch.value as i32;
    second.immediate = (patch.value >> 32) as i32;
    Ok(())
}

/// Sets the offset of a load or store, or returns what stands against it.
fn set_memory(patch: Patch, instruction: &mut Instruction) -> Result<Option<Poison>, Fault> {
    patch.check(i64::from(instruction.offset) as u64)?;
    if patch.resized.is_none() {
        let offset = i16::try_from(patch.value);
        instruction.offset = offset.map_err(|_| out_of_range(patch.value))?;
    }
    Ok(patch.resized)
}

impl Patch {
    /// The instruction must hold what the object's own types say, or it is not the
    /// instruction that the relocation means.
    fn check(&self, found: u64) -> Result<(), Fault> {
        let expected = self.expected;
        if expected == found { Ok(()) } else { Err(unexpected(found, expected)) }
    }
}

fn unexpected(found: u64, expected: u64) -> Fault {
    Fault::new(format!("the instruction holds {found} where {expected} was expected"))
}

fn no_operand() -> Fault {
    Fault::new("the instruction has no operand to relocate")
}

fn out_of_range(value: u64) -> Fault {
    Fault::new(format!("{value} does not fit the instruction"))
}

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    #[test]
    fn an_instruction_is_patched_in_its_operand_or_refused() {
        let patch = |expected, value| Outcome::value(expected, value);
        let wide = [[0x18, 1, 0, 0, 5, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]];
        let wide_map = [[0x18, 0x11, 0, 0, 5, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]];
        let add = [[0x07, 1, 0, 0, 5, 0, 0, 0]; 2];
        let load = [[0x79, 0x21, 5, 0, 0, 0, 0, 0]; 2];
        let exit = [[0x95, 0, 0, 0, 0, 0, 0, 0]; 2];
        for (code, outcome, expected) in [
            (add, patch(5, 7), Ok((7, 0))),
            (add, patch(5, u64::MAX), Ok((-1, 0))),
            (add, patch(5, 0xffff_fffe), Ok((-2, 0))),
            (add, patch(5, 1 << 32), Err(out_of_range(1 << 32))),
            (add, patch(6, 7), Err(unexpected(5, 6))),
            (load, patch(5, 24), Ok((0, 24))),
            (load, patch(5, 1 << 15), Err(out_of_range(1 << 15))),
            (load, patch(4, 24), Err(unexpected(5, 4))),
            (wide, patch(5, 0x1_0000_0002), Ok((2, 0))),
            (wide_map, patch(5, 2), Err(no_operand())),
            (exit, patch(0, 2), Err(no_operand())),
        ] {
            let mut instructions = code.map(Instruction::decode);
            let result = apply(outcome, &mut instructions, 0);
            let operands = (instructions[0].immediate, instructions[0].offset);
            assert_eq!(result.map(|_| operands), expected);
        }
        let mut instructions = wide.map(Instruction::decode);
        apply(patch(5, 0x1_0000_0002), &mut instructions, 0).unwrap();
        assert_eq!(instructions[1].immediate, 1);
        assert_eq!(apply(patch(5, 1), &mut instructions, 2), Err(no_operand()));
    }

    #[test]
    fn a_poisoned_wide_load_loses_both_halves() {
        let type_name = "gone".to_owned();
        let poison = Poison { type_name, part: String::new(), reason: Reason::NoType };
        let mut instructions = [[0x18, 1, 0, 0, 5, 0, 0, 0], [0; 8], [0x95, 0, 0, 0, 0, 0, 0, 0]]
            .map(Instruction::decode);
        let reason = apply(Outcome::Poison(poison.clone()), &mut instructions, 0).unwrap();
        assert_eq!(reason, Some(poison));
        assert_eq!(instructions[..2], [Instruction::helper_call(0x0bad_2310); 2]);
        assert_eq!(instructions[2].code, 0x95);
    }
}
