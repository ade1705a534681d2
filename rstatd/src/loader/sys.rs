//! System calls: bpf(2), and the one resource limit that it may run into.
//!
//! One function for each command that the loader gives. Arguments are slices and numbers,
//! descriptors become [`OwnedFd`] where the kernel returns them, errors are an [`Errno`]
//! without a guess at their reason. The attribute structs are the beginnings of the
//! members of `union bpf_attr` in the kernel's include/uapi/linux/bpf.h: a kernel that
//! knows more takes the rest as zero, one that knows less refuses what is not zero.

#![expect(unsafe_code, reason = "the boundary to the kernel")]

use std::ffi::{CStr, c_long};
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::instruction::Instruction;

/// Commands of bpf(2).
const MAP_CREATE: i32 = 0;
const MAP_LOOKUP_ELEM: i32 = 1;
const MAP_UPDATE_ELEM: i32 = 2;
const MAP_DELETE_ELEM: i32 = 3;
const PROG_LOAD: i32 = 5;
const OBJ_GET_INFO_BY_FD: i32 = 15;
const RAW_TRACEPOINT_OPEN: i32 = 17;
const MAP_FREEZE: i32 = 22;
const MAP_LOOKUP_BATCH: i32 = 24;
const MAP_LOOKUP_AND_DELETE_BATCH: i32 = 25;
const LINK_CREATE: i32 = 28;
const ENABLE_STATS: i32 = 32;
const ITER_CREATE: i32 = 33;

/// `BPF_PROG_TYPE_TRACING`.
const TRACING: u32 = 26;

/// Bytes of a name, the last of which is zero.
const NAME: usize = 16;

/// The verifier gives up with EAGAIN when a signal is pending. libbpf tries five times.
const MAX_LOAD_ATTEMPTS: usize = 5;

/// How a program attaches: the kernel's `bpf_attach_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum AttachType {
    RawTracepoint = 23,
    Iterator = 28,
}

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl fmt::Display for Errno {
    /// What strerror(3) says, without the number that `io::Error` puts behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = io::Error::from_raw_os_error(self.0).to_string();
        f.write_str(text.split(" (os error").next().unwrap_or(&text))
    }
}

/// What a map is to be.
pub(super) struct MapAttributes<'a> {
    pub(super) name: &'a str,
    pub(super) map_type: u32,
    pub(super) key_size: u32,
    pub(super) value_size: u32,
    pub(super) max_entries: u32,
    pub(super) flags: u32,
}

/// What a program is.
pub(super) struct ProgramAttributes<'a> {
    pub(super) name: &'a str,
    pub(super) instructions: &'a [Instruction],
    pub(super) license: &'a CStr,
    pub(super) attach_type: AttachType,
    /// The kernel's type that says what the program gets: a typedef or a function.
    pub(super) attach_btf_id: u32,
}

pub(super) fn create_map(map: &MapAttributes<'_>) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        map_type: u32,
        key_size: u32,
        value_size: u32,
        max_entries: u32,
        map_flags: u32,
        inner_map_fd: u32,
        numa_node: u32,
        map_name: [u8; NAME],
    }
    let attribute = Attribute {
        map_type: map.map_type,
        key_size: map.key_size,
        value_size: map.value_size,
        max_entries: map.max_entries,
        map_flags: map.flags,
        inner_map_fd: 0,
        numa_node: 0,
        map_name: kernel_name(map.name),
    };
    bpf(MAP_CREATE, &attribute).map(owned)
}

/// Sets the value of the key 0 of an array. The caller says how long the array's values
/// are, because the kernel reads that many bytes.
pub(super) fn set_first(map: BorrowedFd<'_>, value_size: u32, value: &[u8]) -> Result<(), Errno> {
    #[repr(C)]
    struct Attribute {
        map_fd: u32,
        padding: u32,
        key: u64,
        value: u64,
        flags: u64,
    }
    assert_eq!(value.len(), value_size as usize, "the kernel reads a whole value");
    let key = 0_u32;
    let attribute = Attribute {
        map_fd: number(map),
        padding: 0,
        key: address(&raw const key),
        value: address(value.as_ptr()),
        flags: 0,
    };
    bpf(MAP_UPDATE_ELEM, &attribute).map(drop)
}

/// Looks up the value of a key. The caller knows that the map has such keys and values.
pub(super) fn look_up<K, V>(map: BorrowedFd<'_>, key: &K, value: &mut V) -> Result<(), Errno> {
    let value = address(std::ptr::from_mut(value));
    bpf(MAP_LOOKUP_ELEM, &Element { map_fd: number(map), padding: 0, key: address(key), value })
        .map(drop)
}

