//! The article's probe, loaded in the article's way: perf tracepoints fill two hashes by thread
//! id.

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

/// The number of entries in each hash.
pub const MAX_THREADS: usize = 8192;

const SWITCH: &str = "sched/sched_switch";

/// The probe's record of a thread, in the order of `article.bpf.c`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadStats {
    /// CPU time up to the thread's last switch.
    pub busy_ns: u64,
    /// Resident memory of the process at the thread's last switch. Pages that a CPU has not yet
    /// added to the kernel's sum are missing.
    pub rss_pages: u64,
    /// Bytes that the thread caused to be read from storage.
    pub read_bytes: u64,
    /// Bytes that the thread made dirty, to be written to storage.
    pub write_bytes: u64,
    /// The thread's name.
    pub comm: [u8; 16],
}

/// The attached probe; dropping it detaches.
pub struct Probe {
    /// The map from thread id to [`ThreadStats`].
    pub stats: OwnedFd,
    programs: HashMap<String, OwnedFd>,
    _events: Vec<OwnedFd>,
}

impl Probe {
    /// Loads and attaches the probe. The probe enters a thread when the thread is switched out;
    /// this function enters all existing threads, as if the probe had run for long.
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
        // The programs keep the other maps alive.
        let probe = Self { stats, programs, _events: events };
        for pid in truth::pids() {
            probe.enter_threads(pid)?;
        }
        Ok(probe)
    }

    /// How long and how often the program at switches has run while the kernel counted.
    pub fn switch_run_time(&self) -> io::Result<RunTime> {
        RunTime::of(self.programs[SWITCH].as_fd())
    }

    /// Enters all threads of a process, if the process still exists.
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
