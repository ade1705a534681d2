//! The system call itself, and what attributes are made of.

#![expect(unsafe_code, reason = "the boundary to the kernel")]

use std::ffi::c_long;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::process::{Resource, Rlimit, setrlimit};

/// Bytes of a name, with the zero at the end.
pub const NAME: usize = 16;

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    fn last() -> Self {
        io::Error::last_os_error().into()
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(0))
    }
}

impl fmt::Display for Errno {
    /// The words of strerror(3), without the number that `io::Error` puts behind them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = io::Error::from_raw_os_error(self.0).to_string();
        f.write_str(text.split(" (os error").next().unwrap_or(&text))
    }
}

/// Makes a call that kernels before 5.11 charge to RLIMIT_MEMLOCK. Lifts the limit if the
/// call is not permitted. Where the limit cannot be lifted, or was not the reason, the first
/// answer stands.
pub fn charged<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    let unlimited = Rlimit { current: None, maximum: None };
    match call() {
        Err(Errno(libc::EPERM)) if setrlimit(Resource::Memlock, unlimited).is_ok() => call(),
        result => result,
    }
}

/// The address of memory that is borrowed as long as the attribute with it exists.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Address<'a>(u64, PhantomData<&'a [u8]>);

impl<'a> Address<'a> {
    /// The address of nothing.
    pub const NULL: Self = Self(0, PhantomData);

    /// Of memory that the kernel reads.
    pub fn of<T>(memory: &'a [T]) -> Self {
        Self(memory.as_ptr().expose_provenance() as u64, PhantomData)
    }

    /// Of memory that the kernel may write to.
    pub fn of_mut<T>(memory: &'a mut [T]) -> Self {
        Self(memory.as_mut_ptr().expose_provenance() as u64, PhantomData)
    }
}

/// Calls bpf(2). The attribute is one of the structs of this module: each [`Address`] in it
/// has as many bytes behind it as the attribute, or the map that it names, says.
pub fn bpf<T>(command: i32, attribute: &mut T) -> Result<c_long, Errno> {
    let attribute = std::ptr::from_mut(attribute);
    // SAFETY: the attribute is borrowed exclusively and has this size. Its addresses are of
    // memory that is borrowed with it, exclusively where the command writes.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attribute, size_of::<T>()) };
    if result < 0 { Err(Errno::last()) } else { Ok(result) }
}

/// Calls bpf(2) with a command that returns a new descriptor.
pub fn bpf_open<T>(command: i32, attribute: &mut T) -> Result<OwnedFd, Errno> {
    let descriptor = bpf(command, attribute)?;
    // SAFETY: the kernel has just made the descriptor, so nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}

pub fn number(descriptor: BorrowedFd<'_>) -> u32 {
    descriptor.as_raw_fd() as u32
}

/// A name as the kernel takes it: 15 characters, letters, digits, `_` and `.`.
pub fn kernel_name(name: &str) -> [u8; NAME] {
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
