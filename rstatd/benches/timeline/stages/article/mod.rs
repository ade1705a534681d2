//! The article's probe, loaded in the article's way: two hashes by thread id, filled by
//! perf tracepoints.

#![allow(dead_code, reason = "each program takes what it needs")]

mod attach;
mod bpf;
mod object;
mod offsets;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rstat_testbed::{sys, truth};
use rstatd::loader::RunTime;

pub use bpf::{look_up, look_up_batch, next_key};

/// Entries that each hash has room for.
pub const MAX_THREADS: usize = 8192;

const SWITCH: &str = "sched/sched_switch";

/// What the probe keeps of a thread, in the order of `article.bpf.c`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadStats {
    /// CPU time up to its last switch.
    pub busy_ns: u64,
    /// Resident memory of its process at its last switch, as far as it was added up.
    pub rss_pages: u64,
    /// Bytes that it made storage deliver.
    pub read_bytes: u64,
    /// Bytes that it made dirty for storage.
    pub write_bytes: u64,
    /// Its name.
    pub comm: [u8; 16],
}

/// The probe, attached until this is dropped.
pub struct Probe {
    /// Thread id → [`ThreadStats`].
    pub stats: OwnedFd,
    programs: HashMap<String, OwnedFd>,
    _events: Vec<OwnedFd>,
}

impl Probe {
    /// Loads and attaches it. It learns of a thread when that is switched out; here it
    /// begins with all that there are, as if it had run for long.
    pub fn attach() -> io::Result<Self> {
        let mut maps = object::create_maps()?;
        let offsets = offsets::of_running_kernel()?;
        let (mut programs, mut events) = (HashMap::new(), Vec::new());
        for program in object::programs(&maps, &offsets)? {
            let loaded = bpf::load_tracepoint_program(&program.instructions, object::LICENSE)?;
            events.extend(attach::at_tracepoint(&program.tracepoint, &loaded)?);
            programs.insert(program.tracepoint, loaded);
        }
        let stats = maps.remove("stats").ok_or_else(|| io::Error::other("no map of threads"))?;
        // The other maps live as long as the programs that use them.
        let probe = Self { stats, programs, _events: events };
        for pid in truth::pids() {
            probe.enter_threads(pid)?;
        }
        Ok(probe)
    }

    /// How long its program at switches has run while the kernel counted, and how often.
    pub fn switch_run_time(&self) -> io::Result<RunTime> {
        RunTime::of(self.programs[SWITCH].as_fd())
    }

    /// Enters all threads of a process, if it is still there.
    fn enter_threads(&self, pid: u32) -> io::Result<()> {
        let rss_pages = truth::rss_bytes(pid).unwrap_or_default() / sys::page_bytes();
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Ok(()) };
        for thread in threads.flatten() {
            let name = fs::read(thread.path().join("comm")).unwrap_or_default();
            let number = thread.file_name().to_str().and_then(|number| number.parse().ok());
            let Some(number) = number else { continue };
            let mut stats = ThreadStats { rss_pages, ..ThreadStats::default() };
            let length = name.trim_ascii_end().len().min(stats.comm.len() - 1);
            stats.comm[..length].copy_from_slice(&name[..length]);
            bpf::enter(&self.stats, number, &mut stats)?;
        }
        Ok(())
    }
}
