//! All processes, by walking `/proc` at each tick.
//!
//! A number and a start time identify a process, as numbers are used again. The usage of a process
//! is the difference to the tick before: a walk goes through both tables in the order of the
//! numbers. A tick allocates only when there are more processes than ever before.

use std::fmt::Display;
use std::io::{self, Read};
use std::num::NonZeroU64;

use rstat_shm::snapshot::Comm;

use super::process_files::{Io, Stat, parse_io, parse_stat};
use crate::application::{ApplicationId, Applications, Cgroups};
use crate::source::files::Root;
use crate::source::files::directory::Directory;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};
use crate::source::system::uptime;
use crate::sys::{clock_tick_ns, page_bytes};
use crate::usage::{Census, Usage, UsageSink};

/// More than a file has: `stat` has at most 64 bytes of name and 52 numbers, of which the daemon
/// needs the first 24, and `io` has 7 lines.
const FILE_BYTES: usize = 1024;
/// Room in the tables beyond twice the processes that exist at the start.
const SPARE_PROCESSES: usize = 1024;

/// The table of the tick before and the means to make the next.
#[derive(Debug)]
pub struct Processes {
    directory: Directory,
    uptime: Option<ValueFile>,
    pids: Vec<u32>,
    before: Vec<Known>,
    now: Vec<Known>,
    /// The time since boot at which `before` was made; `None` before the first walk.
    before_ns: Option<u64>,
    walk: Walk,
    cgroups: Cgroups,
    tick_ns: u64,
    page_bytes: u64,
}

/// A process at some tick, which its first two members identify.
#[derive(Clone, Copy, Debug)]
struct Known {
    pid: u32,
    start_ticks: u64,
    /// CPU time that was reported, or that the process used before the first walk.
    told_ns: u64,
    io: Option<Io>,
    comm: Comm,
    application: ApplicationId,
    /// The memory in `stat`.
    rss_pages: u64,
    /// The memory in `statm`, while `stat` has the figure above.
    resident_bytes: Option<NonZeroU64>,
}

/// The counts of one walk.
#[derive(Clone, Copy, Debug, Default)]
struct Walk {
    seen: u32,
    hidden: u32,
    io_read: u32,
    /// Whether the bytes of some process were refused, so that the sum means nothing.
    io_denied: bool,
}

/// What the file of a process says.
enum Answer<T> {
    Known(T),
    /// The process is gone, or the kernel has no such file.
    Gone,
    Denied,
}

impl Processes {
    /// Opens the directory and makes room for its processes.
    pub fn open(root: &Root) -> io::Result<Self> {
        let directory = Directory::open(&root.path("/proc"))
            .map_err(|error| io::Error::new(error.kind(), format!("open /proc: {error}")))?;
        let mut processes = Self {
            directory,
            uptime: root.open("/proc/uptime").ok(),
            pids: Vec::new(),
            before: Vec::new(),
            now: Vec::new(),
            before_ns: None,
            walk: Walk::default(),
            cgroups: Cgroups::new(root, false),
            tick_ns: clock_tick_ns(),
            page_bytes: page_bytes(),
        };
        processes.list()?;
        let capacity = processes.pids.len() * 2 + SPARE_PROCESSES;
        processes.pids.reserve(capacity);
        processes.before.reserve(capacity);
        processes.now.reserve(capacity);
        Ok(processes)
    }

