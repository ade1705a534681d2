//! Types by name: one scan over all types for all the names that are wanted.
//!
//! An object wants some twenty names, and the kernel has some 150,000. A hash of the kernel's names
//! costs more than the scan, which looks at two bytes of each name before it compares names. The
//! scan works with any order of the types.

use super::{Btf, Kind, Type, TypeId};

/// The end of the essential part of a name: `task_struct___before_5_14` is another view of
/// `task_struct`.
const FLAVOUR: &[u8] = b"___";

/// The types that [`Btf::find`] found, by essential name.
#[derive(Debug)]
pub struct Found<'n> {
    by_name: Vec<(&'n str, Vec<TypeId>)>,
}

impl Found<'_> {
    /// The types of that name, in the order of their numbers.
    pub fn get(&self, name: &str) -> &[TypeId] {
        let found = self.by_name.iter().find(|(known, _)| *known == name);
        found.map_or(&[], |(_, ids)| ids)
    }
}

impl Btf<'_> {
    /// Finds all types that bear one of these names, with or without a flavour.
    pub fn find<'n>(&self, names: &[&'n str]) -> Found<'n> {
        let filter = Filter::new(names);
        let mut by_name: Vec<_> = names.iter().map(|&name| (name, Vec::new())).collect();
        for (number, &start) in self.offsets[..self.len()].iter().enumerate() {
            let record = &self.types[start as usize..];
            let Some(text) =
                super::word(record, 0).and_then(|name| self.strings.get(name as usize..))
            else {
                continue;
            };
            if !filter.may_pass(text) {
                continue;
            }
            for (name, ids) in &mut by_name {
                if bears(text, name.as_bytes()) && is_findable(record) {
                    ids.push(TypeId(number as u32 + 1));
                }
            }
        }
        Found { by_name }
    }

    /// The type of exactly that name and kind; the first one where there are several.
    pub fn find_exact(&self, found: &Found<'_>, name: &str, kind: Kind) -> Option<TypeId> {
        found.get(name).iter().copied().find(|&id| {
            self.get(id)
                .is_ok_and(|found| found.kind == kind && self.string(found.name) == Ok(name))
        })
    }
}

/// Whether a search may find the type. No object asks for the names of variables, sections and
/// tags.
fn is_findable(record: &[u8]) -> bool {
    let kind = Type::decode(record).map_or(Kind::Void, |found| found.kind);
    !matches!(
        kind,
        Kind::Void | Kind::Variable | Kind::Section | Kind::DeclarationTag | Kind::TypeTag
    )
}

/// Whether the string that `text` begins with is `name` or a flavour of it.
fn bears(text: &[u8], name: &[u8]) -> bool {
    match text.strip_prefix(name) {
        Some([0, ..]) => !name.is_empty(),
        Some(rest) if rest.starts_with(FLAVOUR) => {
            let end = text.iter().position(|&byte| byte == 0);
            end.is_some_and(|end| essential_bytes(&text[..end]) == name)
        }
        _ => false,
    }
}

/// A name without its flavour.
pub(crate) fn essential(name: &str) -> &str {
    // The cut is before an ASCII byte, hence at a boundary of characters.
    &name[..essential_bytes(name.as_bytes()).len()]
}

/// A flavour begins at the last three underscores with other characters on both sides; the rule is
/// libbpf's `bpf_core_essential_name_len`.
fn essential_bytes(name: &[u8]) -> &[u8] {
    let cut =
        name.windows(5).rposition(|at| at[0] != b'_' && &at[1..4] == FLAVOUR && at[4] != b'_');
    cut.map_or(name, |before| &name[..=before])
}

/// A bit for each pair of first bytes that a wanted name may begin with.
struct Filter {
    pairs: Box<[u64; 1024]>,
}

impl Filter {
    fn new(names: &[&str]) -> Self {
        let mut filter = Self { pairs: Box::new([0; 1024]) };
        for name in names {
            match *name.as_bytes() {
                [] => {}
                [only] => {
                    filter.set(only, 0);
                    filter.set(only, b'_');
                }
                [first, second, ..] => filter.set(first, second),
            }
        }
        filter
    }

    fn set(&mut self, first: u8, second: u8) {
        let pair = usize::from(u16::from_le_bytes([first, second]));
        self.pairs[pair / 64] |= 1 << (pair % 64);
    }

    fn may_pass(&self, text: &[u8]) -> bool {
        let Some(&pair) = text.first_chunk() else {
            return false;
        };
        let pair = usize::from(u16::from_le_bytes(pair));
        self.pairs[pair / 64] & 1 << (pair % 64) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Builder;
    use super::*;

    #[test]
    fn a_flavour_begins_at_the_last_three_underscores() {
        for (name, expected) in [
            ("task_struct", "task_struct"),
            ("task_struct___old", "task_struct"),
            ("a___b___c", "a___b"),
            ("a____b", "a____b"),
            ("___a", "___a"),
            ("a___", "a___"),
            ("a___b", "a"),
            ("", ""),
            ("é___é", "é"),
        ] {
            assert_eq!(essential(name), expected, "{name}");
        }
    }

    #[test]
    fn all_names_are_found_in_one_scan_with_their_flavours() {
        let mut types = Builder::default();
        let int = types.int("x", 4, false);
        let plain = types.structure("task", 4, &[]);
        let flavour = types.structure("task___2", 4, &[]);
        types.structure("task2", 4, &[]);
        types.structure("tas", 4, &[]);
        types.structure("task___2____", 4, &[]);
        let function = types.function("task", plain);
        let bytes = types.bytes();
        let btf = Btf::parse(&bytes).unwrap();
        let found = btf.find(&["task", "x", "absent", ""]);
        assert_eq!(found.get("task"), [plain, flavour, TypeId(6), function]);
        assert_eq!(found.get("x"), [int]);
        assert!(found.get("absent").is_empty() && found.get("").is_empty());
        assert_eq!(btf.find_exact(&found, "task", Kind::Function), Some(function));
        assert_eq!(btf.find_exact(&found, "task", Kind::Typedef), None);
    }
}
