//! The C header says what the Rust structures are, and a C program reads with it.

mod region;
mod samples;

use std::fmt::Write;
use std::fs;
use std::mem::offset_of;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use region::{LONG, Scratch};
use rstat_read::{Gpu, Process, Snapshot, valid};
use rstat_shm::fields::{FIELDS, Kind};
use rstat_shm::layout;
use rstat_shm::snapshot::{COMM_BYTES, MAX_CORES, MAX_GPUS, TOP_ROWS};

const SONAME: &str = "librstat_read.so.1";

fn is_installed(program: &str) -> bool {
    let installed = Command::new(program).arg("--version").output().is_ok();
    if !installed {
        eprintln!("SKIPPED: {program} is not installed");
    }
    installed
}

fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// The shared library, newest first: the linker's output lies in `deps`.
fn library() -> PathBuf {
    [region::built().join("deps"), region::built().to_owned()]
        .map(|directory| directory.join("librstat_read.so"))
        .into_iter()
        .find(|path| path.exists())
        .expect("cargo builds the cdylib along with the tests")
}

/// Compiles a C program and returns what it prints.
fn run_c(scratch: &Scratch, source: &str, linked: &[&str], arguments: &[&Path]) -> String {
    let (file, program) = (scratch.path().join("test.c"), scratch.path().join("test"));
    fs::write(&file, source).unwrap();
    let compiled = Command::new("gcc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(include())
        .arg(&file)
        .arg("-o")
        .arg(&program)
        .args(linked)
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new(program)
        .args(arguments)
        .env("LD_LIBRARY_PATH", scratch.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {errors}", output.status);
    assert_eq!(errors, "", "a library does not print");
    String::from_utf8(output.stdout).unwrap()
}

fn bytes(kind: Kind) -> usize {
    if kind == Kind::U64 { 8 } else { 4 }
}

/// Every field: structure, name, offset, size, as Rust has them.
fn expected_fields() -> Vec<(&'static str, &'static str, usize, usize)> {
    let mut fields = Vec::new();
    for field in FIELDS {
        fields.push(("rstat_snapshot", field.name, field.offset, bytes(field.kind)));
    }
    let list = size_of::<[Process; TOP_ROWS]>();
    fields.extend([
        ("rstat_snapshot", "top_cpu", offset_of!(Snapshot, top_cpu), list),
        ("rstat_snapshot", "top_memory", offset_of!(Snapshot, top_memory), list),
        ("rstat_snapshot", "top_io", offset_of!(Snapshot, top_io), list),
        ("rstat_snapshot", "gpus", offset_of!(Snapshot, gpus), size_of::<[Gpu; MAX_GPUS]>()),
        ("rstat_snapshot", "cores_online", offset_of!(Snapshot, cores_online), MAX_CORES / 8),
        ("rstat_snapshot", "cores", offset_of!(Snapshot, cores), MAX_CORES * 4),
        ("rstat_process", "pid", offset_of!(Process, pid), 4),
        ("rstat_process", "count", offset_of!(Process, count), 4),
        ("rstat_process", "flags", offset_of!(Process, flags), 4),
        ("rstat_process", "cpu_ppm", offset_of!(Process, cpu_ppm), 4),
        ("rstat_process", "rss_bytes", offset_of!(Process, rss_bytes), 8),
        ("rstat_process", "read_bytes_per_s", offset_of!(Process, read_bytes_per_s), 8),
        ("rstat_process", "write_bytes_per_s", offset_of!(Process, write_bytes_per_s), 8),
        ("rstat_process", "comm", offset_of!(Process, comm), COMM_BYTES),
        ("rstat_gpu", "driver", offset_of!(Gpu, driver), 4),
        ("rstat_gpu", "state", offset_of!(Gpu, state), 4),
        ("rstat_gpu", "valid", offset_of!(Gpu, valid), 4),
        ("rstat_gpu", "busy_ppm", offset_of!(Gpu, busy_ppm), 4),
        ("rstat_gpu", "frequency_mhz", offset_of!(Gpu, frequency_mhz), 4),
        ("rstat_gpu", "frequency_limit_mhz", offset_of!(Gpu, frequency_limit_mhz), 4),
    ]);
    fields
}

/// Every constant of the header that Rust has as well.
fn expected_constants() -> Vec<(&'static str, u64)> {
    let mut constants = vec![
        ("RSTAT_ABI_MAJOR", layout::ABI_MAJOR.into()),
        ("RSTAT_ABI_MINOR", layout::ABI_MINOR.into()),
        ("RSTAT_COMM_BYTES", COMM_BYTES as u64),
        ("RSTAT_MAX_CORES", MAX_CORES as u64),
        ("RSTAT_MAX_GPUS", MAX_GPUS as u64),
        ("RSTAT_TOP_ROWS", TOP_ROWS as u64),
        ("RSTAT_PROCESS_KERNEL_THREAD", Process::KERNEL_THREAD.into()),
        ("RSTAT_GPU_AWAKE", Gpu::AWAKE.into()),
        ("RSTAT_GPU_ASLEEP", Gpu::ASLEEP.into()),
        ("RSTAT_GPU_BUSY", Gpu::BUSY.into()),
        ("RSTAT_GPU_FREQUENCY", Gpu::FREQUENCY.into()),
        ("RSTAT_GPU_FREQUENCY_LIMIT", Gpu::FREQUENCY_LIMIT.into()),
    ];
    let drivers = ["RSTAT_GPU_I915", "RSTAT_GPU_XE", "RSTAT_GPU_AMDGPU", "RSTAT_GPU_NVIDIA"];
    constants.extend(drivers.into_iter().zip(1..));
    constants.extend([
        ("RSTAT_VALID_CPU", valid::CPU),
        ("RSTAT_VALID_MEMORY", valid::MEMORY),
        ("RSTAT_VALID_SWAP", valid::SWAP),
        ("RSTAT_VALID_LOAD", valid::LOAD),
        ("RSTAT_VALID_PROCESSES", valid::PROCESSES),
        ("RSTAT_VALID_PROCESS_CPU", valid::PROCESS_CPU),
        ("RSTAT_VALID_PROCESS_IO", valid::PROCESS_IO),
        ("RSTAT_VALID_CPU_TEMPERATURE", valid::CPU_TEMPERATURE),
        ("RSTAT_VALID_CPU_FREQUENCY", valid::CPU_FREQUENCY),
        ("RSTAT_VALID_CPU_FREQUENCY_LIMIT", valid::CPU_FREQUENCY_LIMIT),
        ("RSTAT_VALID_PLATFORM_PROFILE", valid::PLATFORM_PROFILE),
        ("RSTAT_VALID_GPU", valid::GPU),
        ("RSTAT_VALID_CONTEXT_SWITCHES", valid::CONTEXT_SWITCHES),
        ("RSTAT_VALID_SAMPLE_COST", valid::SAMPLE_COST),
        ("RSTAT_VALID_UNLISTED", valid::UNLISTED),
    ]);
    constants
}

#[test]
fn the_header_lays_structures_out_as_rust_does() {
    if !is_installed("gcc") {
        return;
    }
    let mut source =
        String::from("#include <rstat_read.h>\n#include <stdio.h>\nint main(void)\n{\n");
    let mut expected = String::new();
    for (structure, name, offset, size) in expected_fields() {
        writeln!(
            source,
            "printf(\"{structure}.{name} %zu %zu\\n\", offsetof(struct {structure}, {name}), \
             sizeof(((struct {structure} *)0)->{name}));"
        )
        .unwrap();
        writeln!(expected, "{structure}.{name} {offset} {size}").unwrap();
    }
    for (structure, size) in [
        ("rstat_snapshot", size_of::<Snapshot>()),
        ("rstat_process", size_of::<Process>()),
        ("rstat_gpu", size_of::<Gpu>()),
    ] {
        writeln!(source, "printf(\"{structure} %zu\\n\", sizeof(struct {structure}));").unwrap();
        writeln!(expected, "{structure} {size}").unwrap();
    }
    for (name, value) in expected_constants() {
        writeln!(source, "printf(\"{name} %llu\\n\", (unsigned long long){name});").unwrap();
        writeln!(expected, "{name} {value}").unwrap();
    }
    source.push_str("return 0;\n}\n");
    assert_eq!(run_c(&Scratch::new(), &source, &[], &[]), expected);
}

const READER: &str = r#"
#include <rstat_read.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition) do { if (!(condition)) { printf("line %d\n", __LINE__); return 1; } } while (0)

struct longer { struct rstat_snapshot known; uint64_t unknown[4]; };

int main(int argc, char **argv)
{
	struct rstat_reader *reader = (struct rstat_reader *)&argc;
	struct longer sample;

	CHECK(argc == 3);
	CHECK(rstat_abi_version() == ((uint32_t)RSTAT_ABI_MAJOR << 16 | RSTAT_ABI_MINOR));
	CHECK(rstat_open(argv[2], &reader) == RSTAT_ERR_ABSENT && !reader);
	CHECK(rstat_open("/dev/null", &reader) == RSTAT_ERR_UNTRUSTED && !reader);
	CHECK(rstat_open(argv[1], NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot(NULL, &sample.known, sizeof sample.known) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_wait(NULL, 0) == RSTAT_ERR_ARGUMENT && rstat_state(NULL) == RSTAT_ERR_ARGUMENT);
	rstat_close(NULL);
	CHECK(strlen(rstat_strerror(RSTAT_ERR_STALE)) > 5 && strlen(rstat_strerror(12345)) > 5);

	CHECK(rstat_open(argv[1], &reader) == RSTAT_OK);
	CHECK(rstat_state(reader) == RSTAT_OK);
	CHECK(rstat_wait(reader, -1) == RSTAT_OK);
	CHECK(rstat_snapshot(reader, NULL, sizeof sample) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot(reader, &sample.known, 8) == RSTAT_ERR_ARGUMENT);

	/* A program older than the library: it gets its part and no byte more. */
	memset(&sample, 0xaa, sizeof sample);
	CHECK(rstat_snapshot(reader, &sample.known, 64) == RSTAT_OK);
	CHECK(sample.known.sequence == 1 && sample.known.source == 0xaaaaaaaa);
	/* One that is younger: what the library does not know is zero. */
	CHECK(rstat_snapshot(reader, &sample.known, sizeof sample) == RSTAT_OK);
	CHECK(!sample.unknown[0] && !sample.unknown[3]);
	CHECK(rstat_wait(reader, 1) == RSTAT_ERR_TIMEOUT);

	memset(&sample, 0xaa, sizeof sample);
	CHECK(rstat_snapshot(reader, &sample.known, sizeof sample.known) == RSTAT_OK);
	CHECK(sample.unknown[0] == UINT64_C(0xaaaaaaaaaaaaaaaa));
	rstat_close(reader);
	FIELDS
	printf("\"comm\":\"%s\"\n", sample.known.top_cpu[0].comm);
	return 0;
}
"#;

#[test]
fn a_c_program_reads_the_same_numbers_as_the_dump() {
    if !is_installed("gcc") {
        return;
    }
    let scratch = Scratch::new();
    for name in [SONAME, "librstat_read.so"] {
        symlink(library(), scratch.path().join(name)).unwrap();
    }
    let mut writer = region::writer(&scratch.region());
    let mut sample = samples::fresh(LONG);
    sample.valid |= valid::SWAP;
    writer.publish(&mut sample);

    let mut print = String::new();
    for field in FIELDS {
        let (name, kind) = (field.name, if field.kind == Kind::I32 { "%lld" } else { "%llu" });
        let cast = if field.kind == Kind::I32 { "long long" } else { "unsigned long long" };
        writeln!(print, "printf(\"\\\"{name}\\\":{kind}\\n\", ({cast})sample.known.{name});")
            .unwrap();
    }
    let directory = scratch.path().display().to_string();
    let absent = scratch.path().join("absent");
    let printed = run_c(
        &scratch,
        &READER.replace("FIELDS", &print),
        &["-L", &directory, "-lrstat_read"],
        &[&scratch.region(), &absent],
    );
    let dump = Command::new(env!("CARGO_BIN_EXE_rstat-read"))
        .args(["--dump", "--format=json", "--shm"])
        .arg(scratch.region())
        .output()
        .unwrap();
    let dump = String::from_utf8(dump.stdout).unwrap();
    assert_eq!(printed.lines().count(), FIELDS.len() + 1);
    for line in printed.lines() {
        assert!(dump.contains(&format!("{line},")), "{line} is not in {dump}");
    }
}

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    if !is_installed("nm") {
        return;
    }
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library()).output().unwrap();
    let listing = String::from_utf8(output.stdout).unwrap();
    let mut exported: Vec<_> =
        listing.lines().filter_map(|line| line.split_whitespace().last()).collect();
    exported.sort_unstable();
    let header = fs::read_to_string(include().join("rstat_read.h")).unwrap();
    // A declaration is a line of the header that begins with a type.
    let mut declared: Vec<_> = header
        .lines()
        .filter(|line| line.ends_with(");") && !line.starts_with([' ', '\t', '/', '*']))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .collect();
    declared.sort_unstable();
    assert_eq!(exported, declared);
    assert!(declared.len() >= 7);
}