    /// Walks all processes. Together they have used at most `left_ns`, the time of all CPUs since
    /// the last walk. As `/proc` counts whole ticks and is not read at one moment, their sum may be
    /// higher; the excess goes to the next walk.
    pub fn read(
        &mut self,
        mut left_ns: u64,
        applications: &mut Applications,
        sink: &mut impl UsageSink,
    ) -> io::Result<Census> {
        let now_ns = self.uptime_ns();
        self.list()?;
        self.walk = Walk::default();
        self.now.clear();
        let mut candidates = 0;
        for index in 0..self.pids.len() {
            let pid = self.pids[index];
            let Some(stat) = self.read_stat(pid)? else { continue };
            let io = self.read_io(pid)?;
            let mut now = Known {
                pid,
                start_ticks: stat.start_ticks,
                told_ns: stat.cpu_ticks.saturating_mul(self.tick_ns),
                io,
                comm: stat.comm,
                application: ApplicationId::default(),
                rss_pages: stat.rss_pages,
                resident_bytes: None,
            };
            while self.before.get(candidates).is_some_and(|known| known.pid < pid) {
                candidates += 1;
            }
            let before = self.before.get(candidates).filter(|known| known.is(&now)).copied();
            // A process changes its cgroup before it changes its name, if ever.
            now.application = match before.filter(|known| known.comm == now.comm) {
                Some(known) if applications.is_current(known.application) => known.application,
                _ => self.application_of(&now, stat.kernel_thread, applications),
            };
            now.resident_bytes = before
                .filter(|known| known.rss_pages == now.rss_pages)
                .and_then(|known| known.resident_bytes);
            let usage = self.usage(&stat, before.as_ref(), &mut now, left_ns);
            left_ns -= usage.busy_ns;
            sink.add(&usage);
            self.now.push(now);
        }
        std::mem::swap(&mut self.before, &mut self.now);
        // Without a clock, all processes that were not seen before count as new.
        self.before_ns = Some(now_ns.unwrap_or(0));
        Ok(self.census())
    }

    /// Notes the exact memory of a process of the last walk.
    pub fn note_resident(&mut self, usage: &Usage, bytes: u64) {
        let known = self.before.get_mut(usage.place as usize);
        if let Some(known) = known.filter(|known| known.pid == usage.pid) {
            known.resident_bytes = NonZeroU64::new(bytes);
        }
    }

    fn application_of(
        &self,
        process: &Known,
        kernel_thread: bool,
        applications: &mut Applications,
    ) -> ApplicationId {
        let unit = if kernel_thread { None } else { self.cgroups.ask(process.pid, applications) };
        unit.unwrap_or_else(|| applications.of_process(process.comm, kernel_thread))
    }

    /// Fills in `pids`, ascending.
    fn list(&mut self) -> io::Result<()> {
        let pids = &mut self.pids;
        pids.clear();
        self.directory
            .names(|name| {
                let pid = parse_unsigned(name).ok().and_then(|pid| u32::try_from(pid).ok());
                pids.extend(pid);
            })
            .map_err(|error| io::Error::new(error.kind(), format!("list /proc: {error}")))?;
        // procfs lists ascending numbers; a recorded tree has any order.
        if !pids.is_sorted() {
            pids.sort_unstable();
        }
        Ok(())
    }

    fn uptime_ns(&self) -> Option<u64> {
        let mut buffer = [0; FILE_BYTES];
        self.uptime.as_ref()?.bytes(&mut buffer).and_then(uptime::parse).ok()
    }

    /// `None` if the process is gone, or hidden from the daemon.
    fn read_stat(&mut self, pid: u32) -> io::Result<Option<Stat>> {
        match self.read_file(pid, "stat", parse_stat)? {
            Answer::Known(mut stat) => {
                if stat.outlives_first_thread()
                    && let Some(other) = self.read_another_thread(pid)
                {
                    (stat.state, stat.rss_pages) = (other.state, other.rss_pages);
                }
                self.walk.seen += 1;
                Ok(Some(stat))
            }
            Answer::Gone => Ok(None),
            Answer::Denied => {
                self.walk.hidden += 1;
                Ok(None)
            }
        }
    }

    /// The state of the oldest thread but the first; `None` if no such thread is left.
    fn read_another_thread(&mut self, pid: u32) -> Option<Stat> {
        let mut oldest = None;
        let each = |name: &[u8]| {
            let thread = parse_unsigned(name).ok().filter(|thread| *thread != u64::from(pid));
            oldest = oldest.or(thread);
        };
        self.directory.names_of_process(pid, "task", each).ok()?;
        match self.read_file(pid, format_args!("task/{}/stat", oldest?), parse_stat) {
            Ok(Answer::Known(stat)) => Some(stat),
            _ => None,
        }
    }

