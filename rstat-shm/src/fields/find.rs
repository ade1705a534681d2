//! Rows of the table by name.

use crate::fields::field::Field;
use crate::fields::lists::List;
use crate::fields::place::{FIELDS, PLACED};

/// The scalars that say something to people, in the order of their rows.
pub fn public() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| field.is_public())
}

/// The lists that say something to people, in the order of their rows.
pub fn public_lists() -> impl Iterator<Item = &'static List> {
    PLACED.iter().filter(|list| !list.dotted.is_empty())
}

/// The scalar of a name.
pub fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The list of a name.
pub fn find_list(name: &str) -> Option<&'static List> {
    PLACED.iter().find(|list| list.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::fields::{COMPUTED, HISTORY, POINT_BYTES, RECORDS, SNAPSHOT_BYTES};

    #[test]
    fn no_two_members_of_a_record_overlap() {
        let check = |name: &str, places: &mut Vec<(usize, usize)>, bytes: usize| {
            places.sort_unstable();
            let mut next = 0;
            for &(offset, size) in &*places {
                assert!(next <= offset, "{name}: {offset}");
                next = offset + size;
            }
            assert!(next <= bytes && bytes.is_multiple_of(8), "{name}: {next} of {bytes}");
        };
        let of = |fields: &[Field]| -> Vec<_> {
            fields.iter().map(|field| (field.offset, field.kind.bytes())).collect()
        };
        let mut snapshot = of(&FIELDS);
        snapshot.extend(PLACED.iter().map(|list| (list.offset, list.rows * list.stride())));
        check("snapshot", &mut snapshot, SNAPSHOT_BYTES);
        check("history point", &mut of(&HISTORY), POINT_BYTES);
        for record in RECORDS {
            check(record.name, &mut of(record.members), record.bytes());
        }
    }

    #[test]
    fn every_public_name_is_there_once() {
        let mut seen = HashSet::new();
        let fields =
            public().chain(COMPUTED.iter().map(|it| &it.field).filter(|it| it.is_public()));
        for field in fields {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
            assert!(field.dotted.chars().all(allowed), "{}", field.name);
            assert!(seen.insert(field.dotted), "{} twice", field.dotted);
            let other = FIELDS.iter().find(|other| other.name == field.dotted);
            assert!(other.is_none_or(|other| other.dotted == field.dotted), "{}", field.dotted);
        }
    }

    #[test]
    fn a_help_text_leaves_room_for_name_and_value_on_its_line() {
        let members = RECORDS.iter().flat_map(|record| record.members);
        for field in FIELDS.iter().chain(&HISTORY).chain(members) {
            assert!((1..=60).contains(&field.help.len()), "{}: {}", field.name, field.help);
        }
    }
}
