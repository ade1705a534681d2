//! The failures to load, attach or run: what was being done, to what, and why it failed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::btf::BtfError;
use super::object::{Attach, ObjectError};
use super::refusal::Refusal;
use super::relocate::{Poison, RelocateError};

/// A failure to load, attach or run.
#[derive(Debug)]
pub enum Error {
    /// A file could not be read.
    Read {
        /// The contents of the file.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The object cannot be loaded, or lacks a map or variable that was asked for.
    Object(ObjectError),
    /// The kernel's type information is damaged.
    KernelTypes {
        /// The file that it is from.
        path: PathBuf,
        /// Its fault.
        problem: BtfError,
    },
    /// A relocation makes no sense.
    Relocate {
        /// The program.
        program: String,
        /// The instruction.
        instruction: usize,
        /// Why.
        problem: RelocateError,
    },
    /// The kernel has nothing of that name to attach to.
    NoTarget {
        /// The program.
        program: String,
        /// Where it should attach.
        attach: Attach,
    },
    /// The kernel refused a map.
    Map {
        /// What was being done.
        action: &'static str,
        /// The map.
        map: String,
        /// The kernel's answer.
        refusal: Refusal,
    },
    /// The kernel refused a program.
    Program {
        /// What was being done.
        action: &'static str,
        /// The program.
        program: String,
        /// The kernel's answer.
        refusal: Refusal,
    },
    /// The kernel refused to count the run times of programs.
    Statistics {
        /// The kernel's answer.
        refusal: Refusal,
    },
    /// The verifier found fault with a program.
    Verifier {
        /// The program.
        program: String,
        /// The kernel's answer.
        refusal: Refusal,
        /// The end of the verifier's log.
        log: Vec<String>,
    },
    /// A program needs a type, field or value that this kernel lacks.
    Poisoned {
        /// The program.
        program: String,
        /// What the kernel lacks.
        poison: Poison,
    },
    /// No program, or no map, of that name was loaded.
    Absent {
        /// `program` or `map`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A program of another kind is needed for that.
    WrongKind {
        /// What was being done.
        action: &'static str,
        /// The program.
        program: String,
    },
    /// An iterator does not come to an end.
    Endless {
        /// The program.
        program: String,
    },
}

impl Error {
    /// A failure to read a file, with a hint that may be empty.
    pub(super) fn read(what: &'static str, path: &Path, error: &io::Error, hint: &str) -> Self {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text);
        Self::Read {
            what,
            path: path.to_owned(),
            reason: if hint.is_empty() { text.to_owned() } else { format!("{text} ({hint})") },
        }
    }
}

impl From<ObjectError> for Error {
    fn from(error: ObjectError) -> Self {
        Self::Object(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { what, path, reason } => {
                write!(f, "read {what} {}: {reason}", path.display())
            }
            Self::Object(error) => error.fmt(f),
            Self::KernelTypes { path, problem } => {
                write!(f, "read kernel types {}: {problem}", path.display())
            }
            Self::Relocate { program, instruction, problem } => {
                write!(f, "relocate program {program}, instruction {instruction}: {problem}")
            }
            Self::NoTarget { program, attach } => match attach {
                Attach::Tracepoint(name) => {
                    write!(f, "load program {program}: the kernel has no tracepoint {name}")
                }
                Attach::Iterator(name) => {
                    write!(f, "load program {program}: the kernel has no iterator {name}")
                }
            },
            Self::Map { action, map, refusal } => write!(f, "{action} map {map}: {refusal}"),
            Self::Program { action, program, refusal } => {
                write!(f, "{action} program {program}: {refusal}")
            }
            Self::Statistics { refusal } => {
                write!(f, "count the run times of programs: {refusal}")
            }
            Self::Verifier { program, refusal, log } => {
                write!(f, "load program {program}: {} (the verifier refused it)", refusal.errno)?;
                log.iter().try_for_each(|line| write!(f, "\n    {line}"))
            }
            Self::Poisoned { program, poison } => write!(f, "load program {program}: {poison}"),
            Self::Absent { what, name } => write!(f, "there is no {what} {name}"),
            Self::WrongKind { action, program } => {
                write!(f, "{action} program {program}: it is not of that kind")
            }
            Self::Endless { program } => write!(f, "iterate program {program}: it does not end"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::super::refusal::Request;
    use super::super::relocate::Reason;
    use super::super::sys::Errno;
    use super::*;

    #[test]
    fn errors_say_what_was_done_to_what_and_why_it_failed() {
        let program = || "on_switch".to_owned();
        let missing = io::Error::from_raw_os_error(libc::ENOENT);
        let refusal = || Refusal::new(Request::LoadProgram, Errno(libc::ENOMEM));
        let poison = Poison {
            type_name: "task_struct".to_owned(),
            part: "state".to_owned(),
            reason: Reason::NoField,
        };
        for (error, expected) in [
            (
                Error::read("kernel types", Path::new("/sys/x"), &missing, "no BTF"),
                "read kernel types /sys/x: No such file or directory (no BTF)",
            ),
            (Error::Object(ObjectError::NotBpf { machine: 62 }), "not a BPF object (machine 62)"),
            (
                Error::KernelTypes { path: PathBuf::from("/sys/x"), problem: BtfError::Truncated },
                "read kernel types /sys/x: type information is cut short",
            ),
            (
                Error::Verifier {
                    program: program(),
                    refusal: refusal(),
                    log: vec!["R1 invalid".to_owned()],
                },
                "load program on_switch: Cannot allocate memory (the verifier refused it)\n    R1 invalid",
            ),
            (
                Error::Poisoned { program: program(), poison },
                "load program on_switch: the kernel's task_struct has no such field as state",
            ),
            (
                Error::NoTarget {
                    program: program(),
                    attach: Attach::Tracepoint("sched".to_owned()),
                },
                "load program on_switch: the kernel has no tracepoint sched",
            ),
            (
                Error::Map { action: "create", map: "cpus".to_owned(), refusal: refusal() },
                "create map cpus: Cannot allocate memory",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }
}