/// Deletes a key. The caller knows that the map has such keys.
pub(super) fn delete<K>(map: BorrowedFd<'_>, key: &K) -> Result<(), Errno> {
    bpf(MAP_DELETE_ELEM, &Element { map_fd: number(map), padding: 0, key: address(key), value: 0 })
        .map(drop)
}

#[repr(C)]
struct Element {
    map_fd: u32,
    padding: u32,
    key: u64,
    value: u64,
}

/// How to go through a hash map, a few entries at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
    LookUp,
    LookUpAndDelete,
}

/// A part of a hash map's entries.
pub(super) struct Part {
    /// Entries that were filled in.
    pub(super) count: usize,
    /// Where the next part begins; none after the last one.
    pub(super) next: Option<u32>,
}

/// Fills in the entries that begin at `from`, or the first ones. The caller knows that the
/// map has such keys and values; there is room for as many as both slices have.
pub(super) fn next_batch<K, V>(
    map: BorrowedFd<'_>,
    batch: Batch,
    from: Option<u32>,
    keys: &mut [K],
    values: &mut [V],
) -> Result<Part, Errno> {
    #[repr(C)]
    struct Attribute {
        in_batch: u64,
        out_batch: u64,
        keys: u64,
        values: u64,
        count: u32,
        map_fd: u32,
        elem_flags: u64,
        flags: u64,
    }
    let mut next = 0_u32;
    let mut attribute = Attribute {
        in_batch: from.as_ref().map_or(0, |from| address(from)),
        out_batch: address(&raw mut next),
        keys: address(keys.as_mut_ptr()),
        values: address(values.as_mut_ptr()),
        count: keys.len().min(values.len()) as u32,
        map_fd: number(map),
        elem_flags: 0,
        flags: 0,
    };
    let command = match batch {
        Batch::LookUp => MAP_LOOKUP_BATCH,
        Batch::LookUpAndDelete => MAP_LOOKUP_AND_DELETE_BATCH,
    };
    let result = bpf_answering(command, &mut attribute);
    let count = attribute.count as usize;
    match result {
        Ok(_) => Ok(Part { count, next: Some(next) }),
        // The last buckets were among them.
        Err(Errno(libc::ENOENT)) => Ok(Part { count, next: None }),
        Err(errno) => Err(errno),
    }
}

/// Forbids user space to write to a map from now on.
pub(super) fn freeze_map(map: BorrowedFd<'_>) -> Result<(), Errno> {
    bpf(MAP_FREEZE, &number(map)).map(drop)
}

/// Loads a program. An empty log asks for none, which is faster.
pub(super) fn load_program(
    program: &ProgramAttributes<'_>,
    log: &mut [u8],
) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        prog_type: u32,
        insn_cnt: u32,
        insns: u64,
        license: u64,
        log_level: u32,
        log_size: u32,
        log_buf: u64,
        kern_version: u32,
        prog_flags: u32,
        prog_name: [u8; NAME],
        prog_ifindex: u32,
        expected_attach_type: u32,
        prog_btf_fd: u32,
        func_info_rec_size: u32,
        func_info: u64,
        func_info_cnt: u32,
        line_info_rec_size: u32,
        line_info: u64,
        line_info_cnt: u32,
        attach_btf_id: u32,
    }
    let attribute = Attribute {
        prog_type: TRACING,
        insn_cnt: program.instructions.len() as u32,
        insns: address(program.instructions.as_ptr()),
        license: address(program.license.as_ptr()),
        log_level: u32::from(!log.is_empty()),
        log_size: log.len() as u32,
        log_buf: if log.is_empty() { 0 } else { address(log.as_mut_ptr()) },
        kern_version: 0,
        prog_flags: 0,
        prog_name: kernel_name(program.name),
        prog_ifindex: 0,
        expected_attach_type: program.attach_type as u32,
        prog_btf_fd: 0,
        func_info_rec_size: 0,
        func_info: 0,
        func_info_cnt: 0,
        line_info_rec_size: 0,
        line_info: 0,
        line_info_cnt: 0,
        attach_btf_id: program.attach_btf_id,
    };
    let mut result = bpf(PROG_LOAD, &attribute);
    for _ in 1..MAX_LOAD_ATTEMPTS {
        if result != Err(Errno(libc::EAGAIN)) {
            break;
        }
        result = bpf(PROG_LOAD, &attribute);
    }
    result.map(owned)
}

/// Attaches a program to the tracepoint that it was loaded for, hence without a name.
pub(super) fn open_raw_tracepoint(program: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        name: u64,
        prog_fd: u32,
        padding: u32,
    }
    let attribute = Attribute { name: 0, prog_fd: number(program), padding: 0 };
    bpf(RAW_TRACEPOINT_OPEN, &attribute).map(owned)
}

