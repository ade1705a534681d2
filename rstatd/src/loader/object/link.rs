//! A program × the functions of its object → one array of instructions.
//!
//! The kernel takes a program as one array, with its subprograms at the end. So every program
//! gets its own copy of the functions that it calls:
//!
//! ```text
//! tp_btf/sched_switch   on_switch ──┐ call        on_switch's program:
//!                       on_wakeup   │               on_switch
//! .text                 step ◄──────┘ call ─┐       step
//!                       doubled ◄───────────┘       doubled
//! ```
//!
//! References to maps and CO-RE relocations move to their place in the array, unchecked.

use goblin::elf::reloc::Reloc;

use super::elf::Elf;
use super::maps::{MapDefinition, Target};
use super::programs::{
    Attach, Function, MAX_INSTRUCTIONS, Program, Reference, attach_of, functions,
};
use crate::loader::btf::ext::Record;
use crate::loader::fault::Fault;
use crate::loader::instruction::{Instruction, SIZE};
use crate::loader::relocate::{Query, Relocation};

/// Types of ELF relocations, from the kernel's Documentation/bpf/llvm_reloc.rst.
const R_BPF_64_64: u32 = 1;
const R_BPF_64_32: u32 = 10;

/// All programs of an object.
pub(super) fn programs(
    elf: &Elf<'_>,
    maps: &[MapDefinition],
    records: &[Record<'_>],
) -> Result<Vec<Program>, Fault> {
    let functions = functions(elf)?;
    let linker = Linker { elf, maps, records, functions: &functions };
    let mut programs: Vec<Program> = Vec::new();
    let mut room = MAX_INSTRUCTIONS;
    for (number, function) in functions.iter().enumerate() {
        if let Some(attach) = attach_of(elf.sections[function.section].name)?
            && function.is_global
        {
            let program = linker.link(number, attach, room)?;
            room -= program.instructions.len();
            programs.push(program);
        }
    }
    Ok(programs)
}

/// The parts that programs are linked from.
struct Linker<'a> {
    elf: &'a Elf<'a>,
    maps: &'a [MapDefinition],
    records: &'a [Record<'a>],
    functions: &'a [Function<'a>],
}

/// A call that waits for its target to be placed.
struct Call {
    instruction: usize,
    function: usize,
}

