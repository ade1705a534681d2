//! Compiles the probe where a clang can target BPF, else takes the checked-in object.
//! So a machine with Rust alone builds the same daemon.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const SOURCE: &str = "probe.bpf.c";
const CHECKED_IN: &str = "probe.bpf.o";
/// `-mcpu=v3` allows atomic operations that return a value. `-fdebug-compilation-dir` keeps
/// the build machine's paths out of the object.
const FLAGS: [&str; 9] = [
    "-target",
    "bpf",
    "-mcpu=v3",
    "-O2",
    "-g",
    "-fdebug-compilation-dir=.",
    "-Wall",
    "-Wextra",
    "-Werror",
];

fn main() {
    for input in [
        SOURCE, CHECKED_IN, "probe.h", "kernel.h", "slots.h", "exited.h", "clock.h", "idle.h",
        "notes.h",
    ] {
        println!("cargo:rerun-if-changed={input}");
    }
    println!("cargo:rerun-if-env-changed=RSTAT_CLANG");
    let clang = env::var("RSTAT_CLANG").unwrap_or_else(|_| "clang".into());
    let compiled = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join(CHECKED_IN);
    let (object, built_by) = match compile(&clang, &compiled) {
        Some(version) => (compiled, version),
        None => (fs::canonicalize(CHECKED_IN).expect("in the source tree"), "checked in".into()),
    };
    println!("cargo:rustc-env=RSTAT_PROBE_OBJECT={}", object.display());
    println!("cargo:rustc-env=RSTAT_PROBE_BUILT_BY={built_by}");
}

/// Compiles the probe and returns the compiler's version. Returns `None` without a clang that
/// can target BPF.
fn compile(clang: &str, object: &Path) -> Option<String> {
    let version = Command::new(clang).arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).lines().next()?.trim().to_owned();
    let output =
        Command::new(clang).args(FLAGS).arg("-c").arg(SOURCE).arg("-o").arg(object).output();
    let output = output.ok()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let first = complaint.lines().next().unwrap_or("no message");
        println!("cargo:warning={clang} cannot compile {SOURCE}, using {CHECKED_IN}: {first}");
        return None;
    }
    // The loader needs neither the debug sections nor the relocations of BTF.ext, which only
    // a linker applies. Without llvm-strip they stay, and do no harm.
    let _ = Command::new("llvm-strip").args(["-g", "-R", ".rel.BTF.ext"]).arg(object).status();
    Some(version)
}
