//! The faults of object files.

use std::fmt;

use super::super::btf::BtfError;

/// A fault of an object file, or of a request to change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectError {
    /// The file is no ELF file.
    NotElf,
    /// The ELF file is of another machine, width or byte order.
    NotBpf {
        /// `e_machine`: 247 is BPF.
        machine: u16,
    },
    /// The ELF file contradicts itself.
    Damaged(String),
    /// There is no type information: compiled without `-g`, or stripped of it.
    NoBtf,
    /// The type information is damaged.
    Btf(BtfError),
    /// A section that is not understood.
    Section {
        /// The section.
        section: String,
        /// Its fault.
        problem: &'static str,
    },
    /// A map that is not understood.
    Map {
        /// The map.
        map: String,
        /// Its fault.
        problem: String,
    },
    /// A program that is not understood.
    Program {
        /// The program, or the function that it calls.
        program: String,
        /// The instruction, counted from the function's first.
        instruction: usize,
        /// Its fault.
        problem: String,
    },
    /// The object defines no map of that name.
    NoMap(String),
    /// The object has no global variable of that name.
    NoVariable(String),
    /// The variable lies in `.bss`: it is zero when the program starts.
    NotInitialised(String),
    /// The variable is of another size than the value for it.
    VariableSize {
        /// The variable.
        variable: String,
        /// Its bytes.
        size: usize,
        /// The bytes of the value.
        given: usize,
    },
}

impl From<BtfError> for ObjectError {
    fn from(error: BtfError) -> Self {
        Self::Btf(error)
    }
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => write!(f, "not an ELF file"),
            Self::NotBpf { machine } => write!(f, "not a BPF object (machine {machine})"),
            Self::Damaged(problem) => write!(f, "damaged ELF file: {problem}"),
            Self::NoBtf => write!(f, "no type information (compiled without -g?)"),
            Self::Btf(error) => error.fmt(f),
            Self::Section { section, problem } => write!(f, "section {section}: {problem}"),
            Self::Map { map, problem } => write!(f, "map {map}: {problem}"),
            Self::Program { program, instruction, problem } => {
                write!(f, "function {program}, instruction {instruction}: {problem}")
            }
            Self::NoMap(map) => write!(f, "there is no map {map}"),
            Self::NoVariable(variable) => write!(f, "there is no variable {variable}"),
            Self::NotInitialised(variable) => {
                write!(f, "variable {variable} always starts as zero")
            }
            Self::VariableSize { variable, size, given } => {
                write!(f, "variable {variable} has {size} bytes, the value {given}")
            }
        }
    }
}

impl std::error::Error for ObjectError {}
