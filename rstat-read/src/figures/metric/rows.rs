//! What the rows of a sample's lists tell: the lists themselves, and for each kind
//! of row its columns, with name, unit and meaning. The scalars' table is
//! [`rstat_shm::fields`]; it and this are all the names there are.

use rstat_shm::Snapshot;
use rstat_shm::fields::{GPU_DRIVERS, GPU_STATES, Unit};
use rstat_shm::snapshot::{
    Gpu, KernelThreads, MAX_PROCESS_STATES, ProcessState, Row, TOP_APPLICATIONS, TOP_ROWS, rows,
    valid,
};

use crate::figures::consumer::Consumer;
use crate::figures::metric::Value;

/// One figure of a row; `F` takes it out of the row.
pub struct Column<F> {
    /// Its name as in the snapshot and in JSON, the unit last.
    pub name: &'static str,
    /// Its name for people, behind that of the list.
    pub dotted: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// One line for people.
    pub help: &'static str,
    /// The figure, or nothing where it is not known.
    pub value: F,
}

/// Takes a figure out of a row of a top list.
pub type OfConsumer = for<'a> fn(&Consumer<'a>, &Snapshot) -> Option<Value<'a>>;
/// Takes a figure out of a row of blocked processes or of zombies.
pub type OfStuck = for<'a> fn(&'a ProcessState) -> Option<Value<'a>>;
/// Takes a figure out of a graphics processor.
pub type OfGpu = fn(&Gpu) -> Option<Value<'static>>;

const fn column<F>(
    name: &'static str,
    dotted: &'static str,
    unit: Unit,
    help: &'static str,
    value: F,
) -> Column<F> {
    Column { name, dotted, unit, help, value }
}

impl Column<OfConsumer> {
    /// Its name in the rows of a list: what processes call `comm` is an application's `name`.
    pub fn name_in(&self, list: &TopList) -> &'static str {
        if list.is_of_applications && self.name == "comm" { "name" } else { self.name }
    }
}

fn number(known: bool, value: impl Into<i128>) -> Option<Value<'static>> {
    known.then(|| Value::Number(value.into()))
}

/// Of processes and of applications.
#[rustfmt::skip]
pub static CONSUMER: &[Column<OfConsumer>] = &[
    column("comm", "name", Unit::Count, "name", |row, _| row.name.map(|name| Value::Text(name.0))),
    column("pid", "pid", Unit::Count, "process id, if it is one process that exists", |row, _| row.pid.map(|pid| Value::Number(pid.into()))),
    column("count", "count", Unit::Count, "how many processes", |row, _| number(true, row.count)),
    column("cpu_ppm", "cpu", Unit::Ppm, "share of all CPUs; the raw one is of one CPU", |row, sample| number(sample.has(valid::PROCESS_CPU), row.cpu_ppm)),
    column("rss_bytes", "rss", Unit::Bytes, "resident memory", |row, sample| number(sample.has(valid::PROCESSES), row.rss_bytes)),
    column("read_bytes_per_s", "read", Unit::BytesPerSecond, "bytes it made storage deliver", |row, sample| number(sample.has(valid::PROCESS_IO), row.read_bytes_per_s)),
    column("write_bytes_per_s", "write", Unit::BytesPerSecond, "bytes it made dirty for storage", |row, sample| number(sample.has(valid::PROCESS_IO), row.write_bytes_per_s)),
];

/// Of blocked processes and of zombies.
#[rustfmt::skip]
pub static STUCK: &[Column<OfStuck>] = &[
    column("comm", "name", Unit::Count, "name", |row| Some(Value::Text(&row.comm))),
    column("pid", "pid", Unit::Count, "process id", |row| number(true, row.pid)),
    column("threads", "threads", Unit::Count, "threads that are blocked", |row| number(row.threads > 0, row.threads)),
];

/// Of graphics processors.
#[rustfmt::skip]
pub static GPU: &[Column<OfGpu>] = &[
    column("driver", "driver", Unit::Name(GPU_DRIVERS), "kernel driver", |gpu| number(true, gpu.driver)),
    column("state", "state", Unit::Name(GPU_STATES), "awake or asleep", |gpu| number(true, gpu.state)),
    column("busy_ppm", "busy", Unit::Ppm, "share of the interval in which it worked", |gpu| number(gpu.has(Gpu::BUSY), gpu.busy_ppm)),
    column("frequency_mhz", "frequency", Unit::MegaHertz, "frequency, 0 while it idles", |gpu| number(gpu.has(Gpu::FREQUENCY), gpu.frequency_mhz)),
    column("frequency_limit_mhz", "frequency.limit", Unit::MegaHertz, "highest frequency the hardware can reach", |gpu| number(gpu.has(Gpu::FREQUENCY_LIMIT), gpu.frequency_limit_mhz)),
    column("temperature_mc", "temp", Unit::MilliCelsius, "temperature of the chip", |gpu| number(gpu.has(Gpu::TEMPERATURE), gpu.temperature_mc)),
    column("throttle", "throttle", Unit::Bits(&[]), "what holds it back, a bit each", |gpu| number(gpu.has(Gpu::THROTTLE), gpu.throttle)),
    column("power_uw", "power", Unit::MicroWatts, "power that it draws", |gpu| number(gpu.has(Gpu::POWER), gpu.power_uw)),
    column("memory_used_bytes", "memory.used", Unit::Bytes, "memory of its own that is used", |gpu| number(gpu.has(Gpu::MEMORY), gpu.memory_used_bytes)),
    column("memory_total_bytes", "memory.total", Unit::Bytes, "memory of its own", |gpu| number(gpu.has(Gpu::MEMORY), gpu.memory_total_bytes)),
];

