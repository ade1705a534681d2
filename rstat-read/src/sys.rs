//! The one system call that std does not offer: poll(2) on the output.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sleeps until nobody can read any more what is written to `output`: the other
/// end of a pipe or socket is closed, or the terminal is gone. A file or
/// `/dev/null` never is.
pub fn wait_until_closed(output: BorrowedFd) -> io::Result<()> {
    loop {
        // No events: POLLERR, POLLHUP and POLLNVAL come unasked.
        let mut entry = libc::pollfd { fd: output.as_raw_fd(), events: 0, revents: 0 };
        // SAFETY: `entry` is one valid pollfd and the count says so.
        if unsafe { libc::poll(&raw mut entry, 1, -1) } > 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        // Stopped and continued: poll(2) is not restarted after that.
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
