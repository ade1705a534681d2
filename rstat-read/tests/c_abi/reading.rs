//! A C program reads samples, history and fields, and gets a code for each mistake.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use rstat_read::valid;
use rstat_shm::Writer;
use rstat_shm::fields::{GROUPS, Kind, public};

use crate::compile::{json, run, with_library};
use crate::region::{self, LONG, Scratch};
use crate::samples;

/// A region with two samples. The second knows all groups but one.
fn published(scratch: &Scratch) -> Writer {
    let mut writer = region::writer(&scratch.region());
    let mut sample = samples::fresh(LONG);
    sample.valid = GROUPS.iter().fold(0, |all, _| all << 1 | 1);
    sample.valid &= !valid::CPU_POWER;
    writer.publish(&mut samples::fresh(LONG));
    writer.publish(&mut sample);
    writer
}

/// Whether each line is a member of the object, and how many lines there are.
fn check_members(lines: &str, object: &str, count: usize) {
    assert_eq!(lines.lines().count(), count, "{lines}");
    for line in lines.lines() {
        assert!(object.contains(&format!("{line},")), "{line} is not in {object}");
    }
}

#[test]
fn a_c_program_reads_the_same_numbers_as_the_dump() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let mut print = String::new();
    let known = || public().filter(|field| field.name != "cpu_power_uw");
    for field in known() {
        let (name, kind) = (field.name, if field.kind == Kind::I32 { "%lld" } else { "%llu" });
        let cast = if field.kind == Kind::I32 { "long long" } else { "unsigned long long" };
        writeln!(print, "printf(\"\\\"{name}\\\":{kind}\\n\", ({cast})sample.known.{name});")
            .unwrap();
    }
    fs::write(scratch.path().join("fields.inc"), print).unwrap();
    let Some(mut program) = with_library(&scratch, "reading.c") else {
        return;
    };
    let absent = scratch.path().join("absent");
    let empty = scratch.path().join("empty");
    let _nothing = region::writer(&empty);
    let printed = run(program.arg(scratch.region()).arg(absent).arg(empty));
    check_members(&printed, &json(&scratch.region()), known().count() + 1);
}

#[test]
fn a_program_without_the_structure_finds_all_fields_by_name() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let Some(mut program) = with_library(&scratch, "fields.c") else {
        return;
    };
    let printed = run(program.arg(scratch.region()));
    let named = public().filter(|field| field.unit.name() == "name").count();
    check_members(&printed, &json(&scratch.region()), public().count() + named);
}

#[test]
fn a_template_is_written_as_the_program_writes_it() {
    const TEMPLATE: &str = "{cpu.busy:>5}% {cpu.temp}° {memory.used:.1} {cpu.power|?} {{top}}";
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let Some(mut formatted) = with_library(&scratch, "format.c") else {
        return;
    };
    let mut program = Command::new(env!("CARGO_BIN_EXE_rstat-read"));
    program.args(["--template", TEMPLATE, "--shm"]).arg(scratch.region());
    let expected = run(&mut program);
    assert_eq!(run(formatted.arg(scratch.region()).arg(TEMPLATE)), expected);
    assert!(expected.starts_with("   23% 54° 16.4G ? {top}"), "{expected}");
}
