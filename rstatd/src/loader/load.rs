//! An object × a kernel's types → maps and programs in the kernel.
//!
//! Relocation comes first and needs no help from the kernel, so an object that does not fit leaves
//! no trace. Then maps are created, since programs hold their descriptors, and then programs are
//! loaded. The kernel gets no type information: it would only improve the verifier's messages, and
//! kernels differ in what they accept.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use super::btf::{Btf, Found, Kind};
use super::error::Error;
use super::instruction::{Instruction, MAP_DESCRIPTOR, MAP_VALUE};
use super::map::Map;
use super::object::{Attach, Object, Program, Target};
use super::refusal::{Refusal, Request};
use super::relocate::{self, Poison};
use super::sys::{Errno, ProgramAttributes, charged, load_program};
use super::verifier_log;

/// Bytes of the verifier's log: the most that kernels before 5.2 allow.
const LOG: usize = (1 << 24) - 1;

/// An object in the kernel. Its programs and maps end with it, except attached programs and
/// maps that were taken out.
#[derive(Debug)]
pub struct Loaded {
    maps: Vec<Map>,
    programs: Vec<LoadedProgram>,
}

#[derive(Debug)]
pub(super) struct LoadedProgram {
    name: String,
    pub(super) attach: Attach,
    pub(super) descriptor: OwnedFd,
}

/// A program with everything decided but the descriptors of its maps.
struct Relocated<'a> {
    program: &'a Program,
    instructions: Vec<Instruction>,
    /// The instructions that may not be executed, and why.
    poisoned: Vec<(usize, Poison)>,
    attach_btf_id: u32,
}

/// Loads an object into the kernel that has these types.
pub fn load(object: &Object<'_>, kernel: &Btf<'_>) -> Result<Loaded, Error> {
    let relocated = relocate(object, kernel)?;
    let maps = object.maps().iter().map(Map::create).collect::<Result<Vec<_>, _>>()?;
    let mut programs = Vec::with_capacity(relocated.len());
    for mut program in relocated {
        program.refer_to(&maps);
        programs.push(program.load(object)?);
    }
    Ok(Loaded { maps, programs })
}

impl Loaded {
    /// A map by its name in the object; a section of variables has the section's name.
    pub fn map(&self, name: &str) -> Result<&Map, Error> {
        let found = self.maps.iter().find(|map| map.name() == name);
        found.ok_or_else(|| absent("map", name))
    }

    /// Takes a map out, to map more of it later. The programs keep the map as well.
    pub fn take_map(&mut self, name: &str) -> Result<Map, Error> {
        let place = self.maps.iter().position(|map| map.name() == name);
        let place = place.ok_or_else(|| absent("map", name))?;
        Ok(self.maps.swap_remove(place))
    }

    pub(super) fn program(&self, name: &str) -> Result<&LoadedProgram, Error> {
        let found = self.programs.iter().find(|program| program.name == name);
        found.ok_or_else(|| absent("program", name))
    }
}

/// Fits all programs to the kernel.
fn relocate<'a>(object: &'a Object<'_>, kernel: &Btf<'_>) -> Result<Vec<Relocated<'a>>, Error> {
    let targets: Vec<String> =
        object.programs().iter().map(|program| target(&program.attach)).collect();
    let mut names = object.searched_types();
    names.extend(targets.iter().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    let found = kernel.find(&names);
    let programs = object.programs().iter().zip(&targets);
    programs
        .map(|(program, target)| relocate_program(object, kernel, &found, program, target))
        .collect()
}

fn absent(what: &str, name: &str) -> Error {
    Error::new(format!("there is no {what} {name}"))
}

fn has_no_target(program: &Program) -> Error {
    let (kind, name) = match &program.attach {
        Attach::Tracepoint(name) => ("tracepoint", name),
        Attach::Iterator(name) => ("iterator", name),
    };
    Error::new(format!("load program {}: the kernel has no {kind} {name}", program.name))
}

/// The kernel's type that says what a program gets.
fn target(attach: &Attach) -> String {
    match attach {
        Attach::Tracepoint(name) => format!("btf_trace_{name}"),
        Attach::Iterator(name) => format!("bpf_iter_{name}"),
    }
}

fn relocate_program<'a>(
    object: &Object<'_>,
    kernel: &Btf<'_>,
    found: &Found<'_>,
    program: &'a Program,
    target: &str,
) -> Result<Relocated<'a>, Error> {
    let kind = match program.attach {
        Attach::Tracepoint(_) => Kind::Typedef,
        Attach::Iterator(_) => Kind::Function,
    };
    let target = kernel.find_exact(found, target, kind).ok_or_else(|| has_no_target(program))?;
    let mut relocated = Relocated {
        program,
        instructions: program.instructions.clone(),
        poisoned: Vec::new(),
        attach_btf_id: target.0,
    };
    for relocation in &program.relocations {
        let index = relocation.instruction;
        let poison = relocate::resolve(relocation, object.btf(), kernel, found)
            .and_then(|outcome| relocate::apply(outcome, &mut relocated.instructions, index))
            .map_err(|problem| {
                let name = &program.name;
                let text = format!("relocate program {name}, instruction {index}: {problem}");
                Error::new(text)
            })?;
        relocated.poisoned.extend(poison.map(|poison| (index, poison)));
    }
    Ok(relocated)
}

impl Relocated<'_> {
    /// Writes the descriptors of maps into the loads that refer to them.
    fn refer_to(&mut self, maps: &[Map]) {
        for reference in &self.program.references {
            let [first, second, ..] = &mut self.instructions[reference.instruction..] else {
                continue;
            };
            let (source, offset) = match reference.target {
                Target::Map => (MAP_DESCRIPTOR, 0),
                Target::Value { offset } => (MAP_VALUE, offset),
            };
            first.set_source(source);
            first.immediate = maps[reference.map].handle().as_fd().as_raw_fd();
            second.immediate = offset as i32;
        }
    }

    fn load(&self, object: &Object<'_>) -> Result<LoadedProgram, Error> {
        let attributes = ProgramAttributes {
            name: &self.program.name,
            instructions: &self.instructions,
            license: object.license(),
            attach: &self.program.attach,
            attach_btf_id: self.attach_btf_id,
        };
        let descriptor = charged(|| load_program(&attributes, &mut []))
            .or_else(|errno| self.load_with_log(&attributes, errno))?;
        Ok(LoadedProgram {
            name: self.program.name.clone(),
            attach: self.program.attach.clone(),
            descriptor,
        })
    }

    /// Loads once more, to learn why the kernel refused the program.
    fn load_with_log(
        &self,
        attributes: &ProgramAttributes<'_>,
        errno: Errno,
    ) -> Result<OwnedFd, Error> {
        // Zeroed memory takes room only where the kernel writes.
        let mut log = vec![0; LOG];
        if let Ok(descriptor) = load_program(attributes, &mut log) {
            return Ok(descriptor);
        }
        let program = &self.program.name;
        let poisoned = verifier_log::poisoned_instruction(&log)
            .and_then(|index| self.poisoned.iter().find(|(poisoned, _)| *poisoned == index));
        if let Some((_, poison)) = poisoned {
            return Err(Error::new(format!("load program {program}: {poison}")));
        }
        let refusal = Refusal::new(Request::LoadProgram, errno);
        let log = verifier_log::last_lines(&log);
        Err(if log.is_empty() {
            Error::Refused { action: format!("load program {program}"), refusal }
        } else {
            Error::verifier(program, &refusal, &log)
        })
    }
}
