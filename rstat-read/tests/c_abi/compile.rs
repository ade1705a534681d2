//! C programs beside this file, and the library as `make` builds it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::region::{self, Scratch};

/// Whether a tool is there; says so if not.
pub fn is_installed(program: &str) -> bool {
    has(program, "--version")
}

/// The same for a program with another option to print its version.
pub fn has(program: &str, version: &str) -> bool {
    let installed = Command::new(program).arg(version).output().is_ok();
    if !installed {
        eprintln!("SKIPPED: {program} is not installed");
    }
    installed
}

/// Where the header is.
pub fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// The name of the library in programs that load it.
pub fn soname() -> String {
    let header = fs::read_to_string(include().join("rstat_read.h")).unwrap();
    let major = header.lines().find_map(|line| line.strip_prefix("#define RSTAT_ABI_MAJOR "));
    format!("librstat_read.so.{}", major.unwrap())
}

/// The shared library; `make` has to be installed.
pub fn library() -> &'static Path {
    static LIBRARY: LazyLock<PathBuf> =
        LazyLock::new(|| make(&["library"]).join("librstat_read.so"));
    &LIBRARY
}

/// Builds with `make`, and returns where the library lies then.
pub fn make(arguments: &[&str]) -> PathBuf {
    let target = region::built().parent().unwrap();
    let mut make = Command::new("make");
    make.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .arg("--no-print-directory")
        .args(arguments)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO", env!("CARGO"));
    let output = make.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("library")
}

/// Compiles a C program, or says that there is no compiler. `linked` comes last.
pub fn compile(scratch: &Scratch, source: &Path, linked: &[&str]) -> Option<PathBuf> {
    if !is_installed("gcc") {
        return None;
    }
    let program = scratch.path().join(source.file_stem().unwrap());
    let mut compiler = Command::new("gcc");
    compiler.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2"]);
    compiler.arg("-I").arg(include()).arg("-I").arg(scratch.path());
    run(compiler.arg(source).arg("-o").arg(&program).args(linked));
    Some(program)
}

/// The same of a program of this folder that uses the library, ready to be run.
pub fn with_library(scratch: &Scratch, source: &str) -> Option<Command> {
    if !is_installed("make") {
        return None;
    }
    for name in [&soname(), "librstat_read.so"] {
        symlink(library(), scratch.path().join(name)).unwrap();
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c_abi").join(source);
    let directory = scratch.path().display().to_string();
    let program = compile(scratch, &source, &["-L", &directory, "-lrstat_read", "-pthread"])?;
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", scratch.path());
    Some(command)
}

/// Runs a program that has nothing to complain of, and returns what it prints.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {:?}: {text}{errors}", output.status);
    assert_eq!(errors, "", "{command:?}");
    text
}

/// What `rstat-read` prints of a region as JSON.
pub fn json(region: &Path) -> String {
    let mut dump = Command::new(env!("CARGO_BIN_EXE_rstat-read"));
    run(dump.args(["--dump", "--format=json", "--shm"]).arg(region))
}
