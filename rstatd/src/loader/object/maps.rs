//! Maps: the definitions in `.maps`, and one map for each section of variables.
//!
//! A map in `.maps` is a variable, and its type describes the map: a struct of pointers.
//! `int (*max_entries)[64]` states the number 64, `struct cpu *value` the type `struct cpu`.
//! libbpf's `__uint` and `__type` write these members.

use std::fmt::Display;

use super::elf::{Elf, Section};
use crate::loader::btf::{Btf, BtfError, Kind, Member, TypeId};
use crate::loader::fault::Fault;

/// `BPF_F_RDONLY_PROG`: programs may not write.
const READ_ONLY_TO_PROGRAMS: u32 = 1 << 7;
/// `BPF_F_MMAPABLE`.
pub(crate) const MMAPABLE: u32 = 1 << 10;

const DEFINITIONS: &str = ".maps";
/// The sections of variables, each also with a suffix as in `.rodata.str1.1`.
const READ_ONLY: &str = ".rodata";
const INITIALISED: &str = ".data";
const ZEROED: &str = ".bss";

/// The kinds of maps that are known: the kernel's `bpf_map_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum MapType {
    /// Values by keys.
    Hash = 1,
    /// Values by numbers from 0.
    Array = 2,
}

impl MapType {
    fn from_number(number: u32) -> Option<Self> {
        [Self::Hash, Self::Array].into_iter().find(|known| *known as u32 == number)
    }
}

/// A map to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapDefinition {
    /// Its name in the object.
    pub name: String,
    /// What kind of map it is.
    pub map_type: MapType,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// How many entries there may be.
    pub max_entries: u32,
    /// The kernel's `BPF_F_…`.
    pub flags: u32,
    /// The first contents of the only value, for a section of initialised variables.
    pub(crate) contents: Option<Vec<u8>>,
    place: Place,
}

/// The part of a map that an instruction loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The map itself.
    Map,
    /// The address of a byte of its only value.
    Value {
        /// Bytes before it.
        offset: u32,
    },
}

/// Where a variable lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name of the map that is its section, such as `.bss`.
    pub map: String,
    /// Bytes before it in the map's value.
    pub offset: usize,
    /// Bytes that it takes.
    pub size: usize,
}

/// The place in the object that references to a map point to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Exactly this place: a definition.
    At { section: usize, offset: u64 },
    /// Anywhere in that section of variables.
    Within { section: usize },
}

impl MapDefinition {
    /// The definition at a place of a section, without attributes yet.
    pub(crate) fn at(name: &str, section: usize, offset: u64) -> Self {
        Self {
            name: name.to_owned(),
            map_type: MapType::Array,
            key_size: 0,
            value_size: 0,
            max_entries: 0,
            flags: 0,
            contents: None,
            place: Place::At { section, offset },
        }
    }

    /// Whether it is a section of variables.
    pub fn is_section(&self) -> bool {
        matches!(self.place, Place::Within { .. })
    }

    /// Whether the map is read-only once it is initialised.
    pub(crate) fn is_frozen(&self) -> bool {
        self.is_section() && self.flags & READ_ONLY_TO_PROGRAMS != 0
    }

    /// The part of this map that a place in a section is, if any.
    pub(super) fn refers(&self, section: usize, offset: u64) -> Option<Target> {
        match self.place {
            Place::At { .. } => {
                (self.place == Place::At { section, offset }).then_some(Target::Map)
            }
            Place::Within { .. } if self.place != (Place::Within { section }) => None,
            Place::Within { .. } => {
                let offset = u32::try_from(offset).ok()?;
                (offset < self.value_size).then_some(Target::Value { offset })
            }
        }
    }
}

/// All maps of an object.
pub(super) fn all(elf: &Elf<'_>, btf: &Btf<'_>) -> Result<Vec<MapDefinition>, Fault> {
    let mut maps = Vec::new();
    for (number, section) in elf.sections.iter().enumerate() {
        let is_variables = is_kind(section.name, READ_ONLY)
            || is_kind(section.name, INITIALISED)
            || is_kind(section.name, ZEROED);
        if is_variables && section.takes_memory && section.size != 0 {
            refuse_relocations(section)?;
            maps.push(of_variables(number, section)?);
        } else if section.name == DEFINITIONS {
            refuse_relocations(section)?;
            maps.extend(of_definitions(elf, number, btf)?);
        }
    }
    Ok(maps)
}

/// The variables of all sections of variables, by name.
pub(super) fn variables(elf: &Elf<'_>, maps: &[MapDefinition]) -> Vec<(String, Variable)> {
    let mut variables = Vec::new();
    for map in maps {
        let Place::Within { section } = map.place else {
            continue;
        };
        for symbol in elf.variables(section) {
            if symbol.value.checked_add(symbol.size).is_none_or(|end| end > map.value_size.into()) {
                continue;
            }
            let place = Variable {
                map: map.name.clone(),
                offset: symbol.value as usize,
                size: symbol.size as usize,
            };
            variables.push((symbol.name.to_owned(), place));
        }
    }
    variables
}

