//! The kernel's refusals, each with its likeliest reason.
//!
//! An error number of bpf(2) has many meanings. The process's capabilities, the kernel's
//! lockdown and its release distinguish most of them; they are read only after a failure. The
//! hint is for people, and no decision depends on it.

use std::fmt;
use std::fs;

use super::sys::Errno;

const CAP_SYS_ADMIN: u32 = 21;
const CAP_SYS_RESOURCE: u32 = 24;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// `ENOTSUPP`, which the kernel should keep to itself and bpf(2) does not.
const NOT_SUPPORTED: i32 = 524;

/// The kind of request that the kernel has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    CreateMap,
    InitialiseMap,
    MapMemory,
    Entries,
    LoadProgram,
    Attach,
    Iterate,
    Statistics,
}

/// The kernel's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error number.
    pub errno: Errno,
    hint: Option<String>,
}

impl Refusal {
    pub(crate) fn new(request: Request, errno: Errno) -> Self {
        Self { errno, hint: hint(request, errno, &Facts::read()) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.errno)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The facts that may explain an error; a fact is unknown if its file cannot be read.
#[derive(Debug, Default)]
struct Facts {
    /// The effective capabilities, a bit each.
    capabilities: Option<u64>,
    /// `none`, `integrity` or `confidentiality`.
    lockdown: Option<String>,
    /// Such as `5.15.0-91-generic`.
    release: Option<String>,
}

impl Facts {
    fn read() -> Self {
        let read = |path| fs::read_to_string(path).ok();
        Self {
            capabilities: read("/proc/self/status").as_deref().and_then(effective_capabilities),
            lockdown: read("/sys/kernel/security/lockdown").as_deref().and_then(chosen),
            release: read("/proc/sys/kernel/osrelease").map(|release| release.trim().to_owned()),
        }
    }

    /// Whether it is certain that the process lacks a capability.
    fn lacks(&self, capability: u32) -> bool {
        let has = |number: u32| self.capabilities.is_none_or(|bits| bits >> number & 1 != 0);
        !has(capability) && !has(CAP_SYS_ADMIN)
    }
}

/// The mask behind `CapEff:` in /proc/PID/status.
fn effective_capabilities(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

/// The word in brackets, as in `none [integrity] confidentiality`.
fn chosen(words: &str) -> Option<String> {
    let (_, rest) = words.split_once('[')?;
    let (word, _) = rest.split_once(']')?;
    Some(word.to_owned())
}

fn hint(request: Request, errno: Errno, facts: &Facts) -> Option<String> {
    let release = facts.release.as_deref().unwrap_or("this kernel");
    Some(match (errno.0, request) {
        (libc::EPERM | libc::EACCES, Request::MapMemory) => "the map is frozen".to_owned(),
        (libc::EPERM | libc::EACCES, _) => permission(facts),
        (libc::EINVAL, Request::CreateMap) => {
            format!("Linux {release} may be too old for this map: mmapped arrays need 5.5")
        }
        (libc::EINVAL, Request::LoadProgram) => {
            format!("Linux {release} may be too old: tp_btf programs need 5.5, iterators 5.8")
        }
        (libc::EINVAL, Request::Attach | Request::Iterate) => {
            format!("Linux {release} may be too old: iterators need 5.8")
        }
        (libc::ENOTSUP | libc::EINVAL, Request::MapMemory) => {
            "only arrays with BPF_F_MMAPABLE can be mapped".to_owned()
        }
        (libc::ENOSYS, _) => "the kernel has no bpf(2), or a container forbids it".to_owned(),
        (NOT_SUPPORTED, _) => "the BPF JIT is off or lacks this feature on this machine".to_owned(),
        (libc::E2BIG, Request::LoadProgram) => "the program is too large to verify".to_owned(),
        _ => return None,
    })
}

/// Why an operation is not permitted: the process, the kernel's lockdown, or a policy.
fn permission(facts: &Facts) -> String {
    if facts.lacks(CAP_BPF) || facts.lacks(CAP_PERFMON) {
        return "CAP_BPF and CAP_PERFMON are needed".to_owned();
    }
    if facts.lockdown.as_deref() == Some("confidentiality") {
        return "the kernel is locked down for confidentiality".to_owned();
    }
    if facts.lacks(CAP_SYS_RESOURCE) {
        return "before Linux 5.11, CAP_SYS_RESOURCE or a higher RLIMIT_MEMLOCK is needed too"
            .to_owned();
    }
    "a container or a security module forbids it".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: Request, errno: i32, facts: &Facts, expected: &str) {
        let errno = Errno(errno);
        let refusal = Refusal { errno, hint: hint(request, errno, facts) };
        assert_eq!(refusal.to_string(), expected);
    }

    #[test]
    fn reasons_for_a_missing_permission_are_distinguished() {
        let nobody = Facts { capabilities: Some(0), ..Facts::default() };
        let bits = 1 << CAP_BPF | 1 << CAP_PERFMON;
        let bpf_only = Facts { capabilities: Some(bits), ..Facts::default() };
        let root = Facts { capabilities: Some(u64::MAX), ..Facts::default() };
        let locked = Facts {
            capabilities: Some(u64::MAX),
            lockdown: Some("confidentiality".to_owned()),
            ..Facts::default()
        };
        for (facts, expected) in [
            (nobody, "Operation not permitted (CAP_BPF and CAP_PERFMON are needed)"),
            (
                bpf_only,
                "Operation not permitted (before Linux 5.11, CAP_SYS_RESOURCE or a higher RLIMIT_MEMLOCK is needed too)",
            ),
            (root, "Operation not permitted (a container or a security module forbids it)"),
            (locked, "Operation not permitted (the kernel is locked down for confidentiality)"),
        ] {
            check(Request::CreateMap, libc::EPERM, &facts, expected);
        }
    }

    #[test]
    fn an_old_kernel_is_named() {
        let old = Facts { release: Some("5.4.0".to_owned()), ..Facts::default() };
        check(
            Request::LoadProgram,
            libc::EINVAL,
            &old,
            "Invalid argument (Linux 5.4.0 may be too old: tp_btf programs need 5.5, iterators 5.8)",
        );
        check(Request::LoadProgram, libc::ENOMEM, &old, "Cannot allocate memory");
    }

    #[test]
    fn facts_are_read_from_what_the_kernel_writes() {
        assert_eq!(
            effective_capabilities("Name:\tx\nCapEff:\t000001ffffffffff\n"),
            Some(0x1ff_ffff_ffff)
        );
        assert_eq!(chosen("none [integrity] confidentiality\n").as_deref(), Some("integrity"));
        assert_eq!(chosen(""), None);
    }
}
