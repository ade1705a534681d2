//! What the kernel said no to, and the likeliest reason.
//!
//! An error number of bpf(2) means many things. What the process may do, whether the
//! kernel is locked down and how old it is tell most of them apart; they are read only
//! once something has failed. The hint is for a human and nothing is decided by it.

use std::fmt;
use std::fs;

use super::sys::Errno;

const CAP_SYS_ADMIN: u32 = 21;
const CAP_SYS_RESOURCE: u32 = 24;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// `ENOTSUPP`, which the kernel should keep to itself and bpf(2) does not.
const NOT_SUPPORTED: i32 = 524;

/// What the kernel was asked for.
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
        Self { errno, hint: hint(request, errno, &Circumstances::read()) }
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

/// What may explain an error; each is unknown where its file cannot be read.
#[derive(Debug, Default)]
struct Circumstances {
    /// The effective capabilities, a bit each.
    capabilities: Option<u64>,
    /// `none`, `integrity` or `confidentiality`.
    lockdown: Option<String>,
    /// Such as `5.15.0-91-generic`.
    release: Option<String>,
}

impl Circumstances {
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

fn hint(request: Request, errno: Errno, circumstances: &Circumstances) -> Option<String> {
    let release = circumstances.release.as_deref().unwrap_or("this kernel");
    Some(match (errno.0, request) {
        (libc::EPERM | libc::EACCES, Request::MapMemory) => "the map is frozen".to_owned(),
        (libc::EPERM | libc::EACCES, _) => permission(circumstances),
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
fn permission(circumstances: &Circumstances) -> String {
    if circumstances.lacks(CAP_BPF) || circumstances.lacks(CAP_PERFMON) {
        return "CAP_BPF and CAP_PERFMON are needed".to_owned();
    }
    if circumstances.lockdown.as_deref() == Some("confidentiality") {
        return "the kernel is locked down for confidentiality".to_owned();
    }
    if circumstances.lacks(CAP_SYS_RESOURCE) {
        return "before Linux 5.11, CAP_SYS_RESOURCE or a higher RLIMIT_MEMLOCK is needed too"
            .to_owned();
    }
    "a container or a security module forbids it".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: Request, errno: i32, circumstances: &Circumstances, expected: &str) {
        let errno = Errno(errno);
        let refusal = Refusal { errno, hint: hint(request, errno, circumstances) };
        assert_eq!(refusal.to_string(), expected);
    }

    #[test]
    fn the_reason_for_a_missing_permission_is_told_apart() {
        let nobody = Circumstances { capabilities: Some(0), ..Circumstances::default() };
        let bits = 1 << CAP_BPF | 1 << CAP_PERFMON;
        let bpf_only = Circumstances { capabilities: Some(bits), ..Circumstances::default() };
        let root = Circumstances { capabilities: Some(u64::MAX), ..Circumstances::default() };
        let locked = Circumstances {
            capabilities: Some(u64::MAX),
            lockdown: Some("confidentiality".to_owned()),
            ..Circumstances::default()
        };
        for (circumstances, expected) in [
            (nobody, "Operation not permitted (CAP_BPF and CAP_PERFMON are needed)"),
            (
                bpf_only,
                "Operation not permitted (before Linux 5.11, CAP_SYS_RESOURCE or a higher RLIMIT_MEMLOCK is needed too)",
            ),
            (root, "Operation not permitted (a container or a security module forbids it)"),
            (locked, "Operation not permitted (the kernel is locked down for confidentiality)"),
        ] {
            check(Request::CreateMap, libc::EPERM, &circumstances, expected);
        }
    }

    #[test]
    fn an_old_kernel_is_named() {
        let old = Circumstances { release: Some("5.4.0".to_owned()), ..Circumstances::default() };
        check(
            Request::LoadProgram,
            libc::EINVAL,
            &old,
            "Invalid argument (Linux 5.4.0 may be too old: tp_btf programs need 5.5, iterators 5.8)",
        );
        check(Request::LoadProgram, libc::ENOMEM, &old, "Cannot allocate memory");
    }

    #[test]
    fn circumstances_are_read_from_what_the_kernel_writes() {
        assert_eq!(
            effective_capabilities("Name:\tx\nCapEff:\t000001ffffffffff\n"),
            Some(0x1ff_ffff_ffff)
        );
        assert_eq!(chosen("none [integrity] confidentiality\n").as_deref(), Some("integrity"));
        assert_eq!(chosen(""), None);
    }
}
