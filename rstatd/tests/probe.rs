//! Compares the Rust mirror of the probe's records with the types in the object, and the
//! checked-in object with the one that this build compiled.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::mem::{offset_of, size_of};

use rstat_probe::{
    BUILT_BY, CHECKED_IN_OBJECT, Cpu, Exited, OBJECT, Process, Recent, Shared, row, slot,
};
use rstatd::loader::Object;
use rstatd::loader::object::{Program, Target};

/// The constants are macros and enumerators that the compiler leaves no trace of.
const HEADER: &str = include_str!("../../probe/probe.h");
/// The compiler of the object in the source tree, up to its major version. Another
/// may choose other instructions for the same source.
const CHECKED_IN_BY: &str = "clang version 14.";
const STRUCTURES: [&str; 5] = ["cpu", "recent", "process", "exited", "shared"];

fn object(bytes: &'static [u8]) -> Object<'static> {
    Object::parse(bytes).unwrap()
}

/// Name, offset and size of each member of a type.
macro_rules! members {
    ($record:ty: $($member:ident)+) => {
        vec![$((stringify!($member), offset_of!($record, $member), size_of_member(|record: &$record| &record.$member))),+]
    };
}

fn size_of_member<T, M>(_: impl Fn(&T) -> &M) -> usize {
    size_of::<M>()
}

#[test]
fn the_mirror_has_the_probes_members_at_the_probes_places() {
    let check = |name: &str, size: usize, mirror: Vec<(&str, usize, usize)>| {
        for bytes in [OBJECT, CHECKED_IN_OBJECT] {
            let structure = object(bytes).structure(name).unwrap();
            assert_eq!(structure.size as usize, size, "{name}");
            let members: Vec<_> = structure
                .fields
                .iter()
                .map(|field| (field.name.as_str(), field.offset as usize, field.size as usize))
                .collect();
            assert_eq!(members, mirror, "{name}");
        }
    };
    check(
        "cpu",
        size_of::<Cpu>(),
        members!(Cpu: busy switches since_ns runtime_ns read_bytes write_bytes thread process unused clock_ahead clock_seen tick_sched idle_before unused_line recent),
    );
    check("recent", size_of::<Recent>(), members!(Recent: key slot unused));
    check(
        "process",
        size_of::<Process>(),
        members!(Process: busy read_bytes write_bytes start_ns rss_pages cgroup pid state comm),
    );
    check(
        "exited",
        size_of::<Exited>(),
        members!(Exited: busy_ns read_bytes write_bytes count comm state cgroup unused),
    );
    check(
        "shared",
        size_of::<Shared>(),
        members!(Shared: free_head sampled_at_ns unlisted used unused changed touched),
    );
}

#[test]
fn maps_have_values_of_the_mirrors_size() {
    for bytes in [OBJECT, CHECKED_IN_OBJECT] {
        let object = object(bytes);
        for (name, size) in [
            ("cpus", size_of::<Cpu>()),
            ("processes", size_of::<Process>()),
            ("exited", size_of::<Exited>()),
        ] {
            let map = object.maps().iter().find(|map| map.name == name).unwrap();
            assert_eq!(map.value_size as usize, size, "{name}");
        }
        let rows = object.maps().iter().find(|map| map.name == "exited").unwrap().max_entries;
        assert_eq!(rows as usize, rstat_probe::EXITED_ROWS + 1);
        let slots = object.maps().iter().find(|map| map.name == "processes").unwrap().max_entries;
        assert_eq!(slots as usize, rstat_probe::SLOTS);
        let shared = object.variable("shared").unwrap();
        assert_eq!((shared.map.as_str(), shared.size), (".bss", size_of::<Shared>()));
    }
}

/// The number that the header gives a name, by a macro or in an enum.
#[track_caller]
fn constant(name: &str) -> u64 {
    let is_it = |line: &&str| {
        let mut words = line.split_whitespace().filter(|word| *word != "#define");
        words.next() == Some(name)
    };
    let braces: &[char] = &['{', '}', ',', ';'];
    let statements = HEADER.lines().flat_map(|line| {
        let whole = line.starts_with("#define").then_some(line);
        let parts = line.split(braces).filter(move |_| whole.is_none());
        whole.into_iter().chain(parts)
    });
    let statement = statements.map(str::trim).find(is_it).unwrap_or_else(|| panic!("no {name}"));
    let value = statement.rsplit_once(name).unwrap().1.trim_start_matches([' ', '=']);
    let value = value.trim();
    match value.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => value.parse().unwrap_or_else(|_| panic!("{name} is {value:?}")),
    }
}

