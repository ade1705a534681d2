//! A BPF object file: bytes → maps, programs and relocations.
//!
//! ```text
//! .BTF                  types, of maps and of everything that is relocated
//! .BTF.ext              CO-RE relocations
//! .maps                 one variable for each map, whose type describes it
//! .rodata .data .bss    variables; each section becomes an array of one element
//! license               the licence, for the kernel
//! tp_btf/NAME iter/NAME programs, one for each global function
//! .text                 functions that programs call
//! ```
//!
//! The result still names things by index and offset: maps are not created, no program knows
//! a descriptor, no field has been looked up in a kernel. All of it is pure, and an object of
//! any content gives an error at worst.
//!
//! Parsing refuses by name: kernel symbols and Kconfig variables (`extern`), callbacks, pinned
//! maps, maps that are neither arrays nor hash maps, initialised pointers in data.

mod elf;
mod link;
mod maps;
mod programs;

use std::ffi::CString;

pub use maps::{MapDefinition, MapType, Target, Variable};
pub use programs::{Attach, Program, Reference};

use super::btf::{Btf, Structure, essential, ext};
use super::fault::Fault;
use elf::Elf;

/// A BPF object, parsed and not yet loaded.
#[derive(Debug)]
pub struct Object<'a> {
    btf: Btf<'a>,
    license: CString,
    maps: Vec<MapDefinition>,
    programs: Vec<Program>,
    variables: Vec<(String, Variable)>,
}

impl<'a> Object<'a> {
    /// Parses an object file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let elf = Elf::parse(bytes)?;
        let btf = Btf::parse(elf.section(".BTF").ok_or_else(no_types)?.bytes)?;
        let relocations = match elf.section(".BTF.ext") {
            Some(section) => ext::records(section.bytes, &btf)?,
            None => Vec::new(),
        };
        let license = elf.section("license").map_or(&[][..], |section| section.bytes);
        let license = license.split(|&byte| byte == 0).next().unwrap_or_default();
        let maps = maps::all(&elf, &btf)?;
        Ok(Self {
            license: CString::new(license).unwrap_or_default(),
            programs: link::programs(&elf, &maps, &relocations)?,
            variables: maps::variables(&elf, &maps),
            maps,
            btf,
        })
    }

    /// Sets the number of entries that a map will have.
    pub fn set_max_entries(&mut self, map: &str, max_entries: u32) -> Result<(), Fault> {
        let found = self.maps.iter_mut().find(|found| found.name == map && !found.is_section());
        let found = found.ok_or_else(|| Fault::new(format!("there is no map {map}")))?;
        found.max_entries = max_entries;
        Ok(())
    }

    /// Sets the value that a variable of `.rodata` or `.data` will have. A variable of
    /// `.rodata` is a constant to the verifier.
    pub fn set_global(&mut self, variable: &str, value: &[u8]) -> Result<(), Fault> {
        let place = self.variable(variable).cloned();
        let place = place.ok_or_else(|| Fault::new(format!("there is no variable {variable}")))?;
        let (size, given) = (place.size, value.len());
        if size != given {
            let text = format!("variable {variable} has {size} bytes, the value {given}");
            return Err(Fault::new(text));
        }
        let map = self.maps.iter_mut().find(|map| map.name == place.map);
        map.and_then(|map| map.contents.as_mut())
            .and_then(|contents| contents.get_mut(place.offset..place.offset + place.size))
            .ok_or_else(|| Fault::new(format!("variable {variable} always starts as zero")))?
            .copy_from_slice(value);
        Ok(())
    }

    /// Where a global variable lies.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|(found, _)| found == name).map(|(_, place)| place)
    }

    /// The layout of one of the object's own structs: see [`Btf::structure`].
    pub fn structure(&self, name: &str) -> Option<Structure> {
        self.btf.structure(name)
    }

    /// The object's own types.
    pub fn btf(&self) -> &Btf<'a> {
        &self.btf
    }

    /// The licence that the object states; empty if it states none.
    pub fn license(&self) -> &CString {
        &self.license
    }

    /// The maps, data sections among them.
    pub fn maps(&self) -> &[MapDefinition] {
        &self.maps
    }

    /// The programs.
    pub fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// The essential names of all types that relocations search a kernel for.
    pub(crate) fn searched_types(&self) -> Vec<&'a str> {
        let relocations = self.programs.iter().flat_map(|program| &program.relocations);
        let mut names: Vec<_> = relocations
            .filter_map(|relocation| self.btf.name_of(relocation.type_id).ok())
            .map(essential)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn no_types() -> Fault {
    Fault::new("no type information (compiled without -g?)")
}
