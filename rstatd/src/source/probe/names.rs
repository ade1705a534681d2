//! The application of a process, looked up once for each name and cgroup that the process has.

use rstat_shm::snapshot::Comm;

use super::slot::{Named, Slot};
use crate::application::{ApplicationId, Applications, CgroupId, Cgroups};

/// Finds the applications of processes.
pub struct Names<'a> {
    pub applications: &'a mut Applications,
    pub cgroups: &'a mut Cgroups,
}

impl Names<'_> {
    /// The application of a slot, known until the process changes its name or cgroup.
    pub fn application(&mut self, known: &mut Named, slot: &Slot) -> ApplicationId {
        let same = (known.comm, known.cgroup) == (slot.comm, slot.cgroup);
        if same
            && let Some(application) = known.application
            && self.applications.is_current(application)
        {
            return application;
        }
        let application = self.find(slot.comm, slot.cgroup, slot.pid(), slot.is_kernel_thread());
        *known = Named { comm: slot.comm, cgroup: slot.cgroup, application: Some(application) };
        application
    }

    /// Finds the application by the cgroup, else by the name. `pid` is 0 for a process that is
    /// gone.
    pub fn find(
        &mut self,
        comm: Comm,
        cgroup: CgroupId,
        pid: u32,
        kernel_thread: bool,
    ) -> ApplicationId {
        let unit = if kernel_thread {
            None
        } else {
            self.cgroups.application(cgroup, pid, self.applications)
        };
        unit.unwrap_or_else(|| self.applications.of_process(comm, kernel_thread))
    }
}
