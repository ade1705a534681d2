//! `--probe` with files that are no probe of ours: an error with the file's name
//! and what is wrong with it, or `/proc` in its place.

use std::env;
use std::fs;
use std::path::Path;

use rstat_shm::snapshot::source;

use crate::stage::{FOR_EVER, Stage, bpf_works, latest};

const COUNTER: &[u8] = include_bytes!("../fixtures/loader/counter.bpf.o");
/// The same bytes as the daemon has built in.
const PROBE: &[u8] = rstat_probe::CHECKED_IN_OBJECT;

/// Fails unless `--probe file` is refused for the `reason` by `bpf`, and replaced
/// by `/proc` for the same reason by `auto`.
#[track_caller]
fn check_file(stage: &Stage, file: &Path, reason: &str) {
    let probe = file.to_str().unwrap();
    let named = format!("probe {probe}: ");
    for command in [&["--once"][..], &["--check"], &["--bench", "1"]] {
        let outcome = stage.run(&[command, &["--source", "bpf", "--probe", probe]].concat());
        outcome.failed_with(&[reason]);
        assert!(outcome.line().starts_with(&named), "{outcome:?}");
    }
    let mut daemon = stage.daemon(&["--interval", FOR_EVER, "--probe", probe]);
    let sample = latest(&daemon.view(&stage.region(), 0));
    assert_eq!(sample.source, source::PROC, "{probe}");
    daemon.signal(libc::SIGTERM);
    let outcome = daemon.outcome();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let line = format!("using /proc, which is coarser: {named}");
    assert!(outcome.line().starts_with(&line) && outcome.line().contains(reason), "{outcome:?}");
}

/// The same with a file of that content.
#[track_caller]
fn check(content: &[u8], reason: &str) {
    let stage = Stage::new();
    let file = stage.path("probe.o");
    fs::write(&file, content).unwrap();
    check_file(&stage, &file, reason);
}

#[test]
fn a_file_that_is_not_there_or_cannot_be_read_is_named() {
    check_file(&Stage::new(), Path::new("/nowhere/probe.o"), "No such file or directory");
    check_file(&Stage::new(), Path::new("/"), "Is a directory");
}

#[test]
fn a_file_that_is_no_bpf_object_is_told_by_kind() {
    check(b"", "not an ELF file");
    check(b"#!/bin/sh\nexit 0\n", "not an ELF file");
    check_file(&Stage::new(), &env::current_exe().unwrap(), "not a BPF object (machine ");
}

#[test]
fn a_damaged_probe_is_told_from_another_file() {
    for length in [4, 64, 1000, PROBE.len() / 2, PROBE.len() - 64, PROBE.len() - 1] {
        check(&PROBE[..length], "damaged ELF file: ");
    }
    // A relocation of a kind that no compiler knows.
    let mut bytes = PROBE.to_vec();
    let kind = first_relocation_kind(&bytes);
    bytes[kind..kind + 4].copy_from_slice(&77_u32.to_le_bytes());
    check(&bytes, "of an unknown kind");
}

#[test]
fn a_bpf_object_of_another_program_is_told_by_what_it_lacks() {
    check(COUNTER, "not the probe of this version: it has no record `cpu` as we know it");
    if bpf_works("probes that lack a part") {
        // One of ours, but for the names of its parts.
        for (name, other, reason) in [
            ("processes\0", "processed\0", "there is no map processes"),
            ("on_free\0", "on_flee\0", "there is no program on_free"),
        ] {
            check(&renamed(name, other), reason);
        }
    }
}

/// The probe with a name changed wherever it stands.
fn renamed(name: &str, other: &str) -> Vec<u8> {
    assert_eq!(name.len(), other.len());
    let mut bytes = PROBE.to_vec();
    let mut changes = 0;
    for at in 0..bytes.len() - name.len() {
        if bytes[at..].starts_with(name.as_bytes()) {
            bytes[at..at + other.len()].copy_from_slice(other.as_bytes());
            changes += 1;
        }
    }
    assert!(changes > 0, "{name}");
    bytes
}

/// Where in the file the first relocation of `.BTF.ext` states its kind.
fn first_relocation_kind(bytes: &[u8]) -> usize {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    // Two sections begin with this: `.BTF` and, with a longer header, `.BTF.ext`.
    let mut starts =
        (0..bytes.len() - 32).filter(|at| word(*at) == 0x0001_eb9f && word(at + 4) == 32);
    let extension = starts.next_back().unwrap();
    // Record size, then for the first section of code its name, a count, records.
    let relocations = extension + 32 + word(extension + 24);
    assert_eq!(word(relocations), 16);
    relocations + 4 + 8 + 12
}
