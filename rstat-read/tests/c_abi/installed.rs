//! What `make install-library` leaves behind: a small library that needs nothing, and
//! all that programs in other languages need to use it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use rstat_read::valid;

use crate::compile::{has, is_installed, json, make, run, soname};
use crate::region::{self, LONG, Scratch};
use crate::samples;

/// What the library may take on disk, its symbol table left out.
const MOST_BYTES: u64 = 480_000;

/// The installed tree, made once. It stays until the next run: nothing drops a static.
static STAGE: LazyLock<Option<Stage>> = LazyLock::new(Stage::make);

struct Stage(PathBuf);

impl Stage {
    fn make() -> Option<Self> {
        if !is_installed("make") {
            return None;
        }
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed");
        let _ = fs::remove_dir_all(&root);
        let destination = format!("DESTDIR={}", root.display());
        make(&["install-library", "PREFIX=/usr", &destination]);
        Some(Self(root))
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join("usr").join(path)
    }

    /// What pkg-config says of the library in the staged tree.
    fn flags(&self) -> Option<Vec<String>> {
        if !is_installed("pkg-config") {
            return None;
        }
        let mut tool = Command::new("pkg-config");
        tool.args(["--cflags", "--libs", "rstat_read"])
            .env("PKG_CONFIG_LIBDIR", self.path("lib/pkgconfig"))
            .env("PKG_CONFIG_SYSROOT_DIR", &self.0);
        Some(run(&mut tool).split_whitespace().map(str::to_owned).collect())
    }
}

#[test]
fn the_library_is_small_and_needs_only_the_c_library() {
    let Some(stage) = STAGE.as_ref() else {
        return;
    };
    let versioned = fs::canonicalize(stage.path("lib/librstat_read.so")).unwrap();
    assert_eq!(versioned, fs::canonicalize(stage.path("lib").join(soname())).unwrap());
    let name = versioned.file_name().unwrap().to_string_lossy();
    assert!(name.starts_with(&format!("{}.", soname())), "{name}");
    if is_installed("readelf") {
        let dynamic = run(Command::new("readelf").arg("-dW").arg(&versioned));
        let entries = |kind: &str| -> Vec<_> {
            let entries = dynamic.lines().filter(|line| line.contains(kind));
            entries.map(|line| line.split(['[', ']']).nth(1).unwrap().to_owned()).collect()
        };
        assert_eq!(entries("(SONAME)"), [soname()]);
        // The C library comes with its loader, the home of thread-local variables.
        let allowed = |name: &String| {
            name == "libc.so.6" || name == "libgcc_s.so.1" || name.starts_with("ld-linux")
        };
        let needed = entries("(NEEDED)");
        assert!(!needed.is_empty() && needed.iter().all(allowed), "{needed:?}");
    }
    if is_installed("strip") {
        let stripped = stage.0.join("stripped.so");
        run(Command::new("strip").arg("-o").arg(&stripped).arg(&versioned));
        let bytes = fs::metadata(stripped).unwrap().len();
        assert!(bytes < MOST_BYTES, "{bytes} bytes");
    }
}

/// Whether a program's lines `NAME VALUE` are what the JSON says, rows of the top list
/// among them.
fn check(printed: &str, region: &Path, count: usize) {
    let json = json(region);
    let mut rows = 0;
    for line in printed.lines() {
        let (name, value) = line.split_once(' ').unwrap();
        let expected = match (name, value) {
            ("history", _) => continue,
            ("top_cpu", _) => {
                rows += 1;
                let (comm, share) = value.rsplit_once(' ').unwrap();
                let start = format!("{{\"comm\":\"{comm}\",");
                let row = json.split_once(&start).unwrap_or_else(|| panic!("{line} in {json}")).1;
                assert!(row.split('}').next().unwrap().contains(&format!("\"cpu_ppm\":{share},")));
                continue;
            }
            (_, "-") => format!("\"{name}\":null,"),
            _ => format!("\"{name}\":{value},"),
        };
        assert!(json.contains(&expected), "{expected} in {json}");
    }
    assert_eq!(printed.lines().count() - rows, count, "{printed}");
}

fn published(scratch: &Scratch) -> rstat_shm::Writer {
    let mut writer = region::writer(&scratch.region());
    for busy in [10_000, 20_000, 234_000] {
        let mut sample = samples::fresh(LONG);
        sample.cpu_busy_ppm = busy;
        sample.valid &= !valid::SWAP;
        writer.publish(&mut sample);
    }
    writer
}

