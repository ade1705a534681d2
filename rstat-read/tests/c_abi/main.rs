//! The C library from outside: its header, its functions, its file, what it costs,
//! and programs in other languages that use it.

mod compile;
mod header;
mod installed;
mod module;
mod quiet;
mod reading;
#[path = "../region/mod.rs"]
mod region;
#[path = "../samples/mod.rs"]
mod samples;
mod shared_object;
mod threads;
