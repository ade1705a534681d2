//! What follows from the table in `src/fields/`, checked in for people to read: structs and
//! constants in Rust and in C, and the tables of `PROTOCOL.md`.
//!
//! `RSTAT_BLESS=1 cargo test -p rstat-shm --test generated`, the first step of `make bless`,
//! writes the files anew. It needs the crate to compile, which does not depend on the
//! generated members.

mod document;
mod header;
mod prefix;
mod rust;
mod text;

use std::path::{Path, PathBuf};

/// A file below this crate's directory.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
