//! Perf events of a tracepoint, with a BPF program attached.
//!
//! The number of a tracepoint stands in tracefs, which need not be mounted. This file opens
//! tracefs without a mount point, so no other program sees it.

#![expect(unsafe_code, reason = "the boundary to the kernel")]

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use rstat_testbed::truth;

const FSOPEN_CLOEXEC: libc::c_uint = 1;
const FSCONFIG_CMD_CREATE: libc::c_uint = 6;
const FSMOUNT_CLOEXEC: libc::c_uint = 1;

const PERF_TYPE_TRACEPOINT: u32 = 2;
const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
const PERF_EVENT_IOC_ENABLE: libc::Ioctl = 0x2400;
const PERF_EVENT_IOC_SET_BPF: libc::Ioctl = 0x4004_2408;

/// The first version of `struct perf_event_attr` in include/uapi/linux/perf_event.h.
#[repr(C)]
struct EventAttributes {
    event_type: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    breakpoint_address: u64,
}

/// Attaches a program to a tracepoint for as long as the returned events live. The program is
/// set once, as all CPUs share it; each CPU has an event of its own.
pub fn at_tracepoint(tracepoint: &str, program: &OwnedFd) -> io::Result<Vec<OwnedFd>> {
    let number = tracepoint_number(tracepoint)
        .map_err(|error| io::Error::other(format!("find tracepoint {tracepoint}: {error}")))?;
    let mut events = Vec::new();
    for cpu in truth::cpus() {
        let event = open_event(number, cpu)?;
        if events.is_empty() {
            control(&event, PERF_EVENT_IOC_SET_BPF, program.as_raw_fd())?;
        }
        control(&event, PERF_EVENT_IOC_ENABLE, 0)?;
        events.push(event);
    }
    Ok(events)
}

fn open_event(number: u64, cpu: u32) -> io::Result<OwnedFd> {
    let attributes = EventAttributes {
        event_type: PERF_TYPE_TRACEPOINT,
        size: size_of::<EventAttributes>() as u32,
        config: number,
        sample_period: 1,
        sample_type: 0,
        read_format: 0,
        flags: 0,
        wakeup_events: 0,
        breakpoint_type: 0,
        breakpoint_address: 0,
    };
    // SAFETY: the attributes outlive the call and state their size; all else are numbers.
    let event = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            -1,
            cpu,
            -1,
            PERF_FLAG_FD_CLOEXEC,
        )
    };
    owned(event)
}

fn control(event: &OwnedFd, request: libc::Ioctl, argument: libc::c_int) -> io::Result<()> {
    // SAFETY: both requests take a number.
    let answer = unsafe { libc::ioctl(event.as_raw_fd(), request, argument) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn tracepoint_number(tracepoint: &str) -> io::Result<u64> {
    let tracefs = open_tracefs()?;
    let path = CString::new(format!("events/{tracepoint}/id"))?;
    // SAFETY: the path is a C string that outlives the call.
    let file = unsafe {
        libc::openat(tracefs.as_raw_fd(), path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC)
    };
    let mut text = String::new();
    File::from(owned(file.into())?).read_to_string(&mut text)?;
    text.trim().parse().map_err(io::Error::other)
}

fn open_tracefs() -> io::Result<OwnedFd> {
    const NAME: &CStr = c"tracefs";
    // SAFETY: the name is a C string.
    let context = owned(unsafe { libc::syscall(libc::SYS_fsopen, NAME.as_ptr(), FSOPEN_CLOEXEC) })?;
    let nothing = ptr::null::<libc::c_char>();
    // SAFETY: the command takes neither key nor value.
    let created = unsafe {
        libc::syscall(
            libc::SYS_fsconfig,
            context.as_raw_fd(),
            FSCONFIG_CMD_CREATE,
            nothing,
            nothing,
            0,
        )
    };
    if created < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call takes numbers only.
    owned(unsafe { libc::syscall(libc::SYS_fsmount, context.as_raw_fd(), FSMOUNT_CLOEXEC, 0) })
}

/// The descriptor that a system call has returned, or its error.
fn owned(answer: libc::c_long) -> io::Result<OwnedFd> {
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made the descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(answer as libc::c_int) })
}
