//! Names the shared library for the dynamic linker: programs ask for the major
//! version of the ABI that they were built with, not for any `librstat_read.so`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,librstat_read.so.1");
}