/// Compiles an example against the staged tree.
fn compiled(scratch: &Scratch, compiler: &[&str], source: &str) -> Option<Command> {
    let (Some(stage), true) = (STAGE.as_ref(), is_installed(compiler[0])) else {
        return None;
    };
    let flags = stage.flags()?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(source);
    let program = scratch.path().join(source.file_stem().unwrap());
    let mut compile = Command::new(compiler[0]);
    compile.args(&compiler[1..]).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2"]);
    run(compile.arg(source).arg("-o").arg(&program).args(flags));
    let mut example = Command::new(program);
    example.env("LD_LIBRARY_PATH", stage.path("lib"));
    Some(example)
}

/// Compiles an example that prints a sample, and runs it with a region and without.
fn run_example(compiler: &[&str], source: &str, check: impl FnOnce(&str, &Path)) {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let Some(mut example) = compiled(&scratch, compiler, source) else {
        return;
    };
    let mut absent = Command::new(example.get_program());
    absent.envs(example.get_envs().filter_map(|(name, value)| Some((name, value?))));
    check(&run(example.arg(scratch.region())), &scratch.region());

    let output = absent.arg(scratch.path().join("absent")).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(errors, "print: there is no region: rstatd does not run\n");
}

#[test]
fn the_example_of_a_bar_shows_what_the_program_shows() {
    const OPTIONS: [&str; 3] =
        ["format=CPU {cpu.busy}% {cpu.temp}°", "markup=none", "warning=cpu=20"];
    for compiler in [["gcc", "-std=c99"], ["clang", "-std=c11"]] {
        let scratch = Scratch::new();
        let _writer = published(&scratch);
        let Some(mut example) = compiled(&scratch, &compiler, "c/bar.c") else {
            continue;
        };
        let region = format!("shm={}", scratch.region().display());
        let printed = run(example.arg("1").args(OPTIONS).arg(&region));
        let mut program = Command::new(env!("CARGO_BIN_EXE_rstat-waybar"));
        program.arg("--once").args(OPTIONS.iter().map(|option| format!("--{option}")));
        let line = run(program.arg(format!("--{region}")));
        assert!(line.starts_with("{\"text\":\"CPU 23% 54°\",\"alt\":\"warning\""), "{line}");
        assert!(
            line.contains("\"class\":[\"warning\",\"cpu-warning\"],\"percentage\":23"),
            "{line}"
        );
        assert_eq!(printed, "CPU 23% 54° (warning cpu-warning, 23 %)\n");

        let output = example.arg("wraning=cpu=7").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(errors, "bar: unknown option `wraning`; did you mean `warning`?\n");
    }
}

#[test]
fn the_example_in_c_prints_what_the_dump_prints() {
    for compiler in [["gcc", "-std=c99"], ["clang", "-std=c11"]] {
        run_example(&compiler, "c/print.c", |printed, region| {
            check(printed, region, 7);
            assert!(printed.ends_with("\nhistory 10000 20000 234000\n"), "{printed}");
        });
    }
}

#[test]
fn the_example_in_cpp_prints_what_the_dump_prints() {
    for compiler in [["g++", "-std=c++17"], ["clang++", "-std=c++20"]] {
        run_example(&compiler, "cpp/print.cpp", |printed, region| check(printed, region, 5));
    }
}

/// Runs an example that needs no compiler, and finds all fields by itself.
fn interpret(interpreter: &str, version: &str, source: &str) {
    let (Some(stage), true) = (STAGE.as_ref(), has(interpreter, version)) else {
        return;
    };
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let mut example = Command::new(interpreter);
    example.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(source));
    example.arg(scratch.region()).env("LD_LIBRARY_PATH", stage.path("lib"));
    let printed = run(&mut example);
    check(&printed, &scratch.region(), rstat_shm::fields::public().count());
}

#[test]
fn the_example_in_python_prints_what_the_dump_prints() {
    interpret("python3", "--version", "python/rstat.py");
}

#[test]
fn the_example_in_lua_prints_what_the_dump_prints() {
    interpret("luajit", "-v", "lua/print.lua");
}

#[test]
fn the_installed_tree_may_be_moved() {
    let (Some(stage), true) = (STAGE.as_ref(), is_installed("pkg-config")) else {
        return;
    };
    let mut tool = Command::new("pkg-config");
    tool.args(["--define-prefix", "--variable=includedir", "rstat_read"])
        .env("PKG_CONFIG_LIBDIR", stage.path("lib/pkgconfig"));
    let include = PathBuf::from(run(&mut tool).trim());
    assert!(include.join("rstat_read.h").exists(), "{include:?}");
}
