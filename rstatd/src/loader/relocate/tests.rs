//! Relocation against kernels that are made up: each differs from the object in one way.

use super::super::btf::tests::Builder;
use super::super::btf::{Btf, BtfError, MAX_DEPTH, TypeId, essential};
use super::super::instruction::Instruction;
use super::*;

/// The outcome of one relocation of the object's type `type_id`.
fn outcome(
    local: &Builder,
    kernel: &Builder,
    (type_id, access, query): (TypeId, &str, Query),
) -> Result<Outcome, Fault> {
    let (local, kernel) = (local.bytes(), kernel.bytes());
    let (local, kernel) = (Btf::parse(&local).unwrap(), Btf::parse(&kernel).unwrap());
    let relocation = Relocation { instruction: 0, type_id, access: access.to_owned(), query };
    let found = kernel.find(&[essential(local.name_of(type_id).unwrap())]);
    resolve(&relocation, &local, &kernel, &found)
}

/// What is left of an outcome for a table: a value, or the reason against one.
fn value(
    local: &Builder,
    kernel: &Builder,
    question: (TypeId, &str, Query),
) -> Result<u64, String> {
    match outcome(local, kernel, question) {
        Ok(Outcome::Patch(patch)) => Ok(patch.value),
        Ok(Outcome::Poison(poison)) => Err(poison.to_string()),
        Err(error) => Err(format!("error: {error}")),
    }
}

fn refusal(text: &str) -> Result<u64, String> {
    Err(text.to_owned())
}

/// `mm_struct` before 6.2: `struct { atomic_long_t count[4]; } rss_stat`.
fn mm_before_6_2(types: &mut Builder, name: &str, offset: u32) -> TypeId {
    let long = types.int("long", 8, true);
    let atomic = types.structure("", 8, &[("counter", long, 0)]);
    let atomic = types.typedef("atomic_long_t", atomic);
    let counts = types.array(atomic, 4);
    let stat = types.structure("mm_rss_stat", 32, &[("count", counts, 0)]);
    types.structure(name, 128, &[("rss_stat", stat, offset * 8)])
}

/// `mm_struct` from 6.2 on: `struct percpu_counter rss_stat[4]`.
fn mm_from_6_2(types: &mut Builder, name: &str, offset: u32) -> TypeId {
    let long = types.int("long", 8, true);
    let counter = types.structure("percpu_counter", 40, &[("count", long, 64)]);
    let counters = types.array(counter, 4);
    types.structure(name, 256, &[("rss_stat", counters, offset * 8)])
}

#[test]
fn a_flavour_is_right_for_the_kernels_that_it_is_named_by() {
    let mut local = Builder::default();
    let before = mm_before_6_2(&mut local, "mm_struct___before_6_2", 0);
    let from = mm_from_6_2(&mut local, "mm_struct___from_6_2", 0);
    let (mut old, mut new) = (Builder::default(), Builder::default());
    mm_before_6_2(&mut old, "mm_struct", 64);
    mm_from_6_2(&mut new, "mm_struct", 48);

    let (offset, exists) = (Query::FieldByteOffset, Query::FieldExists);
    let field_before = (before, "0:0:0:1:0");
    let field_from = (from, "0:0:1:0");
    for (kernel, (type_id, access), query, expected) in [
        (&old, field_before, exists, Ok(1)),
        (&old, field_before, offset, Ok(64 + 8)),
        (&old, field_from, exists, Ok(0)),
        (
            &old,
            field_from,
            offset,
            refusal("the kernel's mm_struct has no such field as rss_stat[1].count"),
        ),
        (&new, field_before, exists, Ok(0)),
        (
            &new,
            field_before,
            offset,
            refusal("the kernel's mm_struct has no such field as rss_stat.count[1].counter"),
        ),
        (&new, field_from, exists, Ok(1)),
        (&new, field_from, offset, Ok(48 + 40 + 8)),
    ] {
        assert_eq!(value(&local, kernel, (type_id, access, query)), expected);
    }
}

