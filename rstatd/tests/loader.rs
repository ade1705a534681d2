//! The loader on a real object, and in a real kernel where that is permitted.
//!
//! The object is fixtures/loader/counter.bpf.o; its source lies beside it.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use rstatd::loader::btf::{Btf, Structure, TypeId};
use rstatd::loader::object::{Attach, MapType, Target, Variable};
use rstatd::loader::{Error, KernelTypes, Loaded, Object, load, relocate};

const OBJECT: &[u8] = include_bytes!("fixtures/loader/counter.bpf.o");

/// Bytes of a record of the map `cpus`.
const RECORD: usize = 32;

/// How long to wait for the kernel to switch tasks, and for programs to end.
const PATIENCE: Duration = Duration::from_secs(60);

fn object() -> Object<'static> {
    Object::parse(OBJECT).unwrap()
}

#[test]
fn maps_are_as_the_source_defines_them() {
    let object = object();
    let maps: Vec<_> = object
        .maps()
        .iter()
        .map(|map| {
            (
                map.name.as_str(),
                map.map_type,
                map.key_size,
                map.value_size,
                map.max_entries,
                map.flags,
            )
        })
        .collect();
    assert_eq!(
        maps,
        [
            (".rodata", MapType::Array, 4, 20, 1, 1024 | 128),
            (".data", MapType::Array, 4, 8, 1, 1024),
            ("cpus", MapType::Array, 4, 32, 1, 1024),
            ("by_tgid", MapType::Hash, 4, 8, 4096, 0),
            (".bss", MapType::Array, 4, 64, 1, 1024),
        ]
    );
    assert_eq!(object.license().to_bytes(), b"Dual MIT/GPL");
}

#[test]
fn programs_carry_what_they_call_and_no_more() {
    let object = object();
    let tracepoint = Attach::Tracepoint("sched_switch".to_owned());
    let programs: Vec<_> =
        object.programs().iter().map(|program| (program.name.as_str(), &program.attach)).collect();
    assert_eq!(
        programs,
        [
            ("on_switch", &tracepoint),
            ("on_switch_too", &tracepoint),
            ("each_task", &Attach::Iterator("task".to_owned())),
        ]
    );
    // on_switch calls step, and step calls doubled: the calls lead from one to the next.
    let on_switch = &object.programs()[0];
    let calls: Vec<_> = on_switch
        .instructions
        .iter()
        .enumerate()
        .filter(|(_, instruction)| instruction.code == 0x85 && instruction.registers == 0x10)
        .map(|(index, call)| (index, (index as i64 + 1 + i64::from(call.immediate)) as usize))
        .collect();
    let [(_, step), (inner, doubled)] = calls[..] else {
        panic!("two calls were expected, not {calls:?}");
    };
    assert_eq!(step, inner);
    assert_eq!(doubled + 4, on_switch.instructions.len());
    // on_switch_too calls nothing and refers to one variable of .data.
    let [reference] = object.programs()[1].references[..] else {
        panic!("one reference was expected");
    };
    assert_eq!(object.maps()[reference.map].name, ".data");
    assert_eq!(reference.target, Target::Value { offset: 0 });
}

#[test]
fn variables_are_found_by_name_and_set_by_size() {
    let mut object = object();
    let place = |map: &str, offset, size| Some(Variable { map: map.to_owned(), offset, size });
    for (name, expected) in [
        ("switches", place(".bss", 0, 8)),
        ("tasks", place(".bss", 8, 8)),
        ("facts", place(".bss", 16, 48)),
        ("switches_too", place(".data", 0, 8)),
        ("marker", place(".rodata", 8, 8)),
        ("cpus", None),
        ("absent", None),
    ] {
        assert_eq!(object.variable(name), expected.as_ref(), "{name}");
    }
    object.set_global("marker", &7_u64.to_ne_bytes()).unwrap();
    for (name, value, expected) in [
        ("marker", &[0; 4][..], "variable marker has 8 bytes, the value 4"),
        ("switches", &[0; 8], "variable switches always starts as zero"),
        ("absent", &[], "there is no variable absent"),
    ] {
        assert_eq!(object.set_global(name, value).unwrap_err().to_string(), expected);
    }
    object.set_max_entries("cpus", 2).unwrap();
    for name in ["absent", ".bss"] {
        let error = object.set_max_entries(name, 2).unwrap_err();
        assert_eq!(error.to_string(), format!("there is no map {name}"));
    }
}

