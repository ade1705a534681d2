//! Loads BPF objects: an ELF file goes in, running programs and mapped maps come out.
//!
//! ```text
//!  object file ─► object ─► programs, maps, relocations ─┐
//!                                                        ├─► relocate ─► load ─► attach
//!  /sys/kernel/btf/vmlinux ─► btf ─► the kernel's types ─┘                └────► map
//! ```
//!
//! `object`, `btf` and `relocate` are pure functions of bytes: they never touch the kernel,
//! and bytes of any content give an error at worst. `load`, `attach`, `map` and `hash` give
//! the kernel commands through `sys`, by bpf(2) and nothing else. The loader knows no program
//! of its own, and it needs neither libbpf nor a compiler.
//!
//! It deliberately does less than libbpf: programs at tracepoints with the kernel's types
//! and iterators, arrays and hash maps without types, no pinning, no kernel modules. The
//! loader refuses everything else by name.
//!
//! ```no_run
//! use std::path::Path;
//! use rstatd::loader::{KernelTypes, Object, load};
//!
//! fn run(bytes: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut object = Object::parse(bytes)?;
//!     object.set_max_entries("cpus", 2)?;
//!     object.set_global("page_shift", &12_u32.to_ne_bytes())?;
//!
//!     let types = KernelTypes::read(Path::new(KernelTypes::PATH))?;
//!     let loaded = load(&object, &types.parse()?)?;
//!     let _link = loaded.attach("on_switch")?;
//!     let _output = loaded.iterate("seed")?;
//!
//!     let cpus = loaded.map("cpus")?.mmap()?;
//!     let _switches = cpus.atomic_u64(0);
//!     Ok(())
//! }
//! ```

mod attach;
pub mod btf;
mod error;
mod fault;
mod hash;
mod instruction;
mod kernel_types;
mod load;
mod map;
pub mod object;
mod refusal;
pub mod relocate;
mod sys;
mod verifier_log;

pub use attach::{Counting, Link, RunTime};
pub use btf::Btf;
pub use error::Error;
pub use fault::Fault;
pub use hash::Hash;
pub use instruction::Instruction;
pub use kernel_types::KernelTypes;
pub use load::{Loaded, load};
pub use map::{Map, Mapping};
pub use object::Object;
pub use refusal::Refusal;
pub use sys::Number;
