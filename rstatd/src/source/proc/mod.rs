//! CPU time and processes from `/proc`, for machines where the probe cannot run.
//!
//! Exact to one tick of the kernel's clock (10 ms), and blind to processes that
//! come and go between two readings: their time is in the CPUs' figures only.

use std::io;

use crate::application::Applications;
use crate::reading::{Reading, Usage};
use crate::source::files::Root;

mod cpus;
mod process_files;
mod processes;

use cpus::CpuTimes;
use processes::Processes;

/// The readers of `/proc/stat` and of the processes.
#[derive(Debug)]
pub struct ProcBackend {
    cpus: CpuTimes,
    processes: Processes,
    /// When the processes were last walked, and the CPUs that were online.
    walked: (u64, u32),
}

impl ProcBackend {
    /// Opens what is held open. It reads nothing that counts: the first tick does.
    pub fn open(root: &Root) -> io::Result<Self> {
        Ok(Self { cpus: CpuTimes::open(root)?, processes: Processes::open(root)?, walked: (0, 0) })
    }

    /// Fills in `reading.cpus` for the time `reading.monotonic_ns`. The first call
    /// sets the moment from which busy time counts. On an error it is as it was.
    pub fn cpus(&mut self, reading: &mut Reading) -> io::Result<()> {
        self.cpus.read(reading.monotonic_ns, &mut reading.cpus)
    }

    /// Hands out what each process used since the call before, in the order of
    /// process ids, and fills in `reading.processes` and `reading.unlisted`. In the
    /// first call nothing was used yet.
    pub fn processes(
        &mut self,
        reading: &mut Reading,
        applications: &mut Applications,
        each: impl FnMut(&Usage),
    ) -> io::Result<()> {
        reading.processes_monotonic_ns = reading.monotonic_ns;
        let (walked_ns, cpus) = self.walked;
        let online = reading.cpus.online_count;
        let elapsed_ns = reading.monotonic_ns.saturating_sub(walked_ns);
        let all_ns = match cpus.max(online) {
            0 => u64::MAX, // unknown
            cpus => elapsed_ns.saturating_mul(cpus.into()),
        };
        let census = self.processes.read(all_ns, applications, each)?;
        self.walked = (reading.monotonic_ns, online);
        reading.processes = census.processes;
        reading.unlisted = census.unlisted;
        Ok(())
    }

    /// Takes note of what [`Resident`](crate::source::Resident) found out about a process
    /// of the last call.
    pub fn note_resident(&mut self, usage: &Usage, bytes: u64) {
        self.processes.note_resident(usage, bytes);
    }

    /// Whether the bytes read and written of the last call are those of all
    /// processes: the kernel may not count them, or not tell us.
    pub fn has_io(&self) -> bool {
        self.processes.has_io()
    }
}