#[test]
fn a_renamed_field_is_found_by_the_flavour_that_knows_its_name() {
    let mut local = Builder::default();
    let long = local.int("long", 8, true);
    let word = local.int("unsigned int", 4, false);
    let before = local.structure("task_struct___before_5_14", 8, &[("state", long, 0)]);
    let from = local.structure("task_struct___from_5_14", 4, &[("__state", word, 0)]);
    let mut kernel = Builder::default();
    let word = kernel.int("unsigned int", 4, false);
    kernel.structure("task_struct", 64, &[("flags", word, 0), ("__state", word, 192)]);

    for (type_id, query, expected) in [
        (before, Query::FieldExists, Ok(0)),
        (
            before,
            Query::FieldByteOffset,
            refusal("the kernel's task_struct has no such field as state"),
        ),
        (from, Query::FieldExists, Ok(1)),
        (from, Query::FieldByteOffset, Ok(24)),
    ] {
        assert_eq!(value(&local, &kernel, (type_id, "0:0", query)), expected);
    }
}

#[test]
fn anonymous_structs_and_unions_are_searched_however_they_nest() {
    let mut local = Builder::default();
    let int = local.int("int", 4, true);
    let flat = local.structure("sample", 8, &[("other", int, 0), ("wanted", int, 32)]);
    let mut kernel = Builder::default();
    let int = kernel.int("int", 4, true);
    let inner = kernel.structure("", 8, &[("pad", int, 0), ("wanted", int, 32)]);
    let either = kernel.union("", 8, &[("whole", int, 0), ("", inner, 0)]);
    let alias = kernel.typedef("either_t", either);
    kernel.structure("sample", 24, &[("first", int, 0), ("", alias, 64)]);
    assert_eq!(value(&local, &kernel, (flat, "0:1", Query::FieldByteOffset)), Ok(8 + 4));

    // And the other way about: the object nests, the kernel does not.
    assert_eq!(value(&kernel, &local, (TypeId(5), "0:1:1:1", Query::FieldByteOffset)), Ok(4));
}

#[test]
fn array_elements_lie_where_the_kernels_sizes_put_them() {
    let build = |element_bytes: u32, count: u32| {
        let mut types = Builder::default();
        let int = types.int("int", 4, true);
        let element = types.structure("element", element_bytes, &[("value", int, 0)]);
        let array = types.array(element, count);
        let outer = types.structure("outer", 96, &[("list", array, 0)]);
        (types, outer)
    };
    let (local, outer) = build(4, 4);
    for (element_bytes, count, expected) in [
        (4, 4, Ok(12)),
        (24, 8, Ok(72)),
        (24, 3, refusal("the kernel's outer has no such field as list[3].value")),
        // Declared last and with no elements, an array is a flexible one.
        (24, 0, Ok(72)),
    ] {
        let (kernel, _) = build(element_bytes, count);
        let question = (outer, "0:0:3:0", Query::FieldByteOffset);
        assert_eq!(value(&local, &kernel, question), expected);
    }
    // An index of the pointer itself counts in whole structs.
    let (kernel, _) = build(24, 4);
    assert_eq!(value(&local, &kernel, (outer, "2:0", Query::FieldByteOffset)), Ok(192));
}

#[test]
fn candidates_that_agree_are_one_and_those_that_do_not_are_none() {
    let mut local = Builder::default();
    let int = local.int("int", 4, true);
    let twin = local.structure("twin", 4, &[("a", int, 0)]);
    let kernel_with = |offsets: &[u32]| {
        let mut kernel = Builder::default();
        let int = kernel.int("int", 4, true);
        for &offset in offsets {
            kernel.structure("twin", 64, &[("a", int, offset * 8)]);
        }
        kernel.structure("twin", 64, &[("without", int, 0)]);
        kernel
    };
    for (offsets, expected) in [
        (&[8, 8][..], Ok(8)),
        (&[8, 16], refusal("the kernel has several types twin, which differ in a")),
        (&[], refusal("the kernel's twin has no such field as a")),
    ] {
        let question = (twin, "0:0", Query::FieldByteOffset);
        assert_eq!(value(&local, &kernel_with(offsets), question), expected);
    }
}