fn is_kind(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|suffix| suffix.is_empty() || suffix.starts_with('.'))
}

/// Refuses initialised pointers: they would hold addresses in the object, not in the kernel.
fn refuse_relocations(section: &Section<'_>) -> Result<(), Fault> {
    if section.relocations.is_empty() {
        return Ok(());
    }
    Err(Fault::of_section(section.name, "initialised pointers are not supported"))
}

fn of_variables(number: usize, section: &Section<'_>) -> Result<MapDefinition, Fault> {
    let value_size = u32::try_from(section.size);
    let value_size = value_size.map_err(|_| Fault::of_section(section.name, "too long"))?;
    let read_only = if is_kind(section.name, READ_ONLY) { READ_ONLY_TO_PROGRAMS } else { 0 };
    Ok(MapDefinition {
        name: section.name.to_owned(),
        map_type: MapType::Array,
        key_size: 4,
        value_size,
        max_entries: 1,
        flags: MMAPABLE | read_only,
        contents: (!section.is_zeroed).then(|| section.bytes.to_vec()),
        place: Place::Within { section: number },
    })
}

fn of_definitions(
    elf: &Elf<'_>,
    section: usize,
    btf: &Btf<'_>,
) -> Result<Vec<MapDefinition>, Fault> {
    let mut maps = Vec::new();
    for id in variables_of_section(btf, DEFINITIONS)? {
        let variable = btf.get(id)?;
        let name = btf.string(variable.name)?;
        // The symbols always have the offsets. Those in the type information may be missing,
        // as a linker fills them in.
        let symbol = elf.variables(section).find(|symbol| symbol.name == name);
        let symbol = symbol.ok_or_else(|| Fault::new(format!("map {name}: it has no symbol")))?;
        let (_, definition) = btf.resolve(variable.target())?;
        let mut map = MapDefinition::at(name, section, symbol.value);
        for member in definition.members() {
            set_attribute(&mut map, btf, member)?;
        }
        maps.push(map);
    }
    Ok(maps)
}

/// The variables that the type information lists for a section.
fn variables_of_section(btf: &Btf<'_>, name: &str) -> Result<Vec<TypeId>, BtfError> {
    for number in 1..=btf.len() {
        let section = btf.get(TypeId(number as u32))?;
        if section.kind == Kind::Section && btf.string(section.name)? == name {
            return Ok(section.variables().collect());
        }
    }
    Ok(Vec::new())
}

/// Sets the attribute that one member of a definition states.
fn set_attribute(map: &mut MapDefinition, btf: &Btf<'_>, member: Member) -> Result<(), Fault> {
    let name = btf.string(member.name)?;
    let unknown = |what: &dyn Display, map: &MapDefinition| {
        Fault::new(format!("map {}: {what} is not supported", map.name))
    };
    let (_, pointer) = btf.resolve(member.type_id)?;
    if pointer.kind != Kind::Pointer {
        return Err(unknown(&format_args!("attribute {name}"), map));
    }
    let stated = btf.resolve(pointer.target())?.1.array().map(|(_element, count)| count);
    match (name, stated) {
        ("type", Some(value)) => match MapType::from_number(value) {
            Some(known) => map.map_type = known,
            None => return Err(unknown(&format_args!("type {value}"), map)),
        },
        ("key_size", Some(value)) => map.key_size = value,
        ("value_size", Some(value)) => map.value_size = value,
        ("max_entries", Some(value)) => map.max_entries = value,
        ("map_flags", Some(value)) => map.flags = value,
        ("key", _) => map.key_size = btf.size_of(pointer.target())?,
        ("value", _) => map.value_size = btf.size_of(pointer.target())?,
        _ => return Err(unknown(&format_args!("attribute {name}"), map)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::btf::tests::Builder;
    use super::*;

    #[test]
    fn a_map_of_an_unknown_type_is_refused_by_name() {
        const PER_CPU_ARRAY: u32 = 6;
        let mut types = Builder::default();
        let int = types.int("int", 4, true);
        let mut attribute = |number| {
            let array = types.array(int, number);
            types.pointer(array)
        };
        let known = attribute(MapType::Hash as u32);
        let unknown = attribute(PER_CPU_ARRAY);
        let members = [("type", known, 0), ("type", unknown, 64)];
        let definition = types.structure("", 16, &members);
        let bytes = types.bytes();
        let btf = Btf::parse(&bytes).unwrap();
        let mut map = MapDefinition::at("map", 0, 0);
        let set = |member| set_attribute(&mut map, &btf, member);
        let results: Vec<_> = btf.get(definition).unwrap().members().map(set).collect();
        assert_eq!(results, [Ok(()), Err(Fault::new("map map: type 6 is not supported"))]);
        assert_eq!(map.map_type, MapType::Hash);
    }
}
