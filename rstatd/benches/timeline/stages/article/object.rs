//! From the object file to maps, and to programs that have the maps' descriptors and the
//! kernel's offsets in their instructions.

use std::collections::HashMap;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use goblin::elf::{Elf, SectionHeader};

use super::bpf::{self, MapType};
use super::{MAX_THREADS, ThreadStats};

const OBJECT: &[u8] = include_bytes!("article.bpf.o");
pub const LICENSE: &CStr = c"Dual MIT/GPL";

const SECTION: &str = "tracepoint/";
const INSTRUCTION_BYTES: usize = 8;
/// `BPF_PSEUDO_MAP_FD`: the number in a 64-bit load is a map's descriptor.
const MAP_DESCRIPTOR: u8 = 1;

/// A program, ready to be loaded.
pub struct Program {
    /// The tracepoint's name, such as `sched/sched_switch`.
    pub tracepoint: String,
    /// The program's instructions.
    pub instructions: Vec<u8>,
}

/// Creates the maps and returns them by name.
pub fn create_maps() -> io::Result<HashMap<&'static str, OwnedFd>> {
    let threads = MAX_THREADS as u32;
    let stats_bytes = size_of::<ThreadStats>() as u32;
    let definitions = [
        ("stats", MapType::Hash, stats_bytes, threads),
        ("sched_start", MapType::Hash, 8, threads),
        ("sys", MapType::Array, 8, 1),
    ];
    let create = |(name, kind, value_bytes, entries)| {
        bpf::create_map(kind, value_bytes, entries).map(|map| (name, map))
    };
    definitions.into_iter().map(create).collect()
}

/// The programs, one from each section named after a tracepoint.
pub fn programs(
    maps: &HashMap<&'static str, OwnedFd>,
    offsets: &HashMap<&'static str, u32>,
) -> io::Result<Vec<Program>> {
    let elf = Elf::parse(OBJECT).map_err(io::Error::other)?;
    let mut programs = Vec::new();
    for (index, section) in elf.section_headers.iter().enumerate() {
        let name = elf.shdr_strtab.get_at(section.sh_name).unwrap_or_default();
        let Some(tracepoint) = name.strip_prefix(SECTION) else { continue };
        let mut instructions = bytes(section)?.to_vec();
        let relocations = elf.shdr_relocs.iter().filter(|(of, _)| {
            elf.section_headers.get(*of).is_some_and(|of| of.sh_info as usize == index)
        });
        for relocation in relocations.flat_map(|(_, relocations)| relocations.iter()) {
            let symbol = elf.syms.get(relocation.r_sym);
            let symbol = symbol.and_then(|symbol| elf.strtab.get_at(symbol.st_name));
            let (kind, number) = match symbol {
                Some(name) if maps.contains_key(name) => {
                    (MAP_DESCRIPTOR, maps[name].as_raw_fd().cast_unsigned())
                }
                Some(name) if offsets.contains_key(name) => (0, offsets[name]),
                other => return Err(malformed(&format!("unknown symbol {other:?}"))),
            };
            refer(&mut instructions, relocation.r_offset as usize, kind, number)?;
        }
        programs.push(Program { tracepoint: tracepoint.to_owned(), instructions });
    }
    Ok(programs)
}

/// Writes a number and its kind into the 64-bit load at a place.
fn refer(instructions: &mut [u8], at: usize, kind: u8, number: u32) -> io::Result<()> {
    let load = instructions.get_mut(at..at + INSTRUCTION_BYTES);
    let load = load.ok_or_else(|| malformed("a relocation lies outside of its section"))?;
    load[1] |= kind << 4;
    load[4..].copy_from_slice(&number.to_le_bytes());
    Ok(())
}

fn bytes(section: &SectionHeader) -> io::Result<&'static [u8]> {
    let range = section.file_range().and_then(|range| OBJECT.get(range));
    range.ok_or_else(|| malformed("a section lies outside of the file"))
}

fn malformed(problem: &str) -> io::Error {
    io::Error::other(format!("read article.bpf.o: {problem}"))
}
