//! The place of a field in memory, as the steps of a path lead there.

use super::super::btf::{Btf, BtfError, Member, TypeId};

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
