//! CO-RE, "compile once, run everywhere": (relocation × the object's types × the
//! kernel's types) → what to write into an instruction.
//!
//! The compiler records the type and the field of each access. The object declares only the
//! fields that it uses, so its offsets are wrong for every kernel until they are relocated:
//!
//! ```text
//! object:  struct task_struct___old { long state; }    type 41, access "0:0"
//!    path  follow the access string        →  [0] . state
//!    find  the same path, by name, in each type `task_struct` of the kernel
//!          found once, or alike in all     →  offset 24 · 8 bytes
//!   patch  r1 = *(u64 *)(r2 + 0)           →  r1 = *(u64 *)(r2 + 24)
//! ```
//!
//! Nothing is ever guessed: a field that is absent, of another kind or of another size
//! poisons the instruction, and so do candidates that disagree. A poisoned instruction is a
//! call of a helper that no kernel has. It is harmless in a branch that the verifier proves
//! dead, which is how a program asks "does this kernel have…". Elsewhere the verifier refuses
//! the program, and the [`Poison`] says why.
//!
//! The rules are those of libbpf's relo_core.c, except that a disagreement of candidates
//! poisons one instruction where libbpf fails the load. Bit-fields, sizes, and questions about
//! types as a whole are refused by name; types of kernel modules are not searched. All of it
//! is pure.

mod compatible;
mod find;
mod outcome;
mod patch;
mod path;
mod place;
mod query;

use super::btf::{Btf, Found, TypeId};
use super::fault::Fault;
use find::{find_enumerator, find_field};
pub use outcome::{Outcome, Patch, Poison, Reason};
pub(crate) use patch::POISON;
pub(crate) use patch::apply;
use path::Path;
use place::Place;
pub use query::{Query, Relocation};

/// Decides on the instruction of a relocation. `candidates` are the kernel's types by
/// essential name, among them those with the name of the relocation's type.
pub fn resolve(
    relocation: &Relocation,
    local: &Btf<'_>,
    kernel: &Btf<'_>,
    candidates: &Found<'_>,
) -> Result<Outcome, Fault> {
    let type_id = relocation.type_id;
    let essential = super::btf::essential(local.name_of(type_id)?);
    if essential.is_empty() {
        return Err(Fault::new(format!(
            "type {} has no name to look for in the kernel",
            type_id.0
        )));
    }
    let mut alike = Vec::new();
    for &id in candidates.get(essential) {
        if compatible::kinds(local.get(type_id)?.kind, kernel.get(id)?.kind) {
            alike.push(id);
        }
    }
    let search = Search { relocation, local, kernel, type_name: essential, candidates: &alike };
    match relocation.query {
        Query::FieldByteOffset | Query::FieldExists => search.field(),
        Query::EnumvalExists | Query::EnumvalValue => search.enumerator(),
    }
}

/// The candidates' answer to one question.
enum Answer<T> {
    None,
    One(T),
    Several,
}

struct Search<'a> {
    relocation: &'a Relocation,
    local: &'a Btf<'a>,
    kernel: &'a Btf<'a>,
    type_name: &'a str,
    candidates: &'a [TypeId],
}

impl Search<'_> {
    fn field(&self) -> Result<Outcome, Fault> {
        let (path, here) = Path::of_field(self.local, self.relocation)?;
        let answer = self.ask(|id| find_field(&path, self.local, self.kernel, id))?;
        if self.relocation.query == Query::FieldExists {
            return Ok(Outcome::value(1, u64::from(!matches!(answer, Answer::None))));
        }
        let part = path.to_string();
        if here.is_bit_field {
            let text =
                format!("{part} of {} is a bit-field, which is not supported", self.type_name);
            return Err(Fault::new(text));
        }
        let reason = match answer {
            Answer::One(there) if there.is_bit_field => Reason::BitField,
            Answer::One(there) => return Ok(self.placed(&here, &there, part)),
            Answer::None => self.missing(Reason::NoField),
            Answer::Several => Reason::Ambiguous,
        };
        Ok(Outcome::Poison(self.poison(part, reason)))
    }

    /// The patch for a field that lies `here` in the object and `there` in the kernel.
    fn placed(&self, here: &Place, there: &Place, part: String) -> Outcome {
        let (from, to) = (here.size, there.size);
        let resized = (from != to).then(|| self.poison(part, Reason::Resized { from, to }));
        let (expected, value) = (here.bit_offset / 8, there.bit_offset / 8);
        Outcome::Patch(Patch { expected, value, resized })
    }

    fn enumerator(&self) -> Result<Outcome, Fault> {
        let (name, here) = path::enumerator(self.local, self.relocation)?;
        let answer = self.ask(|id| find_enumerator(name, self.kernel, id))?;
        if self.relocation.query == Query::EnumvalExists {
            return Ok(Outcome::value(1, u64::from(!matches!(answer, Answer::None))));
        }
        let reason = match answer {
            Answer::One(there) => return Ok(Outcome::value(here, there)),
            Answer::None => self.missing(Reason::NoValue),
            Answer::Several => Reason::Ambiguous,
        };
        Ok(Outcome::Poison(self.poison(name.to_owned(), reason)))
    }

    /// Asks every candidate. Candidates without an answer do not count; the others must agree.
    /// A kernel may hold duplicates of a type that its deduplication has missed.
    fn ask<T: PartialEq>(
        &self,
        question: impl Fn(TypeId) -> Result<Option<T>, Fault>,
    ) -> Result<Answer<T>, Fault> {
        let mut answer = Answer::None;
        for &id in self.candidates {
            answer = match (question(id)?, answer) {
                (None, unchanged) => unchanged,
                (Some(first), Answer::None) => Answer::One(first),
                (Some(next), Answer::One(first)) if next == first => Answer::One(first),
                (Some(_), _) => return Ok(Answer::Several),
            };
        }
        Ok(answer)
    }

    /// Without any candidate the type itself is missing, not the part.
    fn missing(&self, part: Reason) -> Reason {
        if self.candidates.is_empty() { Reason::NoType } else { part }
    }

    fn poison(&self, part: String, reason: Reason) -> Poison {
        Poison { type_name: self.type_name.to_owned(), part, reason }
    }
}

#[cfg(test)]
mod tests;
