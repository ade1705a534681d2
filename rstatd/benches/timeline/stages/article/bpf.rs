//! The commands of bpf(2) that the article's loader and the readers of its map need.
//!
//! Each structure of attributes is the beginning of a member of `union bpf_attr` in the
//! kernel's include/uapi/linux/bpf.h.

#![expect(unsafe_code, reason = "the boundary to the kernel")]

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

const MAP_CREATE: libc::c_long = 0;
const MAP_LOOKUP_ELEM: libc::c_long = 1;
const MAP_UPDATE_ELEM: libc::c_long = 2;
const MAP_GET_NEXT_KEY: libc::c_long = 4;
const PROG_LOAD: libc::c_long = 5;
const MAP_LOOKUP_BATCH: libc::c_long = 24;

const BPF_NOEXIST: u64 = 1;
const PROG_TYPE_TRACEPOINT: u32 = 5;
const INSTRUCTION_BYTES: usize = 8;
const LOG_BYTES: usize = 1 << 16;
/// The verifier gives up with EAGAIN when a signal is pending.
const MAX_LOAD_ATTEMPTS: usize = 5;

/// `enum bpf_map_type`.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum MapType {
    Hash = 1,
    Array = 2,
}

/// Creates a map with keys of 32 bits.
pub fn create_map(kind: MapType, value_bytes: u32, max_entries: u32) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attributes {
        map_type: u32,
        key_bytes: u32,
        value_bytes: u32,
        max_entries: u32,
    }
    let mut attributes =
        Attributes { map_type: kind as u32, key_bytes: 4, value_bytes, max_entries };
    let map = bpf(MAP_CREATE, &mut attributes)?;
    // SAFETY: the kernel has just made the descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(map) })
}

/// Loads a program for a perf event of a tracepoint.
pub fn load_tracepoint_program(instructions: &[u8], license: &CStr) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attributes {
        program_type: u32,
        instruction_count: u32,
        instructions: u64,
        license: u64,
        log_level: u32,
        log_bytes: u32,
        log: u64,
    }
    let mut log = vec![0_u8; LOG_BYTES];
    let mut attributes = Attributes {
        program_type: PROG_TYPE_TRACEPOINT,
        instruction_count: (instructions.len() / INSTRUCTION_BYTES) as u32,
        instructions: instructions.as_ptr().expose_provenance() as u64,
        license: license.as_ptr().expose_provenance() as u64,
        log_level: 1,
        log_bytes: LOG_BYTES as u32,
        log: log.as_mut_ptr().expose_provenance() as u64,
    };
    for _ in 0..MAX_LOAD_ATTEMPTS {
        match bpf(PROG_LOAD, &mut attributes) {
            // SAFETY: the kernel has just made the descriptor for us alone.
            Ok(program) => return Ok(unsafe { OwnedFd::from_raw_fd(program) }),
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
            Err(error) => {
                let log = String::from_utf8_lossy(&log);
                let said = log.trim_end_matches('\0');
                return Err(io::Error::other(format!("load the article's probe: {error}\n{said}")));
            }
        }
    }
    Err(io::Error::from_raw_os_error(libc::EAGAIN))
}

#[repr(C)]
struct ElementAttributes {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

impl ElementAttributes {
    fn new<V>(map: &OwnedFd, key: Option<&u32>, value: &mut V) -> Self {
        Self {
            map: map.as_raw_fd().cast_unsigned(),
            padding: 0,
            key: key.map_or(ptr::null(), ptr::from_ref).expose_provenance() as u64,
            value: ptr::from_mut(value).expose_provenance() as u64,
            flags: 0,
        }
    }
}

/// The key after this one, or the first key; `None` after the last.
pub fn next_key(map: &OwnedFd, key: Option<&u32>) -> io::Result<Option<u32>> {
    let mut next = 0_u32;
    let mut attributes = ElementAttributes::new(map, key, &mut next);
    found(bpf(MAP_GET_NEXT_KEY, &mut attributes)).map(|found| found.then_some(next))
}

/// Copies a key's value; false if the map has no such key. The value is as long as the map's.
pub fn look_up<V: Copy>(map: &OwnedFd, key: u32, value: &mut V) -> io::Result<bool> {
    let mut attributes = ElementAttributes::new(map, Some(&key), value);
    found(bpf(MAP_LOOKUP_ELEM, &mut attributes))
}

/// Enters a key unless the map has it. The value is as long as the map's.
pub fn enter<V: Copy>(map: &OwnedFd, key: u32, value: &mut V) -> io::Result<()> {
    let mut attributes = ElementAttributes::new(map, Some(&key), value);
    attributes.flags = BPF_NOEXIST;
    match bpf(MAP_UPDATE_ELEM, &mut attributes) {
        Err(error) if error.raw_os_error() != Some(libc::EEXIST) => Err(error),
        _ => Ok(()),
    }
}

fn found(answer: io::Result<libc::c_int>) -> io::Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The result of one call of [`look_up_batch`].
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// The number of copied entries, at the beginning of both slices.
    pub count: usize,
    /// Where the next call goes on; `None` after the last entry.
    pub next: Option<u64>,
}

/// Copies keys with their values, at most as many as both slices hold.
pub fn look_up_batch<V: Copy>(
    map: &OwnedFd,
    from: Option<u64>,
    keys: &mut [u32],
    values: &mut [V],
) -> io::Result<Batch> {
    #[repr(C)]
    struct Attributes {
        in_batch: u64,
        out_batch: u64,
        keys: u64,
        values: u64,
        count: u32,
        map: u32,
        element_flags: u64,
        flags: u64,
    }
    let mut next = 0_u64;
    let mut attributes = Attributes {
        in_batch: from.as_ref().map_or(ptr::null(), ptr::from_ref).expose_provenance() as u64,
        out_batch: ptr::from_mut(&mut next).expose_provenance() as u64,
        keys: keys.as_mut_ptr().expose_provenance() as u64,
        values: values.as_mut_ptr().expose_provenance() as u64,
        count: keys.len().min(values.len()) as u32,
        map: map.as_raw_fd().cast_unsigned(),
        element_flags: 0,
        flags: 0,
    };
    let goes_on = found(bpf(MAP_LOOKUP_BATCH, &mut attributes))?;
    Ok(Batch { count: attributes.count as usize, next: goes_on.then_some(next) })
}

/// Runs a command. The memory at the attributes' addresses outlives the call.
fn bpf<A>(command: libc::c_long, attributes: &mut A) -> io::Result<libc::c_int> {
    // SAFETY: the size is the attributes' own. The callers above point them to memory that holds
    // the map's keys and values, in the stated number.
    let answer =
        unsafe { libc::syscall(libc::SYS_bpf, command, ptr::from_mut(attributes), size_of::<A>()) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer as libc::c_int) }
}