    /// `None` if the process is gone, or the kernel does not count bytes.
    fn read_io(&mut self, pid: u32) -> io::Result<Option<Io>> {
        if self.walk.io_denied {
            return Ok(None);
        }
        match self.read_file(pid, "io", parse_io)? {
            Answer::Known(io) => {
                self.walk.io_read += 1;
                return Ok(Some(io));
            }
            Answer::Gone => {}
            Answer::Denied => self.walk.io_denied = true,
        }
        Ok(None)
    }

    fn read_file<T>(
        &self,
        pid: u32,
        name: impl Display,
        parse: fn(&[u8]) -> Result<T, ValueError>,
    ) -> io::Result<Answer<T>> {
        let mut buffer = [0; FILE_BYTES];
        let file = self.directory.open_of_process(pid, &name);
        let count = file.and_then(|mut file| file.read(&mut buffer));
        let value = count.map_err(ValueError::from).and_then(|count| parse(&buffer[..count]));
        match value {
            Ok(value) => Ok(Answer::Known(value)),
            Err(ValueError::Os(libc::ENOENT | libc::ESRCH)) => Ok(Answer::Gone),
            Err(ValueError::Os(libc::EACCES | libc::EPERM)) => Ok(Answer::Denied),
            Err(error) => {
                Err(io::Error::new(error.kind(), format!("read /proc/{pid}/{name}: {error}")))
            }
        }
    }

    fn usage(&self, stat: &Stat, before: Option<&Known>, now: &mut Known, left_ns: u64) -> Usage {
        let none = Some(Io { read_bytes: 0, write_bytes: 0 });
        let (told_ns, io) = match before {
            Some(before) => (before.told_ns, before.io),
            // All that the process ever used belongs to this interval.
            None if self.is_new(now) => (0, none),
            None => (now.told_ns, now.io),
        };
        let busy_ns = now.told_ns.saturating_sub(told_ns).min(left_ns);
        now.told_ns = told_ns + busy_ns;
        let bytes = |bytes: fn(&Io) -> u64| match (&now.io, &io) {
            (Some(now), Some(before)) => bytes(now).saturating_sub(bytes(before)),
            _ => 0,
        };
        let counted_bytes = stat.rss_pages.saturating_mul(self.page_bytes);
        Usage {
            pid: now.pid,
            place: self.now.len() as u32,
            count: 1,
            kernel_thread: stat.kernel_thread,
            comm: stat.comm,
            application: now.application,
            blocked_threads: u32::from(stat.state == b'D'),
            zombie: stat.state == b'Z' && !stat.outlives_first_thread(),
            busy_ns,
            rss_bytes: now.resident_bytes.map_or(counted_bytes, NonZeroU64::get),
            rss_confirmed: now.resident_bytes.is_some(),
            read_bytes: bytes(|io| io.read_bytes),
            write_bytes: bytes(|io| io.write_bytes),
        }
    }

    /// Whether a process that was not seen before has started since the last walk. An older process
    /// was hidden from the daemon, and its usage is from more than one interval.
    fn is_new(&self, now: &Known) -> bool {
        // Both times are rounded down to a tick.
        self.before_ns.is_some_and(|before_ns| now.start_ticks >= before_ns / self.tick_ns)
    }

    /// The number of processes. Hidden ones are unlisted (`hidepid`, proc(5)).
    fn census(&self) -> Census {
        let Walk { seen, hidden, io_read, io_denied } = self.walk;
        let has_io = io_read > 0 && !io_denied;
        // Process 1 always exists: if it is not listed, the processes of other users are not listed
        // either.
        if self.pids.first() != Some(&1) {
            return Census { has_io, ..Census::default() };
        }
        let (processes, unlisted) = (Some(seen + hidden), Some(hidden));
        Census { processes, unlisted, has_io, ..Census::default() }
    }
}

impl Known {
    fn is(&self, other: &Self) -> bool {
        (self.pid, self.start_ticks) == (other.pid, other.start_ticks)
    }
}
