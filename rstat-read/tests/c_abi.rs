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
use rstat_read::{Application, Gpu, HistoryPoint, Process, Snapshot, Stuck, throttle, valid};
use rstat_shm::fields::{FIELDS, Field, Kind, telling};
use rstat_shm::layout;
use rstat_shm::snapshot::{
    APPLICATION_BYTES, BATTERY_STATUSES, COMM_BYTES, MAX_CORES, MAX_FANS, MAX_GPUS, MAX_STUCK,
    PLATFORM_PROFILES, Source, TOP_APPLICATIONS, TOP_ROWS,
};

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

/// Every member of a structure: the C structure's name, its own, its offset and
/// size, as the compiler has them.
macro_rules! members {
    ($structure:literal, $record:expr, $type:ty: $($member:ident)*) => {{
        let record: $type = $record;
        vec![$((
            $structure,
            stringify!($member),
            offset_of!($type, $member),
            size_of_val(&record.$member),
        )),*]
    }};
}

type Member = (&'static str, &'static str, usize, usize);

fn expected_members() -> Vec<Member> {
    let scalar = |field: &Field| {
        let bytes = if field.kind == Kind::U64 { 8 } else { 4 };
        ("rstat_snapshot", field.name, field.offset, bytes)
    };
    [
        FIELDS.iter().map(scalar).collect(),
        members!("rstat_snapshot", Snapshot::EMPTY, Snapshot:
            top_cpu top_memory top_io top_cpu_applications top_memory_applications
            top_io_applications blocked zombies gpus fans_rpm cores_online cores),
        members!("rstat_process", Process::default(), Process:
            pid count flags cpu_ppm rss_bytes read_bytes_per_s write_bytes_per_s comm),
        members!("rstat_application", Application::default(), Application:
            count flags cpu_ppm reserved rss_bytes read_bytes_per_s write_bytes_per_s name),
        members!("rstat_stuck", Stuck::default(), Stuck: pid threads comm),
        members!("rstat_gpu", Gpu::default(), Gpu:
            driver state valid busy_ppm frequency_mhz frequency_limit_mhz temperature_mc
            throttle power_uw memory_used_bytes memory_total_bytes),
        members!("rstat_history_point", HistoryPoint::default(), HistoryPoint:
            monotonic_ns valid cpu_busy_ppm cpu_temperature_mc cpu_frequency_khz memory_used_ppm
            swap_used_ppm gpu_busy_ppm load_1m_milli flags io_read_bytes_per_s io_write_bytes_per_s),
    ]
    .concat()
}

/// Every constant of the header that Rust has as well.
fn expected_constants() -> Vec<(String, u64)> {
    let constants = [
        ("RSTAT_ABI_MAJOR", layout::ABI_MAJOR.into()),
        ("RSTAT_ABI_MINOR", layout::ABI_MINOR.into()),
        ("RSTAT_COMM_BYTES", COMM_BYTES as u64),
        ("RSTAT_APPLICATION_BYTES", APPLICATION_BYTES as u64),
        ("RSTAT_MAX_CORES", MAX_CORES as u64),
        ("RSTAT_MAX_GPUS", MAX_GPUS as u64),
        ("RSTAT_MAX_FANS", MAX_FANS as u64),
        ("RSTAT_MAX_STUCK", MAX_STUCK as u64),
        ("RSTAT_TOP_ROWS", TOP_ROWS as u64),
        ("RSTAT_TOP_APPLICATIONS", TOP_APPLICATIONS as u64),
        ("RSTAT_PROCESS_KERNEL_THREAD", Process::KERNEL_THREAD.into()),
        ("RSTAT_GPU_BUSY", Gpu::BUSY.into()),
        ("RSTAT_GPU_FREQUENCY", Gpu::FREQUENCY.into()),
        ("RSTAT_GPU_FREQUENCY_LIMIT", Gpu::FREQUENCY_LIMIT.into()),
        ("RSTAT_GPU_TEMPERATURE", Gpu::TEMPERATURE.into()),
        ("RSTAT_GPU_THROTTLE", Gpu::THROTTLE.into()),
        ("RSTAT_GPU_POWER", Gpu::POWER.into()),
        ("RSTAT_GPU_MEMORY", Gpu::MEMORY.into()),
        ("RSTAT_HISTORY_GPU_BUSY", HistoryPoint::GPU_BUSY.into()),
    ];
    let named = constants.into_iter().map(|(name, value)| (name.to_owned(), value));
    named.chain(expected_names()).chain(expected_validity_bits()).collect()
}

