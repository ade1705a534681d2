//! The system calls that std does not offer.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::ffi::CString;
use std::{io, ptr};

/// `SYSLOG_ACTION_READ_ALL` of syslog(2).
const READ_ALL: libc::c_int = 3;
/// Bytes of the kernel's log that are shown, the last ones.
const LOG_BYTES: usize = 16 << 10;

/// Mounts a file system that needs no device.
pub fn mount(kind: &str, directory: &str) {
    let text = |text: &str| CString::new(text).expect("no zero in a name");
    let (kind, target) = (text(kind), text(directory));
    let (kind, target) = (kind.as_ptr(), target.as_ptr());
    // The directories that a kernel's own image of files lacks.
    let _ = std::fs::create_dir(directory);
    // SAFETY: the strings outlive the call; no data is passed.
    let mounted = unsafe { libc::mount(kind, target, kind, 0, ptr::null()) };
    assert_eq!(mounted, 0, "mount {directory}: {}", io::Error::last_os_error());
}

/// Switches the machine off; returns only where that fails.
pub fn power_off() {
    // SAFETY: takes nothing.
    unsafe { libc::sync() };
    // SAFETY: takes a number; there is nothing on this machine to lose.
    let _ = unsafe { libc::reboot(libc::RB_POWER_OFF) };
}

/// The end of the kernel's log.
pub fn kernel_log() -> String {
    let mut log = vec![0_u8; LOG_BYTES];
    // SAFETY: the kernel writes at most so many bytes to the buffer.
    let length = unsafe { libc::klogctl(READ_ALL, log.as_mut_ptr().cast(), LOG_BYTES as i32) };
    log.truncate(usize::try_from(length).unwrap_or(0));
    String::from_utf8_lossy(&log).into_owned()
}