#[test]
fn kinds_that_cannot_stand_for_each_other_are_no_field() {
    let make = |kind: &str| {
        let mut types = Builder::default();
        let field = match kind {
            "int" => types.int("int", 4, true),
            "long" => types.int("long", 8, true),
            "struct" => types.structure("inner", 4, &[]),
            "union" => types.union("other", 4, &[]),
            "enum" => types.enumeration("colour", &[]),
            "enum64" => types.enumeration64("colour", &[]),
            "other enum" => types.enumeration("shape", &[]),
            "nameless enum" => types.enumeration("", &[]),
            _ => types.pointer(TypeId::VOID),
        };
        let field = types.constant(field);
        let outer = types.structure("outer", 64, &[("field", field, 128)]);
        (types, outer)
    };
    for (ours, theirs, exists) in [
        ("int", "long", 1),
        ("int", "struct", 0),
        ("int", "pointer", 0),
        ("int", "enum", 0),
        ("struct", "union", 1),
        ("pointer", "pointer", 1),
        ("enum", "enum64", 1),
        ("enum", "other enum", 0),
        ("enum", "nameless enum", 1),
    ] {
        let ((local, outer), (kernel, _)) = (make(ours), make(theirs));
        let question = (outer, "0:0", Query::FieldExists);
        assert_eq!(value(&local, &kernel, question), Ok(exists), "{ours} as {theirs}");
    }
}

#[test]
fn values_of_enums_are_found_or_missing() {
    let mut local = Builder::default();
    let here = local.structure("here", 4, &[]);
    let gone = local.structure("gone", 4, &[]);
    let colour = local.enumeration("colour", &[("RED", 1), ("BLUE___later", 2), ("GREEN", 3)]);
    let mut kernel = Builder::default();
    kernel.forward("filler");
    kernel.structure("here", 40, &[]);
    kernel.enumeration("colour", &[("BLUE", -7), ("RED", 9)]);

    for (question, expected) in [
        ((gone, "0:0", Query::FieldExists), refusal("error: gone cannot be accessed as 0:0")),
        ((colour, "0", Query::EnumvalValue), Ok(9)),
        ((colour, "1", Query::EnumvalValue), Ok(-7_i64 as u64)),
        ((colour, "2", Query::EnumvalExists), Ok(0)),
        (
            (colour, "2", Query::EnumvalValue),
            refusal("the kernel's enum colour has no value GREEN"),
        ),
        ((colour, "3", Query::EnumvalValue), refusal("error: colour cannot be accessed as 3")),
        ((gone, "0:0", Query::FieldByteOffset), refusal("error: gone cannot be accessed as 0:0")),
        ((here, "", Query::FieldExists), refusal("error: here cannot be accessed as ")),
    ] {
        assert_eq!(value(&local, &kernel, question), expected, "{question:?}");
    }
}

#[test]
fn a_load_of_a_field_of_another_size_is_poisoned_and_its_offset_alone_is_not() {
    const LOAD_WORD: [u8; 8] = [0x61, 0x12, 0, 0, 0, 0, 0, 0];
    const SET_OFFSET: [u8; 8] = [0xb7, 1, 0, 0, 0, 0, 0, 0];
    let make = |bytes: u32, offset: u32| {
        let mut types = Builder::default();
        let field = types.int("field_t", bytes, false);
        let outer = types.structure("outer", 64, &[("field", field, offset * 8)]);
        (types, outer)
    };
    let (local, outer) = make(4, 0);
    let larger = "field in the kernel's outer has 8 bytes, not 4";
    for (bytes, code, offset, immediate, poison) in [
        (4, LOAD_WORD, 16, 0, None),
        (8, LOAD_WORD, 0, POISON, Some(larger)),
        (8, SET_OFFSET, 0, 16, None),
    ] {
        let (kernel, _) = make(bytes, 16);
        let outcome = outcome(&local, &kernel, (outer, "0:0", Query::FieldByteOffset)).unwrap();
        let mut instructions = [Instruction::decode(code)];
        let reason = apply(outcome, &mut instructions, 0).unwrap();
        assert_eq!((instructions[0].offset, instructions[0].immediate), (offset, immediate));
        assert_eq!(reason.map(|reason| reason.to_string()).as_deref(), poison);
    }
}