/// Numbers that name something, and bits, by the names that stand in tables.
fn expected_names() -> Vec<(String, u64)> {
    let listed = |prefix: &str, names: &[&str]| -> Vec<_> {
        let constant = |name: &&str| name.to_uppercase().replace(['-', ' '], "_");
        names.iter().map(|name| format!("{prefix}_{}", constant(name))).zip(1..).collect()
    };
    let bits = listed("RSTAT_THROTTLE", &throttle::NAMES);
    let bits = bits.into_iter().map(|(name, number)| (name, 1 << (number - 1)));
    [
        listed("RSTAT_SOURCE", &Source::NAMES),
        listed("RSTAT_PROFILE", &PLATFORM_PROFILES),
        listed("RSTAT_BATTERY", &BATTERY_STATUSES),
        listed("RSTAT_GPU", &Gpu::DRIVERS),
        listed("RSTAT_GPU", &Gpu::STATES),
        bits.collect(),
    ]
    .concat()
}

fn expected_validity_bits() -> Vec<(String, u64)> {
    [
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
        ("RSTAT_VALID_STUCK", valid::STUCK),
        ("RSTAT_VALID_PROBE_COST", valid::PROBE_COST),
        ("RSTAT_VALID_PRESSURE_CPU", valid::PRESSURE_CPU),
        ("RSTAT_VALID_PRESSURE_MEMORY", valid::PRESSURE_MEMORY),
        ("RSTAT_VALID_PRESSURE_IO", valid::PRESSURE_IO),
        ("RSTAT_VALID_CPU_THROTTLE", valid::CPU_THROTTLE),
        ("RSTAT_VALID_CPU_THROTTLED", valid::CPU_THROTTLED),
        ("RSTAT_VALID_CPU_POWER", valid::CPU_POWER),
        ("RSTAT_VALID_BATTERY", valid::BATTERY),
        ("RSTAT_VALID_BATTERY_POWER", valid::BATTERY_POWER),
        ("RSTAT_VALID_FANS", valid::FANS),
        ("RSTAT_VALID_ZRAM", valid::ZRAM),
        ("RSTAT_VALID_ZSWAP", valid::ZSWAP),
        ("RSTAT_VALID_ZFS_ARC", valid::ZFS_ARC),
        ("RSTAT_VALID_DISK", valid::DISK),
        ("RSTAT_VALID_APPLICATIONS", valid::APPLICATIONS),
    ]
    .map(|(name, bit)| (name.to_owned(), bit))
    .to_vec()
}

