//! The system calls that std does not offer: poll(2) on the output, and signals
//! that are read instead of handled.
#![expect(unsafe_code, reason = "this file is the boundary to the kernel")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// Real-time signals there are: SIGRTMIN+0 to this one.
pub fn last_real_time_signal() -> usize {
    (libc::SIGRTMAX() - libc::SIGRTMIN()).try_into().unwrap_or(0)
}

/// Signals that wait to be read.
pub struct Signals(OwnedFd);

impl Signals {
    /// Takes all real-time signals, SIGUSR1 and SIGUSR2 out of this thread's way, and
    /// of those it starts from now on: they end nobody any more.
    pub fn take() -> io::Result<Self> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `set` is writable, and afterwards initialised.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
        for signal in real_time.chain([libc::SIGUSR1, libc::SIGUSR2]) {
            // SAFETY: `set` was initialised above.
            unsafe { libc::sigaddset(set.as_mut_ptr(), signal) };
        }
        // SAFETY: initialised above.
        let set = unsafe { set.assume_init() };
        // SAFETY: `set` is valid, and where the old one goes may be null.
        let error =
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error));
        }
        let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
        // SAFETY: `set` is valid; -1 asks for a new descriptor.
        let descriptor = unsafe { libc::signalfd(-1, &raw const set, flags) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just handed it to us and to nobody else.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }

    /// The next one that waits, if one does.
    fn next(&self) -> Option<i32> {
        let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
        let size = size_of::<libc::signalfd_siginfo>();
        // SAFETY: there are `size` writable bytes.
        let got = unsafe { libc::read(self.0.as_raw_fd(), info.as_mut_ptr().cast(), size) };
        if got != size as isize {
            return None;
        }
        // SAFETY: the kernel has filled all of it.
        let info = unsafe { info.assume_init() };
        info.ssi_signo.try_into().ok()
    }
}

/// What ended the sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Nobody can read any more what is written to the output: the other end of a
    /// pipe or socket is closed, or the terminal is gone. A file or `/dev/null` never is.
    Closed,
    /// SIGRTMIN plus this number was sent.
    RealTimeSignal(usize),
}

/// Sleeps until the output is closed, or a real-time signal comes if they are taken.
pub fn wait_for_end_or_signal(output: BorrowedFd, signals: Option<&Signals>) -> io::Result<Woken> {
    // One that is negative is passed over.
    let descriptor = signals.map_or(-1, |signals| signals.0.as_raw_fd());
    loop {
        // No events for the output: POLLERR, POLLHUP and POLLNVAL come unasked.
        let mut entries = [entry(output.as_raw_fd(), 0), entry(descriptor, libc::POLLIN)];
        poll(&mut entries)?;
        if entries[0].revents != 0 {
            return Ok(Woken::Closed);
        }
        let number = signals.and_then(Signals::next).map(|signal| signal - libc::SIGRTMIN());
        if let Some(number) = number.and_then(|number| usize::try_from(number).ok()) {
            return Ok(Woken::RealTimeSignal(number));
        }
    }
}

/// Sleeps until an output that does not block has room, or is closed.
pub fn wait_for_room(output: BorrowedFd) -> io::Result<()> {
    poll(&mut [entry(output.as_raw_fd(), libc::POLLOUT)])
}

fn entry(fd: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd { fd, events, revents: 0 }
}

/// Sleeps until there is an event for one of them.
fn poll(entries: &mut [libc::pollfd]) -> io::Result<()> {
    let count = entries.len() as libc::nfds_t;
    loop {
        // SAFETY: `entries` are valid and the count says how many.
        if unsafe { libc::poll(entries.as_mut_ptr(), count, -1) } >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        // Stopped and continued: poll(2) is not restarted after that.
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