impl Linker<'_> {
    /// Makes a program of a function and all functions that it calls, directly or not.
    fn link(&self, entry: usize, attach: Attach, room: usize) -> Result<Program, Fault> {
        let mut program = Program {
            name: self.functions[entry].name.to_owned(),
            attach,
            instructions: Vec::new(),
            references: Vec::new(),
            relocations: Vec::new(),
        };
        // Every function is placed once, so recursion ends here. The verifier refuses it.
        let mut placed: Vec<(usize, usize)> = Vec::new();
        let mut calls: Vec<Call> = Vec::new();
        let mut waiting = vec![entry];
        while let Some(number) = waiting.pop() {
            if placed.iter().any(|&(function, _)| function == number) {
                continue;
            }
            let function = &self.functions[number];
            let first = program.instructions.len();
            if function.bytes.len() / SIZE > room - first {
                let problem = format!("there are more than {MAX_INSTRUCTIONS} instructions");
                return Err(Fault::of_program(function.name, 0, &problem));
            }
            placed.push((number, first));
            let called = self.append(function, &mut program)?;
            waiting.extend(called.iter().map(|call| call.function));
            calls.extend(called);
        }
        for call in calls {
            let target = placed.iter().find(|&&(function, _)| function == call.function);
            let start = target.map_or(0, |&(_, start)| start);
            program.instructions[call.instruction].immediate =
                start as i32 - call.instruction as i32 - 1;
        }
        Ok(program)
    }

    /// Appends a function's instructions to a program, and returns its calls.
    fn append(&self, function: &Function<'_>, program: &mut Program) -> Result<Vec<Call>, Fault> {
        let first = program.instructions.len();
        program
            .instructions
            .extend(function.bytes.as_chunks().0.iter().map(|&bytes| Instruction::decode(bytes)));
        let mut calls = Vec::new();
        let mut index = first;
        while let Some(&instruction) = program.instructions.get(index) {
            let offset = function.start + (index - first) * SIZE;
            let relocation = self.relocation_at(function.section, offset as u64);
            let refused =
                |problem: String| Fault::of_program(function.name, index - first, &problem);
            if instruction.is_subprogram_address() {
                return Err(refused("callbacks are not supported".to_owned()));
            } else if instruction.is_subprogram_call() {
                let called = self.called(function.section, offset, instruction, relocation);
                let function = called.map_err(refused)?;
                calls.push(Call { instruction: index, function });
            } else if let Some(relocation) = relocation {
                if !instruction.is_wide() || relocation.r_type != R_BPF_64_64 {
                    return Err(refused(format!(
                        "relocation of type {} is not known",
                        relocation.r_type
                    )));
                }
                let (map, target) = self.referred(relocation, instruction).map_err(refused)?;
                program.references.push(Reference { instruction: index, map, target });
            }
            index += if instruction.is_wide() { 2 } else { 1 };
        }
        if index > program.instructions.len() {
            let problem = "half of the last instruction is missing";
            return Err(Fault::of_program(function.name, index - first - 1, problem));
        }
        self.add_core_relocations(function, first, program)?;
        Ok(calls)
    }

    fn relocation_at(&self, section: usize, offset: u64) -> Option<Reloc> {
        let relocations = &self.elf.sections[section].relocations;
        let found = relocations.binary_search_by_key(&offset, |relocation| relocation.r_offset);
        found.ok().map(|index| relocations[index])
    }

    /// The target of a call. A call within a section has the distance to its target. A call
    /// into another section has the target's distance from the symbol of its relocation.
    fn called(
        &self,
        section: usize,
        offset: usize,
        call: Instruction,
        relocation: Option<Reloc>,
    ) -> Result<usize, String> {
        let distance = (i64::from(call.immediate) + 1) * SIZE as i64;
        let (section, base) = match relocation {
            None => (section, offset as u64),
            Some(relocation) if relocation.r_type == R_BPF_64_32 => self.symbol(relocation)?,
            Some(relocation) => {
                return Err(format!("relocation of type {} is not known", relocation.r_type));
            }
        };
        let start = base.checked_add_signed(distance);
        let mut functions = self.functions.iter();
        functions
            .position(|function| {
                function.section == section && Some(function.start as u64) == start
            })
            .ok_or_else(|| "it calls what is no function".to_owned())
    }

    /// The map that a 64-bit load refers to, and the byte of the map's value if it refers to
    /// one.
    fn referred(&self, relocation: Reloc, load: Instruction) -> Result<(usize, Target), String> {
        let (section, base) = self.symbol(relocation)?;
        let offset = base.checked_add_signed(load.immediate.into());
        let mut maps = self.maps.iter().enumerate();
        offset
            .and_then(|offset| {
                maps.find_map(|(index, map)| Some((index, map.refers(section, offset)?)))
            })
            .ok_or_else(|| "it refers to what is neither map nor variable".to_owned())
    }

    /// Section and offset of a relocation's symbol.
    fn symbol(&self, relocation: Reloc) -> Result<(usize, u64), String> {
        let symbol = self.elf.symbols.get(relocation.r_sym).ok_or("its symbol does not exist")?;
        if symbol.section == 0 {
            return Err(format!("extern {} is not supported", symbol.name));
        }
        Ok((symbol.section, symbol.value))
    }

    fn add_core_relocations(
        &self,
        function: &Function<'_>,
        first: usize,
        program: &mut Program,
    ) -> Result<(), Fault> {
        let section = self.elf.sections[function.section].name;
        let range = function.start..function.start + function.bytes.len();
        let here = |record: &&Record<'_>| {
            record.section == section && range.contains(&(record.offset as usize))
        };
        for record in self.records.iter().filter(here) {
            let instruction = (record.offset as usize - function.start) / SIZE;
            let query = Query::from_kind(record.kind).map_err(|kind| {
                let problem = format!("relocation {kind} is not supported");
                Fault::of_program(function.name, instruction, &problem)
            })?;
            program.relocations.push(Relocation {
                instruction: first + instruction,
                type_id: record.type_id,
                access: record.access.to_owned(),
                query,
            });
        }
        Ok(())
    }
}
