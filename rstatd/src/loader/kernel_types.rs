//! The running kernel's type information: where it comes from.
//!
//! read(2) of the file in sysfs gives a page at a time: 1,350 calls and 2 ms. Kernels
//! from 6.16 on let it be mapped (kernel commit a539e2a6d51d), which takes 0.1 ms.

#![expect(unsafe_code, reason = "the boundary to the kernel's memory")]

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use memmap2::{Mmap, MmapOptions};

use super::btf::Btf;
use super::error::Error;

/// The type information of a kernel, read and not yet indexed.
#[derive(Debug)]
pub struct KernelTypes {
    path: PathBuf,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mmap),
    Read(Vec<u8>),
}

impl KernelTypes {
    /// Where a kernel that was built with CONFIG_DEBUG_INFO_BTF shows its types.
    pub const PATH: &str = "/sys/kernel/btf/vmlinux";

    /// Takes type information from a file. The kernel's own file is mapped if the kernel
    /// allows that; a copy elsewhere may be written to, and is read.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let is_own = path == Path::new(Self::PATH);
        let mapped = is_own.then(map_own).and_then(Result::ok);
        let bytes = match mapped {
            Some(mapped) => Bytes::Mapped(mapped),
            None => Bytes::Read(fs::read(path).map_err(|error| failed(path, &error))?),
        };
        Ok(Self { path: path.to_owned(), bytes })
    }

    /// Indexes the types.
    pub fn parse(&self) -> Result<Btf<'_>, Error> {
        let bytes = match &self.bytes {
            Bytes::Mapped(bytes) => &bytes[..],
            Bytes::Read(bytes) => bytes,
        };
        Btf::parse(bytes).map_err(|problem| {
            Error::new(format!("read kernel types {}: {problem}", self.path.display()))
        })
    }
}

/// Maps the part of the running kernel's image that holds its types.
fn map_own() -> io::Result<Mmap> {
    let file = File::open(KernelTypes::PATH)?;
    // Private, as the kernel refuses a shared mapping.
    let options = MmapOptions::new();
    // SAFETY: the kernel keeps its types in memory that is read-only, to itself too, until
    // the machine stops.
    unsafe { options.map_copy_read_only(&file) }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::NotFound => "the kernel has no BTF: CONFIG_DEBUG_INFO_BTF",
        _ => "",
    };
    Error::read("kernel types", path, error, hint)
}
