//! `librstat_read.so`, built by `make library` and loaded at run time, as programs in other
//! languages load the library.
#![expect(unsafe_code, reason = "functions of a library that is loaded")]

use std::error::Error;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, mem, ptr};

use rstat_read::Snapshot;

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Open = unsafe extern "C" fn(*const c_char, *mut *mut c_void) -> c_int;
type Copy = unsafe extern "C" fn(*mut c_void, *mut Snapshot, usize) -> c_int;

/// A reader of the C library. Reader and library stay until the program ends.
pub struct Library {
    reader: *mut c_void,
    snapshot: Copy,
    snapshot_if_new: Copy,
}

impl Library {
    /// Builds the library and opens a region with it.
    pub fn open(region: &Path) -> Result<Self> {
        let file = build()?;
        let path = CString::new(file.as_os_str().as_bytes())?;
        // SAFETY: the path ends with a zero, and the library's initialisers are our own code.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        if library.is_null() {
            return Err(format!("load {}: dlopen refuses it", file.display()).into());
        }
        let [open, snapshot, snapshot_if_new] =
            [c"rstat_open", c"rstat_snapshot", c"rstat_snapshot_if_new"]
                .map(|name| find(library, name));
        // SAFETY: the header declares the function of that name with that type.
        let open = unsafe { mem::transmute::<*mut c_void, Open>(open?) };
        // SAFETY: as above.
        let snapshot = unsafe { mem::transmute::<*mut c_void, Copy>(snapshot?) };
        // SAFETY: as above.
        let snapshot_if_new = unsafe { mem::transmute::<*mut c_void, Copy>(snapshot_if_new?) };

        let region = CString::new(region.as_os_str().as_bytes())?;
        let mut reader = ptr::null_mut();
        // SAFETY: the path ends with a zero, and the library may write to the pointer.
        match unsafe { open(region.as_ptr(), &raw mut reader) } {
            0 => Ok(Self { reader, snapshot, snapshot_if_new }),
            code => Err(format!("open the region: rstat_open returns {code}").into()),
        }
    }

    /// Copies the latest sample by `rstat_snapshot`.
    pub fn snapshot(&self, into: &mut Snapshot) -> c_int {
        // SAFETY: the reader is open, and there is room for a snapshot.
        unsafe { (self.snapshot)(self.reader, into, size_of::<Snapshot>()) }
    }

    /// Copies the latest sample by `rstat_snapshot_if_new`, if the sample is new.
    pub fn snapshot_if_new(&self, into: &mut Snapshot) -> c_int {
        // SAFETY: as above.
        unsafe { (self.snapshot_if_new)(self.reader, into, size_of::<Snapshot>()) }
    }
}

/// A function of the library.
fn find(library: *mut c_void, name: &CStr) -> Result<*mut c_void> {
    // SAFETY: the library is loaded, and the name ends with a zero.
    let function = unsafe { libc::dlsym(library, name.as_ptr()) };
    if function.is_null() {
        Err(format!("find {name:?}: the library does not have it").into())
    } else {
        Ok(function)
    }
}

/// Builds the library and returns its path.
fn build() -> Result<PathBuf> {
    let programs = Path::new(env!("CARGO_BIN_EXE_rstat-read")).parent();
    let target = programs.and_then(Path::parent).ok_or("programs are built in a folder")?;
    let mut make = Command::new("make");
    make.args([
        "--no-print-directory",
        "-C",
        concat!(env!("CARGO_MANIFEST_DIR"), "/.."),
        "library",
    ])
    .env("CARGO_TARGET_DIR", target)
    .env("CARGO", env!("CARGO"));
    let built = make.output().map_err(|error| format!("run make: {error}"))?;
    if !built.status.success() {
        return Err(format!("make library: {}", String::from_utf8_lossy(&built.stderr)).into());
    }
    Ok(target.join("library/librstat_read.so"))
}
