//! Sizes and offsets: the layout of types in memory.
//!
//! Pointers are eight bytes long, in BPF and in every kernel that this loader serves.

use super::{Btf, BtfError, Kind, MAX_DEPTH, MAX_STEPS, Type, TypeId};

const POINTER_BYTES: u32 = 8;

/// The layout of a struct or union, for comparison with its mirror in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The size in bytes.
    pub size: u32,
    /// The members in the order of declaration. An anonymous struct or union is replaced by its
    /// members.
    pub fields: Vec<Field>,
}

/// A member of a [`Structure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The member's name.
    pub name: String,
    /// The member's offset in bytes.
    pub offset: u32,
    /// The member's size in bytes.
    pub size: u32,
}

impl<'a> Btf<'a> {
    /// The type behind typedefs, qualifiers and tags.
    pub fn resolve(&self, id: TypeId) -> Result<(TypeId, Type<'a>), BtfError> {
        let mut at = id;
        for _ in 0..MAX_DEPTH {
            let found = self.get(at)?;
            match found.kind {
                Kind::Typedef | Kind::Volatile | Kind::Const | Kind::Restrict | Kind::TypeTag => {
                    at = found.target();
                }
                _ => return Ok((at, found)),
            }
        }
        Err(BtfError::TooDeep(id))
    }

    /// The size of a value of the type, in bytes.
    pub fn size_of(&self, id: TypeId) -> Result<u32, BtfError> {
        let mut at = id;
        let mut elements = 1_u32;
        for _ in 0..MAX_DEPTH {
            let (resolved, found) = self.resolve(at)?;
            let size = match (found.array(), found.kind) {
                (Some((element, count)), _) => {
                    elements = elements.checked_mul(count).ok_or(BtfError::NoSize(id))?;
                    at = element;
                    continue;
                }
                (None, Kind::Variable) => {
                    at = found.target();
                    continue;
                }
                (None, Kind::Pointer) => POINTER_BYTES,
                (None, _) => found.size().ok_or(BtfError::NoSize(resolved))?,
            };
            return elements.checked_mul(size).ok_or(BtfError::NoSize(id));
        }
        Err(BtfError::TooDeep(id))
    }

    /// The layout of the struct or union of that name; `None` where there is none, or
    /// where it has bit-fields, which have no offset in bytes.
    pub fn structure(&self, name: &str) -> Option<Structure> {
        let found = self.find(&[name]);
        let id = self
            .find_exact(&found, name, Kind::Struct)
            .or_else(|| self.find_exact(&found, name, Kind::Union))?;
        let mut fields = Vec::new();
        let mut steps = MAX_STEPS;
        self.collect_fields(id, 0, MAX_DEPTH, &mut steps, &mut fields)?;
        let size = self.size_of(id).ok()?;
        Some(Structure { size, fields })
    }

    fn collect_fields(
        &self,
        id: TypeId,
        base: u32,
        depth: usize,
        steps: &mut usize,
        fields: &mut Vec<Field>,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let (_, composite) = self.resolve(id).ok()?;
        for member in composite.members() {
            *steps = steps.checked_sub(1)?;
            let name = self.string(member.name).ok()?;
            let offset = base.checked_add(member.bit_offset / 8)?;
            if name.is_empty() {
                self.collect_fields(member.type_id, offset, depth, steps, fields)?;
                continue;
            }
            if member.bits != 0 || member.bit_offset % 8 != 0 {
                return None;
            }
            fields.push(Field {
                name: name.to_owned(),
                offset,
                size: self.size_of(member.type_id).ok()?,
            });
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Builder;
    use super::*;

    #[test]
    fn sizes_follow_typedefs_qualifiers_arrays_and_pointers() {
        let mut types = Builder::default();
        let int = types.int("int", 4, true);
        let alias = types.typedef("number", int);
        let constant = types.constant(alias);
        // Volatile, restrict, and a tag.
        let qualified =
            [9, 11, 18].into_iter().fold(constant, |target, kind| types.qualified(kind, target));
        let row = types.array(qualified, 3);
        let table = types.array(row, 5);
        let pointer = types.pointer(table);
        let forward = types.forward("unknown");
        let huge = types.array(table, u32::MAX);
        let bytes = types.bytes();
        let btf = Btf::parse(&bytes).unwrap();
        for (id, expected) in [
            (constant, Ok(4)),
            (row, Ok(12)),
            (table, Ok(60)),
            (pointer, Ok(8)),
            (forward, Err(BtfError::NoSize(forward))),
            (huge, Err(BtfError::NoSize(huge))),
            (TypeId::VOID, Err(BtfError::NoSize(TypeId::VOID))),
        ] {
            assert_eq!(btf.size_of(id), expected);
        }
    }

    #[test]
    fn a_type_that_refers_to_itself_is_an_error() {
        let mut types = Builder::default();
        let alias = types.typedef("ouroboros", types.next());
        let array = types.array(types.next(), 1);
        let bytes = types.bytes();
        let btf = Btf::parse(&bytes).unwrap();
        assert_eq!(btf.resolve(alias).unwrap_err(), BtfError::TooDeep(alias));
        assert_eq!(btf.size_of(array), Err(BtfError::TooDeep(array)));
    }

    #[test]
    fn the_members_of_an_anonymous_union_stand_in_its_place() {
        let mut types = Builder::default();
        let int = types.int("int", 4, true);
        let byte = types.int("char", 1, true);
        let name = types.array(byte, 16);
        let either = types.union("", 4, &[("whole", int, 0), ("first", byte, 0)]);
        types.structure("record", 24, &[("name", name, 0), ("", either, 128), ("last", int, 160)]);
        let bytes = types.bytes();
        let layout = Btf::parse(&bytes).unwrap().structure("record").unwrap();
        let fields: Vec<_> =
            layout.fields.iter().map(|f| (f.name.as_str(), f.offset, f.size)).collect();
        assert_eq!(layout.size, 24);
        assert_eq!(fields, [("name", 0, 16), ("whole", 16, 4), ("first", 16, 1), ("last", 20, 4)]);
    }

    #[test]
    fn an_anonymous_struct_inside_itself_has_no_layout() {
        let mut types = Builder::default();
        let own = types.next();
        types.structure("", 8, &[("", own, 0)]);
        types.structure("outer", 8, &[("", own, 0)]);
        let bytes = types.bytes();
        assert_eq!(Btf::parse(&bytes).unwrap().structure("outer"), None);
    }
}