/// Links an iterator program to what it iterates over.
pub(super) fn link_iterator(program: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        prog_fd: u32,
        target_fd: u32,
        attach_type: u32,
        flags: u32,
    }
    let attribute = Attribute {
        prog_fd: number(program),
        target_fd: 0,
        attach_type: AttachType::Iterator as u32,
        flags: 0,
    };
    bpf(LINK_CREATE, &attribute).map(owned)
}

/// Makes a descriptor whose reading runs a linked iterator.
pub(super) fn create_iterator(link: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        link_fd: u32,
        flags: u32,
    }
    let attribute = Attribute { link_fd: number(link), flags: 0 };
    bpf(ITER_CREATE, &attribute).map(owned)
}

/// Has the kernel count how often and how long programs run, as long as the
/// descriptor lives.
pub(super) fn enable_statistics() -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        kind: u32,
    }
    // `BPF_STATS_RUN_TIME`, the only kind.
    bpf(ENABLE_STATS, &Attribute { kind: 0 }).map(owned)
}

/// How long a program has run so far, in nanoseconds, and how often.
pub(super) fn run_time(program: BorrowedFd<'_>) -> Result<(u64, u64), Errno> {
    /// The beginning of `struct bpf_prog_info`; the two are its last words here.
    const WORDS: usize = 26;
    #[repr(C)]
    struct Attribute {
        fd: u32,
        length: u32,
        info: u64,
    }
    let mut info = [0_u64; WORDS];
    let attribute = Attribute {
        fd: number(program),
        length: size_of_val(&info) as u32,
        info: (&raw mut info).expose_provenance() as u64,
    };
    bpf(OBJ_GET_INFO_BY_FD, &attribute)?;
    Ok((info[WORDS - 2], info[WORDS - 1]))
}

/// Lifts the limit of locked memory. Kernels before 5.11 count maps and programs as such.
pub(super) fn lift_memlock() -> Result<(), Errno> {
    let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit outlives the call, which only reads it.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) };
    if result == 0 { Ok(()) } else { Err(last_errno()) }
}

/// Calls bpf(2) with an attribute, which is one of the structs above and nothing else.
fn bpf<T>(command: i32, attribute: &T) -> Result<c_long, Errno> {
    // SAFETY: none of the commands that come here writes to its attribute.
    unsafe { call(command, std::ptr::from_ref(attribute).cast_mut()) }
}

/// The same for commands that write their answer into the attribute.
fn bpf_answering<T>(command: i32, attribute: &mut T) -> Result<c_long, Errno> {
    // SAFETY: the attribute is ours to write to.
    unsafe { call(command, attribute) }
}

/// # Safety
/// The attribute may be read, and written to if the command does that.
unsafe fn call<T>(command: i32, attribute: *mut T) -> Result<c_long, Errno> {
    // SAFETY: the size is the attribute's own. The addresses in it were made by the
    // caller from references that are still alive, each with the length that the kernel
    // is told or, for a licence, a key and a value, that it knows. It writes to what the
    // caller borrowed mutably only: a log, values and keys that it looks up.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attribute, size_of::<T>()) };
    if result < 0 { Err(last_errno()) } else { Ok(result) }
}

/// Takes possession of a descriptor that the kernel just returned.
fn owned(descriptor: c_long) -> OwnedFd {
    // SAFETY: the commands whose result comes here return a new descriptor, which nobody
    // else can know of.
    unsafe { OwnedFd::from_raw_fd(descriptor as i32) }
}

fn number(descriptor: BorrowedFd<'_>) -> u32 {
    descriptor.as_raw_fd() as u32
}

fn address<T>(pointer: *const T) -> u64 {
    pointer.expose_provenance() as u64
}

pub(super) fn last_errno() -> Errno {
    Errno(io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// A name as the kernel takes it: 15 characters, letters, digits, `_` and `.`.
fn kernel_name(name: &str) -> [u8; NAME] {
    let mut kernel_name = [0; NAME];
    for (place, byte) in kernel_name[..NAME - 1].iter_mut().zip(name.bytes()) {
        let is_legal = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        *place = if is_legal { byte } else { b'_' };
    }
    kernel_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_and_made_legal_for_the_kernel() {
        for (name, expected) in [
            ("cpus", b"cpus\0\0\0\0\0\0\0\0\0\0\0\0"),
            (".rodata.str1.1-and-more", b".rodata.str1.1_\0"),
            ("é", b"__\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ] {
            assert_eq!(&kernel_name(name), expected);
        }
    }

    #[test]
    fn an_error_number_is_said_in_words_alone() {
        assert_eq!(Errno(libc::EPERM).to_string(), "Operation not permitted");
    }
}
