//! CPU time and processes from `/proc`, for machines where the probe cannot run.
//!
//! The figures are exact to one tick of the kernel's clock (10 ms). Processes that come and go
//! between two readings are missing: their time is in the CPUs' figures only.

use std::io;

use rstat_shm::Snapshot;

use crate::application::Applications;
use crate::rate::since;
use crate::source::cpu::shares::CpuShares;
use crate::source::entry::Files;
use crate::source::files::Root;
use crate::usage::{Census, Usage, UsageSink};

pub mod cpus;
mod process_files;
mod processes;

use cpus::CpuTimes;
use processes::Processes;

/// The files that this source reads. `--record` copies those of the first process only, as other
/// processes are private.
pub const FILES: Files = &[("proc", &["stat", "uptime"]), ("proc/1", &["stat", "io", "statm"])];

/// The readers of `/proc/stat` and of the processes.
#[derive(Debug)]
pub struct ProcBackend {
    cpus: CpuTimes,
    shares: CpuShares,
    processes: Processes,
    /// The time of the last walk over all processes, and the number of CPUs that were online. A
    /// failed walk changes neither, so that the next rate is over the whole time.
    walked: (u64, u32),
}

impl ProcBackend {
    /// Opens the files that stay open. The first tick is the first to read counters.
    pub fn open(root: &Root) -> io::Result<Self> {
        let (cpus, processes) = (CpuTimes::open(root)?, Processes::open(root)?);
        Ok(Self { cpus, shares: CpuShares::default(), processes, walked: (0, 0) })
    }

    /// Fills in the CPUs' part; returns the groups that are known.
    pub fn cpus(&mut self, now_ns: u64, sample: &mut Snapshot) -> io::Result<u64> {
        if let Err(error) = self.cpus.read(now_ns, self.shares.counters()) {
            self.shares.forget();
            return Err(error);
        }
        Ok(self.shares.fill(now_ns, sample))
    }

    /// Adds what each process used since the call before to `sink`, in the order of process ids.
    /// The first call adds no usage.
    pub fn processes(
        &mut self,
        now_ns: u64,
        applications: &mut Applications,
        sink: &mut impl UsageSink,
    ) -> io::Result<Census> {
        let (walked_ns, cpus) = self.walked;
        let online = self.shares.most_online();
        let cpus = cpus.max(online);
        let all_ns = match cpus {
            0 => u64::MAX, // unknown
            cpus => now_ns.saturating_sub(walked_ns).saturating_mul(cpus.into()),
        };
        let census = self.processes.read(all_ns, applications, sink)?;
        self.walked = (now_ns, online);
        Ok(Census { elapsed_ns: since(walked_ns, now_ns), cpus, ..census })
    }

    /// Notes the memory that [`Resident`](crate::source::Resident) has read for a process of the
    /// last call.
    pub fn note_resident(&mut self, usage: &Usage, bytes: u64) {
        self.processes.note_resident(usage, bytes);
    }
}
