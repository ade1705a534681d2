//! Programs in the kernel → programs that run.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::error::Error;
use super::load::Loaded;
use super::object::Attach;
use super::refusal::{Refusal, Request};
use super::sys::{self, Errno};

/// The most bytes that an iterator may write in all: some for each of millions of tasks.
const MAX_OUTPUT: usize = 64 << 20;
/// The most reads. The kernel ends a read after a page of output. It also ends a read after a
/// million objects without output (`MAX_ITER_OBJECTS`), with EAGAIN.
const MAX_READS: usize = MAX_OUTPUT / PAGE;
const PAGE: usize = 4096;

/// An attached program, which is detached when the link is dropped.
#[derive(Debug)]
pub struct Link {
    _descriptor: OwnedFd,
}

/// The time that a program has run while the kernel counted, and the number of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunTime {
    /// Nanoseconds, the kernel's own counting included.
    pub ns: u64,
    /// Runs.
    pub runs: u64,
}

impl RunTime {
    /// The kernel's count of a program, also of another process's program.
    pub fn of(program: BorrowedFd<'_>) -> io::Result<Self> {
        let counted = sys::run_time(program);
        let (ns, runs) = counted.map_err(|errno| io::Error::from_raw_os_error(errno.0))?;
        Ok(Self { ns, runs })
    }
}

/// The kernel counts the run times of programs as long as this value lives.
#[derive(Debug)]
pub struct Counting {
    _descriptor: OwnedFd,
}

impl Loaded {
    /// Attaches a program to its tracepoint.
    pub fn attach(&self, program: &str) -> Result<Link, Error> {
        let found = self.program(program)?;
        if !matches!(found.attach, Attach::Tracepoint(_)) {
            return Err(wrong_kind("attach", program));
        }
        let descriptor = sys::open_raw_tracepoint(found.descriptor.as_fd());
        descriptor
            .map(|descriptor| Link { _descriptor: descriptor })
            .map_err(|errno| refused("attach", program, Request::Attach, errno))
    }

    /// Makes the kernel count the run times of programs, until the returned value is dropped.
    pub fn count_run_times(&self) -> Result<Counting, Error> {
        let failed = |errno| Error::Refused {
            action: "count the run times of programs".to_owned(),
            refusal: Refusal::new(Request::Statistics, errno),
        };
        sys::enable_statistics()
            .map(|descriptor| Counting { _descriptor: descriptor })
            .map_err(failed)
    }

    /// The kernel's count of a program.
    pub fn run_time(&self, program: &str) -> Result<RunTime, Error> {
        RunTime::of(self.program(program)?.descriptor.as_fd())
            .map_err(|error| refused("measure", program, Request::Statistics, error.into()))
    }

    /// Runs an iterator from beginning to end, and returns its output.
    pub fn iterate(&self, program: &str) -> Result<Vec<u8>, Error> {
        let found = self.program(program)?;
        if !matches!(found.attach, Attach::Iterator(_)) {
            return Err(wrong_kind("iterate", program));
        }
        let failed = |errno| refused("iterate", program, Request::Iterate, errno);
        let link = sys::link_iterator(found.descriptor.as_fd()).map_err(failed)?;
        let mut iterator = File::from(sys::create_iterator(link.as_fd()).map_err(failed)?);
        let mut output = Vec::new();
        let mut page = [0; PAGE];
        for _ in 0..MAX_READS {
            match iterator.read(&mut page) {
                Ok(0) => return Ok(output),
                Ok(length) => output.extend_from_slice(&page[..length]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(error) => return Err(failed(error.into())),
            }
        }
        Err(Error::new(format!("iterate program {program}: it does not end")))
    }
}

fn wrong_kind(action: &str, program: &str) -> Error {
    Error::new(format!("{action} program {program}: it is not of that kind"))
}

fn refused(action: &str, program: &str, request: Request, errno: Errno) -> Error {
    let action = format!("{action} program {program}");
    Error::Refused { action, refusal: Refusal::new(request, errno) }
}
