//! The system calls of a sample, each with its reason.
//!
//! strace(1) watches `rstatd --bench`, which reads every source in every sample. A sample ends
//! with the wait for the next one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const DAEMON: &str = env!("CARGO_BIN_EXE_rstatd");
/// The samples of the bench, without its warm-up.
const SAMPLES: &str = "100";
/// The samples before the first that counts.
pub const WARM_UP: usize = 10;
/// The call that ends a sample.
const WAIT: &str = "rt_sigtimedwait";

/// Files of any process.
const STATM: &str = "/proc/PID/statm";
const CGROUP: &str = "/proc/PID/cgroup";

/// The calls that a sample may make: name, the file if the reason is that file's, and why.
const REASONS: [(&str, Option<&str>, &str); 13] = [
    ("pread64", Some(STATM), "the memory of a listed process"),
    ("pread64", Some(CGROUP), "a process in a new cgroup"),
    ("pread64", None, "a source that is due"),
    ("futex", None, "wake the readers that wait"),
    (WAIT, None, "sleep until the next tick"),
    ("kill", None, "whether a zombie is still there"),
    ("getdents64", None, "list the processes, without the probe"),
    ("lseek", None, "list the processes, without the probe"),
    ("read", None, "a process's files, without the probe"),
    ("openat", None, "a process newly listed, or in a new cgroup; without the probe, any"),
    ("close", None, "a process no longer listed, or in a new cgroup; without the probe, any"),
    ("mmap", None, "more processes than ever before"),
    ("munmap", None, "more processes than ever before"),
];

/// One kind of system call.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    /// The open file that its first argument is, if it is one.
    pub file: String,
    /// How often a sample makes it, on average.
    pub per_sample: f64,
    /// `None` for a call that no sample should make.
    pub reason: Option<&'static str>,
}

/// Takes samples and has strace write their calls to `log`.
pub fn traced(log: &Path, source: &str) -> Command {
    let mut command = Command::new("strace");
    command.args(["-y", "-s", "0", "-o"]).arg(log);
    command.args([DAEMON, "--bench", SAMPLES, "--format", "json", "--source", source]);
    command
}

/// The calls of an average sample, from what strace has written. None where it was not
/// allowed to.
pub fn of_a_sample(log: &str) -> Vec<Call> {
    let calls: Vec<_> = log.lines().filter_map(call).collect();
    let ends: Vec<_> = (0..calls.len()).filter(|&index| calls[index].0 == WAIT).collect();
    let (Some(&first), Some(&last)) = (ends.get(WARM_UP - 1), ends.last()) else {
        return Vec::new();
    };
    let mut counts = BTreeMap::<_, usize>::new();
    for call in &calls[first + 1..=last] {
        *counts.entry(call.clone()).or_default() += 1;
    }
    let samples = (ends.len() - WARM_UP) as f64;
    let explained = counts.into_iter().map(|((name, file), count)| {
        let is_it = |(known, whose, _): &&(&str, Option<&str>, &str)| {
            *known == name && whose.is_none_or(|whose| whose == file)
        };
        let reason = REASONS.iter().find(is_it).map(|(_, _, reason)| *reason);
        Call { name, file, per_sample: count as f64 / samples, reason }
    });
    explained.collect()
}

/// Name and file of a call: `pread64(7</proc/meminfo>, ""..., 4096, 0) = 1475`.
fn call(line: &str) -> Option<(String, String)> {
    let (name, arguments) = line.split_once('(')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let (number, rest) = arguments.split_once('<').unwrap_or_default();
    let is_file = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let end = rest.find(">,").or_else(|| rest.find(">)")).filter(|_| is_file);
    is_name
        .then(|| (name.to_owned(), end.map_or_else(String::new, |end| any_process(&rest[..end]))))
}

/// The files of one name of all processes are one.
fn any_process(path: &str) -> String {
    match path.strip_prefix("/proc/").and_then(|rest| rest.split_once('/')) {
        Some((pid, name)) if pid.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("/proc/PID/{name}")
        }
        _ => path.to_owned(),
    }
}
