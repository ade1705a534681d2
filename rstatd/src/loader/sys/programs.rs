//! The commands about programs, and about what they are attached to.

use std::ffi::CStr;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::call::{Address, Errno, NAME, bpf, bpf_open, kernel_name, number};
use crate::loader::instruction::Instruction;
use crate::loader::object::Attach;

const PROG_LOAD: i32 = 5;
const OBJ_GET_INFO_BY_FD: i32 = 15;
const RAW_TRACEPOINT_OPEN: i32 = 17;
const LINK_CREATE: i32 = 28;
const ENABLE_STATS: i32 = 32;
const ITER_CREATE: i32 = 33;

/// `BPF_PROG_TYPE_TRACING`.
const TRACING: u32 = 26;

/// The verifier gives up with EAGAIN when a signal is pending. libbpf tries five times.
const MAX_LOAD_ATTEMPTS: usize = 5;

/// How programs attach: `BPF_TRACE_RAW_TP` and `BPF_TRACE_ITER`.
const TRACE_RAW_TRACEPOINT: u32 = 23;
const TRACE_ITERATOR: u32 = 28;

/// The properties of a program to be loaded.
pub struct ProgramAttributes<'a> {
    pub name: &'a str,
    pub instructions: &'a [Instruction],
    pub license: &'a CStr,
    pub attach: &'a Attach,
    /// The kernel's type of the program's arguments: a typedef or a function.
    pub attach_btf_id: u32,
}

/// Loads a program. Without room for a log, the kernel writes none, which is faster.
pub fn load_program(program: &ProgramAttributes<'_>, log: &mut [u8]) -> Result<OwnedFd, Errno> {
    #[derive(Default)]
    #[repr(C)]
    struct Attribute<'a> {
        prog_type: u32,
        insn_cnt: u32,
        insns: Address<'a>,
        license: Address<'a>,
        log_level: u32,
        log_size: u32,
        log_buf: Address<'a>,
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
    let mut attribute = Attribute {
        prog_type: TRACING,
        insn_cnt: program.instructions.len() as u32,
        insns: Address::of(program.instructions),
        license: Address::of(program.license.to_bytes_with_nul()),
        log_level: u32::from(!log.is_empty()),
        log_size: log.len() as u32,
        log_buf: if log.is_empty() { Address::NULL } else { Address::of_mut(log) },
        prog_name: kernel_name(program.name),
        expected_attach_type: match program.attach {
            Attach::Tracepoint(_) => TRACE_RAW_TRACEPOINT,
            Attach::Iterator(_) => TRACE_ITERATOR,
        },
        attach_btf_id: program.attach_btf_id,
        ..Attribute::default()
    };
    for _ in 1..MAX_LOAD_ATTEMPTS {
        match bpf_open(PROG_LOAD, &mut attribute) {
            Err(Errno(libc::EAGAIN)) => {}
            result => return result,
        }
    }
    bpf_open(PROG_LOAD, &mut attribute)
}

/// Attaches a program to the tracepoint that it was loaded for, hence without a name.
pub fn open_raw_tracepoint(program: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        name: u64,
        prog_fd: u32,
        padding: u32,
    }
    let mut attribute = Attribute { name: 0, prog_fd: number(program), padding: 0 };
    bpf_open(RAW_TRACEPOINT_OPEN, &mut attribute)
}

/// Links an iterator program to the objects that it iterates over.
pub fn link_iterator(program: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        prog_fd: u32,
        target_fd: u32,
        attach_type: u32,
        flags: u32,
    }
    let mut attribute =
        Attribute { prog_fd: number(program), target_fd: 0, attach_type: TRACE_ITERATOR, flags: 0 };
    bpf_open(LINK_CREATE, &mut attribute)
}

/// Makes a descriptor of a linked iterator: reading it runs the iterator.
pub fn create_iterator(link: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        link_fd: u32,
        flags: u32,
    }
    let mut attribute = Attribute { link_fd: number(link), flags: 0 };
    bpf_open(ITER_CREATE, &mut attribute)
}

/// Makes the kernel count the run times of programs, as long as the descriptor lives.
pub fn enable_statistics() -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct Attribute {
        kind: u32,
    }
    // `BPF_STATS_RUN_TIME`, the only kind.
    bpf_open(ENABLE_STATS, &mut Attribute { kind: 0 })
}

/// The time that a program has run so far, in nanoseconds, and the number of runs.
pub fn run_time(program: BorrowedFd<'_>) -> Result<(u64, u64), Errno> {
    /// The beginning of `struct bpf_prog_info`, up to the two figures.
    const WORDS: usize = 26;
    #[repr(C)]
    struct Attribute<'a> {
        fd: u32,
        /// The kernel replaces it by the bytes that it has written.
        length: u32,
        info: Address<'a>,
    }
    let mut info = [0_u64; WORDS];
    let length = size_of_val(&info) as u32;
    let mut attribute = Attribute { fd: number(program), length, info: Address::of_mut(&mut info) };
    bpf(OBJ_GET_INFO_BY_FD, &mut attribute)?;
    if attribute.length < length {
        // A kernel before 5.1 does not have them.
        return Err(Errno(libc::EOPNOTSUPP));
    }
    Ok((info[WORDS - 2], info[WORDS - 1]))
}
