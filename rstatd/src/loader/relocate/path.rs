//! Access strings: numbers in the object's types → a path by name, and where it leads.
//!
//! ```text
//! struct sample { int first; struct { int one; int a[7]; }; };
//! &s->a[3]  is  "0:1:1:3"  is  [0] . a [3]
//! ```
//!
//! The first number indexes the pointer itself. Anonymous members are passed through
//! without a step of their own, because a kernel may nest them in another way.

use std::fmt;

use super::super::btf::{Btf, Type, TypeId};
use super::super::fault::Fault;
use super::place::Place;
use super::query::Relocation;

/// Longest access string, as in libbpf.
const MAX_ACCESS: usize = 64;

/// One step of a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// To the element of that number.
    Element(u32),
    /// To the member of that name; the type is the member's in the object.
    Member { name: &'a str, type_id: TypeId },
}

/// The way from a type to a field, by name.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) steps: Vec<Step<'a>>,
}

impl<'a> Path<'a> {
    /// The path of a relocation and the place of its field in the object's own types.
    pub(super) fn of_field(
        local: &Btf<'a>,
        relocation: &Relocation,
    ) -> Result<(Self, Place), Fault> {
        let refused = || refusal(local, relocation);
        let numbers = numbers(&relocation.access).ok_or_else(refused)?;
        let (&first, numbers) = numbers.split_first().ok_or_else(refused)?;
        let mut place = Place::start(local, relocation.type_id, first)?;
        let mut steps = vec![Step::Element(first)];
        for &number in numbers {
            let (_, outer) = local.resolve(place.type_id)?;
            if let Some((element, count)) = outer.array() {
                if !place.has_element(number, count) {
                    return Err(refused());
                }
                place.enter_element(local, element, number)?;
                steps.push(Step::Element(number));
                continue;
            }
            let member = outer.members().nth(number as usize).ok_or_else(refused)?;
            let is_last = number as usize + 1 == outer.members().len();
            place.enter_member(member, is_last);
            if member.name != 0 {
                let name = local.string(member.name)?;
                steps.push(Step::Member { name, type_id: member.type_id });
            }
        }
        place.finish(local)?;
        Ok((Self { steps }, place))
    }
}

impl fmt::Display for Path<'_> {
    /// As in C, without the first index where it is 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.steps.iter().enumerate() {
            match step {
                Step::Element(0) if i == 0 => {}
                Step::Element(number) => write!(f, "[{number}]")?,
                Step::Member { name, .. } if i > 1 => write!(f, ".{name}")?,
                Step::Member { name, .. } => write!(f, "{name}")?,
            }
        }
        Ok(())
    }
}

/// Name and value of the enumerator that a relocation is about.
pub(super) fn enumerator<'a>(
    local: &Btf<'a>,
    relocation: &Relocation,
) -> Result<(&'a str, u64), Fault> {
    let refused = || refusal(local, relocation);
    let (_, found): (_, Type<'a>) = local.resolve(relocation.type_id)?;
    let number: usize = relocation.access.parse().map_err(|_| refused())?;
    let enumerator = found.enumerators().nth(number).ok_or_else(refused)?;
    Ok((local.string(enumerator.name)?, enumerator.value))
}

fn refusal(local: &Btf<'_>, relocation: &Relocation) -> Fault {
    let type_name = local.name_of(relocation.type_id).unwrap_or_default();
    Fault::new(format!("{type_name} cannot be accessed as {}", relocation.access))
}

fn numbers(access: &str) -> Option<Vec<u32>> {
    let numbers: Vec<u32> =
        access.split(':').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    (numbers.len() <= MAX_ACCESS).then_some(numbers)
}
