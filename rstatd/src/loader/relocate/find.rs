//! A path by name × one of the kernel's types → where it leads there, if anywhere.

use super::super::btf::{Btf, BtfError, MAX_DEPTH, MAX_STEPS, Member, TypeId, essential};
use super::RelocateError;
use super::compatible;
use super::path::{Path, Step};

/// Where a field lies, from the start of the type that a path begins at.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) bit_offset: u64,
    /// The field's type.
    pub(super) type_id: TypeId,
    /// Its bytes.
    pub(super) size: u32,
    pub(super) is_bit_field: bool,
    /// The last member of its struct: if it is an array, it may be a flexible one.
    pub(super) is_last_member: bool,
}

/// Types are not compared: duplicates of a type differ in their numbers alone.
impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        (self.bit_offset, self.size, self.is_bit_field)
            == (other.bit_offset, other.size, other.is_bit_field)
    }
}

impl Place {
    /// The element of that number, as of an array of the type.
    pub(super) fn start(btf: &Btf<'_>, type_id: TypeId, number: u32) -> Result<Self, BtfError> {
        let mut place =
            Self { bit_offset: 0, type_id, size: 0, is_bit_field: false, is_last_member: false };
        place.enter_element(btf, type_id, number)?;
        Ok(place)
    }

    pub(super) fn enter_element(
        &mut self,
        btf: &Btf<'_>,
        element: TypeId,
        number: u32,
    ) -> Result<(), BtfError> {
        let bits = u64::from(number)
            .checked_mul(u64::from(btf.size_of(element)?) * 8)
            .and_then(|bits| bits.checked_add(self.bit_offset));
        self.bit_offset = bits.ok_or(BtfError::NoSize(element))?;
        self.type_id = element;
        self.is_bit_field = false;
        self.is_last_member = false;
        Ok(())
    }

    /// Whether an array of that many elements has one of that number. A flexible array,
    /// declared with none at the end of its struct, may have any.
    pub(super) fn has_element(&self, number: u32, count: u32) -> bool {
        number < count || count == 0 && self.is_last_member
    }

    pub(super) fn enter_member(&mut self, member: Member, is_last: bool) {
        // A member's offset has 32 bits and a path MAX_ACCESS steps, but an element
        // before it may have brought the sum near its limit.
        self.bit_offset = self.bit_offset.saturating_add(member.bit_offset.into());
        self.type_id = member.type_id;
        self.is_bit_field = member.bits != 0;
        self.is_last_member = is_last;
    }

    /// Fills in the size, once the path has been followed to its end.
    pub(super) fn finish(&mut self, btf: &Btf<'_>) -> Result<(), BtfError> {
        self.is_bit_field |= !self.bit_offset.is_multiple_of(8);
        self.type_id = btf.resolve(self.type_id)?.0;
        self.size = btf.size_of(self.type_id)?;
        Ok(())
    }
}

/// Follows a path from the kernel's type `root`. `None` where a step is missing there or
/// leads to something of another kind.
pub(super) fn find_field(
    path: &Path<'_>,
    local: &Btf<'_>,
    kernel: &Btf<'_>,
    root: TypeId,
) -> Result<Option<Place>, RelocateError> {
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
) -> Result<Option<u64>, RelocateError> {
    for enumerator in kernel.resolve(id)?.1.enumerators() {
        if essential(kernel.string(enumerator.name)?) == essential(name) {
            return Ok(Some(enumerator.value));
        }
    }
    Ok(None)
}