#[test]
fn a_record_is_compared_with_its_mirror_member_by_member() {
    let Structure { size, fields } = object().structure("cpu").unwrap();
    let fields: Vec<_> =
        fields.iter().map(|field| (field.name.as_str(), field.offset, field.size)).collect();
    assert_eq!(size, 32);
    assert_eq!(
        fields,
        [
            ("switches", 0, 8),
            ("next_tgid", 8, 4),
            ("comm", 12, 16),
            ("flags", 28, 4),
            ("first_flag", 28, 1)
        ]
    );
    assert_eq!(object().structure("absent"), None);
}

#[test]
fn a_foreign_file_is_told_by_name() {
    let mut foreign = OBJECT.to_vec();
    foreign[18] = 62;
    for (bytes, expected) in [
        (&foreign[..], "not a BPF object (machine 62)"),
        (b"#!/bin/sh\n", "not an ELF file"),
        (b"", "not an ELF file"),
        (b"\x7fELF", "damaged ELF file: "),
        (&OBJECT[..OBJECT.len() / 2], "damaged ELF file: "),
    ] {
        let error = Object::parse(bytes).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// Runs all that is pure: parses an object, and relocates it against its own types.
fn digest(bytes: &[u8]) -> Result<usize, Box<dyn std::error::Error>> {
    let object = Object::parse(bytes)?;
    let kernel = object.btf();
    for number in 0..=kernel.len() {
        let _ = kernel.size_of(TypeId(number as u32));
    }
    object.structure("cpu");
    let found = kernel.find(&["task_struct", "pid_type", "no_such_struct", "bpf_iter_meta"]);
    let mut relocated = 0;
    for relocation in object.programs().iter().flat_map(|program| &program.relocations) {
        relocate::resolve(relocation, object.btf(), kernel, &found)?;
        relocated += 1;
    }
    Ok(relocated)
}

#[test]
fn the_object_relocates_against_its_own_types() {
    assert!(digest(OBJECT).unwrap() > 15);
}

#[test]
fn no_prefix_of_an_object_panics() {
    for length in 0..OBJECT.len() {
        // The section table is the last thing in the file, so each prefix lacks some.
        assert!(digest(&OBJECT[..length]).is_err(), "{length}");
    }
}

#[test]
fn no_flipped_byte_of_an_object_panics() {
    // Every byte in turn, by masks that make numbers a bit too large, huge, negative.
    let mut bytes = OBJECT.to_vec();
    for (at, mask) in (0..bytes.len()).zip([0x01, 0x40, 0x80, 0xff].into_iter().cycle()) {
        bytes[at] ^= mask;
        let _ = digest(&bytes);
        bytes[at] ^= mask;
    }
}

/// The object in this kernel, or a line that says why not.
fn loaded(change: impl FnOnce(&mut Object<'_>)) -> Option<Result<Loaded, Error>> {
    let mut object = object();
    change(&mut object);
    let types = match KernelTypes::read(Path::new(KernelTypes::PATH)) {
        Ok(types) => types,
        Err(error) => {
            eprintln!("SKIPPED, no test of the loader in this kernel: {error}");
            return None;
        }
    };
    match load(&object, &types.parse().unwrap()) {
        Err(Error::Refused { refusal, .. })
            if [libc::EPERM, libc::ENOSYS].contains(&refusal.errno.0) =>
        {
            eprintln!("SKIPPED, no test of the loader in this kernel: {refusal}");
            None
        }
        result => Some(result),
    }
}

/// The 64-bit variable of that name.
fn variable(object: &Object<'_>, loaded: &Loaded, name: &str, index: usize) -> u64 {
    let place = object.variable(name).unwrap();
    let mapping = loaded.map(&place.map).unwrap().mmap().unwrap();
    mapping.atomic_u64(place.offset + 8 * index).unwrap().load(Relaxed)
}

#[test]
fn an_attached_program_counts_until_its_link_is_dropped() {
    let processors = 1024;
    let Some(loaded) = loaded(|object| {
        object.set_max_entries("cpus", processors).unwrap();
        object.set_global("increment", &3_u32.to_ne_bytes()).unwrap();
    }) else {
        return;
    };
    let loaded = loaded.unwrap();
    let object = object();
    let cpus = loaded.map("cpus").unwrap().mmap().unwrap();
    assert_eq!(cpus.len(), RECORD * processors as usize);
    let counted = || -> u64 {
        (0..processors as usize)
            .map(|cpu| cpus.atomic_u64(cpu * RECORD).unwrap().load(Relaxed))
            .sum()
    };
    assert_eq!(counted(), 0);
    assert_eq!(variable(&object, &loaded, "switches_too", 0), 40);

    let link = loaded.attach("on_switch").unwrap();
    let link_too = loaded.attach("on_switch_too").unwrap();
    let start = Instant::now();
    while variable(&object, &loaded, "switches", 0) < 20 && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
    drop((link, link_too));

    // On another CPU a program may still run. A linked program counts all the time.
    let mut switches = 0;
    while variable(&object, &loaded, "switches", 0) != switches {
        switches = variable(&object, &loaded, "switches", 0);
        assert!(start.elapsed() < PATIENCE, "the program counts without a link");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(switches >= 20, "only {switches} switches");
    assert_eq!(counted(), 3 * switches, "the constant was set before the program was loaded");
    assert!(variable(&object, &loaded, "switches_too", 0) > 40);
}

#[test]
fn an_iterator_sees_this_process_and_relocations_tell_the_truth() {
    let Some(loaded) = loaded(|object| object.set_global("marker", &77_u64.to_ne_bytes()).unwrap())
    else {
        return;
    };
    let loaded = loaded.unwrap();
    let output = loaded.iterate("each_task").unwrap();
    let processes: Vec<u32> =
        output.chunks_exact(4).map(|tgid| u32::from_ne_bytes(tgid.try_into().unwrap())).collect();
    assert!(processes.contains(&std::process::id()), "{processes:?}");

    let object = object();
    let expected = [
        ("marker", 77),
        ("a field that no kernel has", 0),
        ("a value that no kernel has", 0),
        ("PIDTYPE_TGID", 1),
        ("state fits 32 bits", 1),
        ("dead code", 0),
    ];
    for (index, (what, expected)) in expected.into_iter().enumerate() {
        assert_eq!(variable(&object, &loaded, "facts", index), expected, "{what}");
    }
    assert!(variable(&object, &loaded, "tasks", 0) >= processes.len() as u64);
}

#[test]
fn a_refused_program_says_what_the_kernel_lacks_or_the_verifier_saw() {
    for (fault, expected) in [
        (
            1_u32,
            "load program each_task: the kernel's task_struct has no such field as no_such_field",
        ),
        (2, "load program each_task: Permission denied (the verifier refused it)\n    "),
    ] {
        let Some(result) =
            loaded(|object| object.set_global("fault", &fault.to_ne_bytes()).unwrap())
        else {
            return;
        };
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("processed "), "{error}");
        eprintln!("{error}");
    }
}

#[test]
fn what_a_map_or_program_is_not_made_for_is_refused() {
    let Some(loaded) = loaded(|_| ()) else {
        return;
    };
    let loaded = loaded.unwrap();
    for (error, expected) in [
        (loaded.map("by_tgid").unwrap().mmap().err(), "mmap map by_tgid: "),
        (
            loaded.map(".rodata").unwrap().mmap().err(),
            "mmap map .rodata: Operation not permitted (the map is frozen)",
        ),
        (loaded.map("absent").err(), "there is no map absent"),
        (loaded.attach("absent").err(), "there is no program absent"),
        (loaded.attach("each_task").err(), "attach program each_task: it is not of that kind"),
        (loaded.iterate("on_switch").err(), "iterate program on_switch: it is not of that kind"),
    ] {
        let error = error.unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let mapping = loaded.map("cpus").unwrap().mmap().unwrap();
    assert!(mapping.atomic_u64(24).is_some() && mapping.atomic_u32(28).is_some());
    for absent in
        [mapping.atomic_u64(4), mapping.atomic_u64(32), mapping.atomic_u64(usize::MAX - 7)]
    {
        assert!(absent.is_none());
    }
}

#[test]
fn the_kernels_types_are_indexed_whole() {
    let path = Path::new(KernelTypes::PATH);
    let Ok(types) = KernelTypes::read(path) else {
        eprintln!("SKIPPED, this kernel has no {}", path.display());
        return;
    };
    let kernel = types.parse().unwrap();
    assert!(kernel.len() > 10_000);
    let task = kernel.structure("seq_file").unwrap();
    assert!(task.fields.iter().any(|field| field.name == "private"));
    // A copy is read where the original is mapped: both must say the same.
    let bytes = std::fs::read(path).unwrap();
    let copy = Btf::parse(&bytes).unwrap();
    assert_eq!(copy.len(), kernel.len());
    assert_eq!(copy.structure("seq_file"), Some(task));
}
