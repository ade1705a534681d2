//! Programs: the global functions of some sections. A section's name says where they attach.
//!
//! Functions are found here; `link` puts a program together with the functions that it calls.

use super::elf::Elf;
use super::maps::Target;
use crate::loader::fault::Fault;
use crate::loader::instruction::{Instruction, SIZE};
use crate::loader::relocate::Relocation;

/// The most instructions of all programs together, as many as the kernel's verifier walks of
/// one program. The file's length is no bound: functions may overlap in a hostile file.
pub(super) const MAX_INSTRUCTIONS: usize = 1_000_000;

/// Where a program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attach {
    /// At a tracepoint, with the kernel's types: `tp_btf/NAME`.
    Tracepoint(String),
    /// For each of a kind of object, when user space reads: `iter/NAME`.
    Iterator(String),
}

/// A program, linked with its subprograms.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name of its function.
    pub name: String,
    /// Where it runs.
    pub attach: Attach,
    /// Its instructions and those of its subprograms.
    pub instructions: Vec<Instruction>,
    /// The references from instructions to maps.
    pub references: Vec<Reference>,
    /// The instructions that depend on the kernel's types.
    pub relocations: Vec<Relocation>,
}

/// A 64-bit load of a map, or of the address of a byte in a map's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Index of the instruction.
    pub instruction: usize,
    /// Index of the map among the object's.
    pub map: usize,
    /// What of the map.
    pub target: Target,
}

/// Where the programs of a section run; `None` where it holds subprograms only.
pub(super) fn attach_of(section: &str) -> Result<Option<Attach>, Fault> {
    match section.split_once('/') {
        _ if section == ".text" => Ok(None),
        Some(("tp_btf", name)) if !name.is_empty() => Ok(Some(Attach::Tracepoint(name.to_owned()))),
        Some(("iter", name)) if !name.is_empty() => Ok(Some(Attach::Iterator(name.to_owned()))),
        _ => Err(Fault::of_section(section, "programs of this kind are not supported")),
    }
}

/// A function in a section of code.
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) section: usize,
    /// Byte offset in the section.
    pub(super) start: usize,
    pub(super) bytes: &'a [u8],
    pub(super) is_global: bool,
}

pub(super) fn functions<'a>(elf: &Elf<'a>) -> Result<Vec<Function<'a>>, Fault> {
    let mut functions = Vec::new();
    for symbol in elf.symbols.iter().filter(|symbol| symbol.is_function) {
        let Some(section) = elf.sections.get(symbol.section).filter(|section| section.is_code)
        else {
            continue;
        };
        let bytes = section.bytes.get(symbol.value as usize..);
        let bytes = bytes.and_then(|rest| rest.get(..symbol.size as usize));
        let whole =
            bytes.filter(|bytes| bytes.len() % SIZE == 0 && symbol.value % SIZE as u64 == 0);
        functions.push(Function {
            name: symbol.name,
            section: symbol.section,
            start: symbol.value as usize,
            bytes: whole.ok_or_else(|| {
                Fault::of_program(symbol.name, 0, "it lies across the end of its section")
            })?,
            is_global: symbol.is_global,
        });
    }
    Ok(functions)
}
