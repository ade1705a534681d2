//! The ELF file around an object: its sections, symbols and relocations.
//!
//! goblin decodes the tables. This file picks the parts that a BPF object has, and makes the
//! checks that goblin leaves to its callers. Of BPF it knows only the machine number.

use std::fmt;

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::header::{EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, ELFMAG, EM_BPF};
use goblin::elf::reloc::{Reloc, RelocSection};
use goblin::elf::section_header::{
    SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS, SHT_REL, SHT_RELA, SHT_SYMTAB, SectionHeader,
};
use goblin::elf::sym::{STB_GLOBAL, STT_FUNC, STT_OBJECT, Symtab};
use goblin::elf64::header::Header;

use crate::loader::btf::string_at;
use crate::loader::fault::Fault;

/// 64-bit, little-endian: the only BPF there is on the machines that this serves.
const CONTEXT: Ctx = Ctx { container: Container::Big, le: Endian::Little };

/// Bytes of an entry of the symbol table.
const SYMBOL: usize = 24;

/// The parts of an ELF file that a loader needs.
pub(super) struct Elf<'a> {
    pub(super) sections: Vec<Section<'a>>,
    pub(super) symbols: Vec<Symbol<'a>>,
}

/// One section, the first being the empty section 0.
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    /// Its contents; none if it only takes memory.
    pub(super) bytes: &'a [u8],
    /// The bytes that it takes in memory.
    pub(super) size: u64,
    pub(super) takes_memory: bool,
    pub(super) is_code: bool,
    pub(super) is_zeroed: bool,
    /// The references from this section to symbols, by offset.
    pub(super) relocations: Vec<Reloc>,
}

/// A name for a place in a section, or for nothing in the file.
pub(super) struct Symbol<'a> {
    pub(super) name: &'a str,
    /// Number of the section; 0 for a symbol that is defined elsewhere.
    pub(super) section: usize,
    pub(super) value: u64,
    pub(super) size: u64,
    pub(super) is_function: bool,
    pub(super) is_variable: bool,
    pub(super) is_global: bool,
}

impl<'a> Elf<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        if !bytes.starts_with(ELFMAG) {
            return Err(Fault::new("not an ELF file"));
        }
        let header = Header::parse(bytes).map_err(damaged)?;
        let layout = (header.e_ident[EI_CLASS], header.e_ident[EI_DATA]);
        if header.e_machine != EM_BPF || layout != (ELFCLASS64, ELFDATA2LSB) {
            let machine = header.e_machine;
            return Err(Fault::new(format!("not a BPF object (machine {machine})")));
        }
        let count = header.e_shnum.into();
        let headers = SectionHeader::parse(bytes, header.e_shoff as usize, count, CONTEXT)
            .map_err(damaged)?;
        let names = contents(bytes, headers.get(usize::from(header.e_shstrndx)))?;
        let mut sections = Vec::with_capacity(headers.len());
        for header in &headers {
            sections.push(Section {
                name: string_at(names, header.sh_name)
                    .ok_or_else(|| damaged("a section has no name"))?,
                bytes: contents(bytes, Some(header))?,
                size: header.sh_size,
                takes_memory: header.sh_flags & u64::from(SHF_ALLOC) != 0,
                is_code: header.sh_flags & u64::from(SHF_EXECINSTR) != 0,
                is_zeroed: header.sh_type == SHT_NOBITS,
                relocations: Vec::new(),
            });
        }
        for header in &headers {
            add_relocations(bytes, header, &mut sections)?;
        }
        let symbols = symbols(bytes, &headers)?;
        Ok(Self { sections, symbols })
    }

    /// The section of that name.
    pub(super) fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The variables that lie in a section.
    pub(super) fn variables(&self, section: usize) -> impl Iterator<Item = &Symbol<'a>> {
        let symbols = self.symbols.iter();
        symbols.filter(move |symbol| symbol.section == section && symbol.is_variable)
    }
}

/// The bytes of a section in the file.
fn contents<'a>(bytes: &'a [u8], header: Option<&SectionHeader>) -> Result<&'a [u8], Fault> {
    let header = header.ok_or_else(|| damaged("a section is missing"))?;
    match header.file_range() {
        Some(range) if !range.is_empty() => {
            bytes.get(range).ok_or_else(|| damaged("a section lies beyond the end"))
        }
        _ => Ok(&[]),
    }
}

/// Adds the relocations in a section to the section of memory that they patch. A loader skips
/// the relocations of type and debugging information.
fn add_relocations(
    bytes: &[u8],
    header: &SectionHeader,
    sections: &mut [Section<'_>],
) -> Result<(), Fault> {
    if !matches!(header.sh_type, SHT_REL | SHT_RELA) {
        return Ok(());
    }
    let Some(section) =
        sections.get_mut(header.sh_info as usize).filter(|section| section.takes_memory)
    else {
        return Ok(());
    };
    if header.sh_type == SHT_RELA {
        let problem = "relocations with addends are not known to BPF";
        return Err(Fault::of_section(section.name, problem));
    }
    let (offset, size) = (header.sh_offset as usize, header.sh_size as usize);
    let found = RelocSection::parse(bytes, offset, size, false, CONTEXT).map_err(damaged)?;
    section.relocations.extend(&found);
    section.relocations.sort_unstable_by_key(|relocation| relocation.r_offset);
    Ok(())
}

fn symbols<'a>(bytes: &'a [u8], headers: &[SectionHeader]) -> Result<Vec<Symbol<'a>>, Fault> {
    let Some(header) = headers.iter().find(|header| header.sh_type == SHT_SYMTAB) else {
        return Ok(Vec::new());
    };
    let names = contents(bytes, headers.get(header.sh_link as usize))?;
    let (offset, count) = (header.sh_offset as usize, header.sh_size as usize / SYMBOL);
    let table = Symtab::parse(bytes, offset, count, CONTEXT).map_err(damaged)?;
    let mut symbols = Vec::with_capacity(table.len());
    for symbol in &table {
        symbols.push(Symbol {
            name: string_at(names, symbol.st_name)
                .ok_or_else(|| damaged("a symbol has no name"))?,
            section: symbol.st_shndx,
            value: symbol.st_value,
            size: symbol.st_size,
            is_function: symbol.st_type() == STT_FUNC,
            is_variable: symbol.st_type() == STT_OBJECT,
            is_global: symbol.st_bind() == STB_GLOBAL,
        });
    }
    Ok(symbols)
}

fn damaged(problem: impl fmt::Display) -> Fault {
    Fault::new(format!("damaged ELF file: {problem}"))
}
