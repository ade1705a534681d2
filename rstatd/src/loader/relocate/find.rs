//! A path by name × one of the kernel's types → where it leads there, if anywhere.

use super::super::btf::{Btf, BtfError, MAX_DEPTH, MAX_STEPS, TypeId, essential};
use super::super::fault::Fault;
use super::compatible;
use super::path::{Path, Step};
use super::place::Place;

/// Follows a path from the kernel's type `root`. `None` where a step is missing there or
/// leads to something of another kind.
pub(super) fn find_field(
    path: &Path<'_>,
    local: &Btf<'_>,
    kernel: &Btf<'_>,
    root: TypeId,
) -> Result<Option<Place>, Fault> {
    let Some((&Step::Element(first), steps)) = path.steps.split_first() else {
        return Ok(None);
    };
    let mut place = Place::start(kernel, root, first)?;
    for step in steps {
        match *step {
            Step::Element(number) => {
                let Some((element, count)) = kernel.resolve(place.type_id)?.1.array() else {
                    return Ok(None);
                };
                if !place.has_element(number, count) {
                    return Ok(None);
                }
                place.enter_element(kernel, element, number)?;
            }
            Step::Member { name, type_id } => {
                let outer = place.type_id;
                let mut search = MemberSearch { kernel, name, steps: MAX_STEPS };
                let Some(found) = search.within(outer, &place, MAX_DEPTH)? else {
                    return Ok(None);
                };
                place = found;
                if !compatible::fields(local, type_id, kernel, place.type_id)? {
                    return Ok(None);
                }
            }
        }
    }
    place.finish(kernel)?;
    Ok(Some(place))
}

/// The search of a member by name, also within anonymous structs and unions.
struct MemberSearch<'a> {
    kernel: &'a Btf<'a>,
    name: &'a str,
    /// How many members may still be looked at: depth alone would allow a hostile kernel
    /// exponentially many.
    steps: usize,
}

impl MemberSearch<'_> {
    fn within(
        &mut self,
        type_id: TypeId,
        base: &Place,
        depth: usize,
    ) -> Result<Option<Place>, BtfError> {
        let (type_id, outer) = self.kernel.resolve(type_id)?;
        let depth = depth.checked_sub(1).ok_or(BtfError::TooDeep(type_id))?;
        let count = outer.members().len();
        for (number, member) in outer.members().enumerate() {
            self.steps = self.steps.checked_sub(1).ok_or(BtfError::TooDeep(type_id))?;
            let mut place = base.clone();
            place.enter_member(member, number + 1 == count);
            let name = self.kernel.string(member.name)?;
            if name == self.name {
                return Ok(Some(place));
            }
            if name.is_empty()
                && let Some(found) = self.within(member.type_id, &place, depth)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// The value of that name, flavours aside, in the kernel's enum.
pub(super) fn find_enumerator(
    name: &str,
    kernel: &Btf<'_>,
    id: TypeId,
) -> Result<Option<u64>, Fault> {
    for enumerator in kernel.resolve(id)?.1.enumerators() {
        if essential(kernel.string(enumerator.name)?) == essential(name) {
            return Ok(Some(enumerator.value));
        }
    }
    Ok(None)
}