/// A top list.
pub struct TopList {
    /// As in the snapshot and in JSON.
    pub name: &'static str,
    /// Its name for people.
    pub dotted: &'static str,
    /// Who is in it, for people.
    pub help: &'static str,
    /// Bits of [`Snapshot::valid`] that say the list is known.
    pub valid: u64,
    /// Rows that it can have.
    pub rows: usize,
    /// Whether its rows are applications, which have no process id.
    pub is_of_applications: bool,
    row: for<'a> fn(&'a Snapshot, usize, KernelThreads) -> Option<Consumer<'a>>,
}

impl TopList {
    /// A row that is in use.
    pub fn row<'a>(
        &self,
        sample: &'a Snapshot,
        index: usize,
        kernel_threads: KernelThreads,
    ) -> Option<Consumer<'a>> {
        if sample.has(self.valid) { (self.row)(sample, index, kernel_threads) } else { None }
    }

    /// What its rows tell.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column<OfConsumer>> {
        CONSUMER.iter().filter(|column| column.name != "pid" || !self.is_of_applications)
    }

    /// All rows that are in use.
    pub fn iter<'a>(
        &'a self,
        sample: &'a Snapshot,
        kernel_threads: KernelThreads,
    ) -> impl Iterator<Item = Consumer<'a>> {
        (0..self.rows).map_while(move |index| self.row(sample, index, kernel_threads))
    }
}

fn nth<'a, R: Row>(
    list: &'a [R],
    index: usize,
    kernel_threads: KernelThreads,
) -> Option<Consumer<'a>>
where
    Consumer<'a>: From<&'a R>,
{
    rows(list, kernel_threads, list.len()).nth(index).map(Consumer::from)
}

const fn processes(
    name: &'static str,
    dotted: &'static str,
    help: &'static str,
    valid: u64,
    row: for<'a> fn(&'a Snapshot, usize, KernelThreads) -> Option<Consumer<'a>>,
) -> TopList {
    TopList { name, dotted, help, valid, rows: TOP_ROWS, is_of_applications: false, row }
}

const fn applications(
    name: &'static str,
    dotted: &'static str,
    help: &'static str,
    valid: u64,
    row: for<'a> fn(&'a Snapshot, usize, KernelThreads) -> Option<Consumer<'a>>,
) -> TopList {
    let (valid, rows) = (valid | valid::APPLICATIONS, TOP_APPLICATIONS);
    TopList { name, dotted, help, valid, rows, is_of_applications: true, row }
}

/// The top lists, in the order of the snapshot.
#[rustfmt::skip]
pub static TOP_LISTS: [TopList; 6] = [
    processes("top_cpu", "top.cpu", "process with most CPU time", valid::PROCESS_CPU, |sample, index, which| nth(&sample.top_cpu, index, which)),
    processes("top_memory", "top.memory", "process with most memory", valid::PROCESSES, |sample, index, which| nth(&sample.top_memory, index, which)),
    processes("top_io", "top.io", "process with most I/O", valid::PROCESS_IO, |sample, index, which| nth(&sample.top_io, index, which)),
    applications("top_cpu_applications", "top.cpu.applications", "application with most CPU time", valid::PROCESS_CPU, |sample, index, which| nth(&sample.top_cpu_applications, index, which)),
    applications("top_memory_applications", "top.memory.applications", "application with most memory", valid::PROCESSES, |sample, index, which| nth(&sample.top_memory_applications, index, which)),
    applications("top_io_applications", "top.io.applications", "application with most I/O", valid::PROCESS_IO, |sample, index, which| nth(&sample.top_io_applications, index, which)),
];

/// A list of processes that do not run although they should.
pub struct StuckList {
    /// As in the snapshot, in JSON and for people.
    pub name: &'static str,
    /// Who is in it, for people.
    pub help: &'static str,
    /// Whether its rows have threads that are blocked.
    pub has_threads: bool,
    /// The list as the snapshot has it.
    pub list: fn(&Snapshot) -> &[ProcessState; MAX_PROCESS_STATES],
}

/// The lists of stuck processes, in the order of the snapshot.
pub static STUCK_LISTS: [StuckList; 2] = [
    StuckList {
        name: "blocked",
        help: "blocked process",
        has_threads: true,
        list: |sample| &sample.blocked,
    },
    StuckList {
        name: "zombies",
        help: "zombie",
        has_threads: false,
        list: |sample| &sample.zombies,
    },
];

impl StuckList {
    /// What its rows tell: a zombie has no thread that could be blocked.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column<OfStuck>> {
        STUCK.iter().filter(|column| column.name != "threads" || self.has_threads)
    }

    /// A row that is in use.
    pub fn row<'a>(&self, sample: &'a Snapshot, index: usize) -> Option<&'a ProcessState> {
        let list =
            if sample.has(valid::PROCESS_STATES) { (self.list)(sample) } else { return None };
        rows(list, KernelThreads::Shown, MAX_PROCESS_STATES).nth(index)
    }
}