#[test]
fn bit_fields_are_refused_here_and_poison_there() {
    let mut local = Builder::default();
    let int = local.int("unsigned int", 4, false);
    let plain = local.structure("plain", 4, &[("field", int, 0)]);
    let bits = local.bit_fields("bits", 4, &[("field", int, 0, 3)]);
    let mut kernel = Builder::default();
    let int = kernel.int("unsigned int", 4, false);
    kernel.bit_fields("plain", 4, &[("field", int, 0, 3)]);
    kernel.bit_fields("bits", 4, &[("field", int, 5, 3)]);
    for (type_id, query, expected) in [
        (plain, Query::FieldByteOffset, refusal("field in the kernel's plain is a bit-field")),
        (
            bits,
            Query::FieldByteOffset,
            refusal("error: field of bits is a bit-field, which is not supported"),
        ),
        (bits, Query::FieldExists, Ok(1)),
    ] {
        assert_eq!(value(&local, &kernel, (type_id, "0:0", query)), expected);
    }
}

#[test]
fn every_other_kind_of_relocation_is_refused_by_name() {
    for (kind, name) in [
        (1, "field_byte_size"),
        (3, "field_signed"),
        (4, "field_lshift_u64"),
        (5, "field_rshift_u64"),
        (6, "type_id_local"),
        (7, "type_id_target"),
        (8, "type_exists"),
        (9, "type_size"),
        (12, "type_matches"),
        (13, "of an unknown kind"),
        (u32::MAX, "of an unknown kind"),
    ] {
        assert_eq!(Query::from_kind(kind), Err(name));
    }
}

#[test]
fn a_kernel_without_end_is_an_error_and_not_a_hang() {
    let mut local = Builder::default();
    let int = local.int("int", 4, true);
    let outer = local.structure("outer", 4, &[("field", int, 0)]);
    let question = (outer, "0:0", Query::FieldByteOffset);
    let too_deep = |id| Err(Fault::from(BtfError::TooDeep(id)));

    let mut nested = Builder::default();
    let own = nested.next();
    nested.structure("outer", 4, &[("", own, 0)]);
    assert_eq!(outcome(&local, &nested, question), too_deep(own));

    // Each level holds the next one twice: 2^63 ways lead to the bottom.
    let mut branching = Builder::default();
    let mut below = branching.structure("", 4, &[]);
    for _ in 0..MAX_DEPTH - 2 {
        below = branching.structure("", 4, &[("", below, 0), ("", below, 0)]);
    }
    branching.structure("outer", 4, &[("", below, 0)]);
    let fault = outcome(&local, &branching, question).unwrap_err().to_string();
    assert!(fault.ends_with("refers on without end"), "{fault}");
}

#[test]
fn no_flipped_byte_of_either_side_panics() {
    let mut types = Builder::default();
    let before = mm_before_6_2(&mut types, "mm_struct", 64);
    let from = mm_from_6_2(&mut types, "mm_struct", 48);
    let colour = types.enumeration("mm_struct", &[("RED", 1)]);
    let pristine = types.bytes();
    let questions = [
        (before, "0:0:0:1:0", Query::FieldByteOffset),
        (from, "0:0:1:0", Query::FieldExists),
        (colour, "0", Query::EnumvalValue),
    ];
    let ask = |local: &[u8], kernel: &[u8]| {
        let (Ok(local), Ok(kernel)) = (Btf::parse(local), Btf::parse(kernel)) else {
            return;
        };
        let found = kernel.find(&["mm_struct"]);
        for (type_id, access, query) in questions {
            let relocation =
                Relocation { instruction: 0, type_id, access: access.to_owned(), query };
            let _ = resolve(&relocation, &local, &kernel, &found);
        }
    };
    let mut flipped = pristine.clone();
    for at in 0..flipped.len() {
        for mask in 1..=u8::MAX {
            flipped[at] ^= mask;
            ask(&flipped, &pristine);
            ask(&pristine, &flipped);
            flipped[at] ^= mask;
        }
    }
}