#[test]
fn the_header_lays_structures_out_as_rust_does() {
    if !is_installed("gcc") {
        return;
    }
    let mut source =
        String::from("#include <rstat_read.h>\n#include <stdio.h>\nint main(void)\n{\n");
    let mut expected = String::new();
    for (structure, name, offset, size) in expected_members() {
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
        ("rstat_application", size_of::<Application>()),
        ("rstat_stuck", size_of::<Stuck>()),
        ("rstat_gpu", size_of::<Gpu>()),
        ("rstat_history_point", size_of::<HistoryPoint>()),
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

#[test]
fn every_constant_of_the_header_is_checked() {
    let header = fs::read_to_string(include().join("rstat_read.h")).unwrap();
    let mut defined: Vec<_> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != "RSTAT_OK" && !name.starts_with("RSTAT_ERR_"))
        .collect();
    let mut checked: Vec<_> = expected_constants().into_iter().map(|(name, _)| name).collect();
    defined.sort_unstable();
    checked.sort_unstable();
    assert_eq!(defined, checked);
}

const READER: &str = r#"
#include <rstat_read.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition) do { if (!(condition)) { printf("line %d\n", __LINE__); return 1; } } while (0)

struct longer { struct rstat_snapshot known; uint64_t unknown[4]; };

static int check_history(struct rstat_reader *reader, const struct rstat_snapshot *sample)
{
	struct { struct rstat_history_point known; uint64_t unknown[2]; } later[3];
	struct rstat_history_point points[3];
	uint64_t earlier[3][2];
	size_t count = 3;

	memset(points, 0xaa, sizeof points);
	CHECK(rstat_history(NULL, points, sizeof points[0], &count) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_history(reader, points, sizeof points[0], NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_history(reader, NULL, sizeof points[0], &count) == RSTAT_ERR_ARGUMENT && !count);
	count = 3;
	CHECK(rstat_history(reader, points, 8, &count) == RSTAT_ERR_ARGUMENT && !count);
	CHECK(rstat_history(reader, points, sizeof points[0], &count) == RSTAT_OK && !count);

	/* Two samples there are, room for three: the third point is left alone. */
	count = 3;
	CHECK(rstat_history(reader, points, sizeof points[0], &count) == RSTAT_OK && count == 2);
	CHECK(points[1].monotonic_ns == sample->monotonic_ns && points[1].valid == sample->valid);
	CHECK(points[1].cpu_busy_ppm == sample->cpu_busy_ppm);
	CHECK(points[2].monotonic_ns == UINT64_C(0xaaaaaaaaaaaaaaaa));

	/* Room for one: the latest. A program older than the library, and a younger one. */
	count = 1;
	CHECK(rstat_history(reader, points, sizeof points[0], &count) == RSTAT_OK && count == 1);
	CHECK(points[0].monotonic_ns == sample->monotonic_ns);
	count = 3;
	CHECK(rstat_history(reader, (void *)earlier, sizeof earlier[0], &count) == RSTAT_OK);
	CHECK(count == 2 && earlier[1][0] == sample->monotonic_ns && earlier[1][1] == sample->valid);
	memset(later, 0xaa, sizeof later);
	count = 3;
	CHECK(rstat_history(reader, &later[0].known, sizeof later[0], &count) == RSTAT_OK);
	CHECK(count == 2 && later[1].known.cpu_busy_ppm == sample->cpu_busy_ppm);
	CHECK(!later[1].unknown[0] && !later[1].unknown[1] && later[2].unknown[0]);
	return 0;
}

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
	CHECK(sample.known.sequence == 2 && sample.known.source == 0xaaaaaaaa);
	/* One that is younger: what the library does not know is zero. */
	CHECK(rstat_snapshot(reader, &sample.known, sizeof sample) == RSTAT_OK);
	CHECK(!sample.unknown[0] && !sample.unknown[3]);
	CHECK(rstat_wait(reader, 1) == RSTAT_ERR_TIMEOUT);

	memset(&sample, 0xaa, sizeof sample);
	CHECK(rstat_snapshot(reader, &sample.known, sizeof sample.known) == RSTAT_OK);
	CHECK(sample.unknown[0] == UINT64_C(0xaaaaaaaaaaaaaaaa));
	CHECK(check_history(reader, &sample.known) == 0);
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
    sample.valid |= valid::SWAP | valid::ZSWAP | valid::ZFS_ARC;
    writer.publish(&mut samples::fresh(LONG));
    writer.publish(&mut sample);

    let mut print = String::new();
    for field in telling() {
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
    assert_eq!(printed.lines().count(), telling().count() + 1);
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
        .filter(|line| line.contains('(') && line.ends_with([';', ',']))
        .filter(|line| !line.starts_with([' ', '\t', '/', '*', '#']))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .collect();
    declared.sort_unstable();
    assert_eq!(exported, declared);
    assert!(declared.len() >= 8);
}