#[test]
fn the_mirrors_constants_are_those_of_the_header() {
    let check = |name: &str, mirror: u64| assert_eq!(constant(name), mirror, "{name}");
    check("RUNNING_BITS", rstat_probe::RUNNING_BITS.into());
    check("SLOT_UNUSED", slot::UNUSED.into());
    check("SLOT_LIVE", slot::LIVE.into());
    check("SLOT_EXITING", slot::EXITING.into());
    check("SLOT_DEAD", slot::DEAD.into());
    check("SLOT_FREE", slot::FREE.into());
    check("SLOT_STATE_MASK", slot::STATE_MASK.into());
    check("SLOT_KTHREAD", slot::KTHREAD.into());
    check("SLOT_ZOMBIE", slot::ZOMBIE.into());
    check("SLOT_UNSEEN", slot::UNSEEN.into());
    check("SLOT_BLOCKED_BITS", slot::BLOCKED_BITS.into());
    check("ROW_FREE", row::FREE.into());
    check("ROW_CLAIMED", row::CLAIMED.into());
    check("ROW_READY", row::READY.into());
    check("RECENT", rstat_probe::RECENT as u64);
    check("COMM_BYTES", rstat_shm::snapshot::COMM_BYTES as u64);
    let rows = (1 << constant("EXITED_SETS_LOG2")) * constant("EXITED_WAYS");
    assert_eq!(rows, rstat_probe::EXITED_ROWS as u64);
    // No state is left out of the mirror.
    let count = |prefix: &str| HEADER.matches(prefix).count();
    assert_eq!((count("SLOT_"), count("ROW_")), (10, 3));
}

/// What of a program does not depend on the compiler: the parts of the kernel's
/// types that it asks for.
fn queries(object: &Object<'_>, program: &Program) -> BTreeSet<String> {
    let query = |relocation: &rstatd::loader::relocate::Relocation| {
        let name = object.btf().name_of(relocation.type_id).unwrap();
        format!("{:?} {name} {}", relocation.query, relocation.access)
    };
    program.relocations.iter().map(query).collect()
}

/// Which instructions refer to which map, by name.
fn references(object: &Object<'_>, program: &Program) -> Vec<(usize, String, Target)> {
    let references = program.references.iter();
    references
        .map(|reference| {
            let map = object.maps()[reference.map].name.clone();
            (reference.instruction, map, reference.target)
        })
        .collect()
}

#[test]
fn the_checked_in_object_is_what_the_source_makes() {
    if !BUILT_BY.contains("clang") {
        let why = format!("this build had no clang for the probe ({BUILT_BY})");
        return skip("that the checked-in object is what the source makes", &why);
    }
    let hint = "probe.bpf.o is not what the source makes: run `make probe`";
    let (ours, theirs) = (object(OBJECT), object(CHECKED_IN_OBJECT));
    assert_eq!(ours.license(), theirs.license());
    for name in STRUCTURES {
        assert_eq!(ours.structure(name), theirs.structure(name), "{hint}: struct {name}");
    }
    let maps = |object: &Object<'_>| -> Vec<_> {
        let maps = object.maps().iter();
        maps.map(|map| {
            let sizes = (map.key_size, map.value_size, map.max_entries);
            (map.name.clone(), map.map_type, sizes, map.flags)
        })
        .collect()
    };
    assert_eq!(maps(&ours), maps(&theirs), "{hint}");
    let programs = |object: &Object<'_>| -> Vec<_> {
        let programs = object.programs().iter();
        programs.map(|program| (program.name.clone(), program.attach.clone())).collect()
    };
    assert_eq!(programs(&ours), programs(&theirs), "{hint}");
    for (our, their) in ours.programs().iter().zip(theirs.programs()) {
        assert_eq!(queries(&ours, our), queries(&theirs, their), "{hint}: {}", our.name);
    }
    if !BUILT_BY.contains(CHECKED_IN_BY) {
        let why = format!("this build has another compiler ({BUILT_BY}, not {CHECKED_IN_BY})");
        return skip("that the checked-in object has the same instructions", &why);
    }
    for (our, their) in ours.programs().iter().zip(theirs.programs()) {
        assert_eq!(our.instructions, their.instructions, "{hint}: {}", our.name);
        assert_eq!(references(&ours, our), references(&theirs, their), "{hint}: {}", our.name);
        let places = |program: &Program| -> Vec<_> {
            let relocations = program.relocations.iter();
            relocations
                .map(|found| (found.instruction, found.access.clone(), found.query))
                .collect()
        };
        assert_eq!(places(our), places(their), "{hint}: {}", our.name);
    }
}

/// Says aloud, past the test harness's capture, what is not tested.
fn skip(what: &str, why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: {what}: {why}");
}
